import type { Clock } from '../../src/core/ports.ts';

type Sleeper = { readonly at: number; readonly wake: () => void };

/** A clock that stands still until a test moves it. `advance` wakes sleepers in order and lets their work run in between. */
export class FakeClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];

  constructor(now = Date.UTC(2026, 10, 21, 3, 0, 0)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** How many `sleep`s are waiting. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(new DOMException('stopped', 'AbortError'));
    // Nothing but a turn of the loop: no time passes.
    if (ms <= 0) return new Promise(resolve => setImmediate(resolve));
    return new Promise((resolve, reject) => {
      const sleeper: Sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter(other => other !== sleeper);
        reject(new DOMException('stopped', 'AbortError'));
      });
    });
  }

  /** Moves time forward by `ms`, waking everybody whose time has come. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#sleepers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      this.#sleepers = this.#sleepers.filter(other => other !== next);
      next.wake();
      await settle();
    }
    this.#now = until;
  }
}

/** Lets everything that can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(resolve => setImmediate(resolve));
}
