/**
 * Lets a console show what other processes on its data directory store. Events of its own come as they are stored; a gap in
 * the store's sequence means that somebody else wrote in between, and is read from disk.
 */
import type { EventStore, StoredEvent } from '../core/ports.ts';

const PAGE = 5_000;

export class FeedTail {
  readonly #store: Pick<EventStore, 'page'>;
  readonly #show: (events: readonly StoredEvent[]) => void;
  /** Everything up to here is shown. */
  #last: number;

  /** `last`: the newest sequence that is shown already. `show` must tolerate events that it has. */
  constructor(store: Pick<EventStore, 'page'>, last: number, show: (events: readonly StoredEvent[]) => void) {
    this.#store = store;
    this.#last = last;
    this.#show = show;
  }

  /** Events that this process has stored. */
  own(added: readonly StoredEvent[]): void {
    this.#show(added);
    for (const { seq } of added) if (seq === this.#last + 1) this.#last = seq;
  }

  /** Reads what is missing. Cheap when nothing is. */
  poll(): void {
    const missing = this.#store.page({ afterSeq: this.#last, order: 'asc', limit: PAGE });
    const newest = missing.at(-1);
    if (!newest) return;
    this.#last = newest.seq;
    this.#show(missing);
  }
}
