/** Lets few in at a time, in the order in which they came. Who waits is small; who is in may grow. */
import type { Clock } from '../../core/ports.ts';

type Waiting = { readonly size: number; enter(): void };

export class Gate {
  readonly #clock: Clock;
  readonly #room: number;
  readonly #patienceMs: number;
  #inside = 0;
  #waiting: Waiting[] = [];

  /** `room`: what those inside may take up together; nobody counts for more than half of it. `patienceMs`: how long one waits. */
  constructor(clock: Clock, room: number, patienceMs: number) {
    this.#clock = clock;
    this.#room = room;
    this.#patienceMs = patienceMs;
  }

  /** Does the work inside; undefined when there was no room in time. */
  async through<T>(size: number, work: () => Promise<T>): Promise<T | undefined> {
    const taken = Math.min(size, this.#room / 2);
    if (!(await this.#entered(taken))) return undefined;
    try {
      return await work();
    } finally {
      this.#inside -= taken;
      this.#letIn();
    }
  }

  async #entered(size: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting: Waiting = { size, enter: resolve };
    this.#waiting.push(waiting);
    this.#letIn();
    if (this.#waiting.includes(waiting)) {
      const entered = new AbortController();
      const late = this.#clock.sleep(this.#patienceMs, entered.signal).catch(() => undefined);
      await Promise.race([promise, late]);
      entered.abort();
    }
    const place = this.#waiting.indexOf(waiting);
    if (place >= 0) this.#waiting.splice(place, 1);
    return place < 0;
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next && this.#inside + next.size <= this.#room; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#inside += next.size;
      next.enter();
    }
  }
}
