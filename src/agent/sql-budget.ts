/** How long a query may take, and how long it may keep others waiting. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** An error of the query, not of the program: it is the answer. */
export class QueryFailed extends Error {}

const SLICE_MS = 8;

export class Budget {
  readonly #limitMs: number;
  readonly #started = performance.now();
  #sliceEnds = this.#started + SLICE_MS;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** To be awaited when it is time to let others run; undefined otherwise, because awaiting costs more than a row. Throws when time is up. */
  pause(): Promise<void> | undefined {
    const now = performance.now();
    if (now - this.#started > this.#limitMs) throw new QueryFailed(`query stopped: it took more than ${this.#limitMs / 1000} s`);
    return now < this.#sliceEnds ? undefined : this.#turn();
  }

  async #turn(): Promise<void> {
    await nextTurn();
    this.#sliceEnds = performance.now() + SLICE_MS;
  }
}
