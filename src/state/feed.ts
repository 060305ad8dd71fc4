/** The newest events in memory. Bounded: what falls out is counted, and is still on disk. */
import type { FilteredEvent } from '../core/filter.ts';
import { foldKey } from '../core/fold.ts';
import type { Severity } from '../core/model.ts';
import type { StoredEvent, StoredView } from '../core/ports.ts';
import { PackedEvent } from './packed-event.ts';
import { createStore, type Schedule, type Store } from './store.ts';

/**
 * An event as held in memory. Its raw record stays on disk, a detail pane asks the store for it. Do not spread `event`: its members
 * may be accessors. `key`: events with the same one say the same (`foldKey`).
 */
export type FeedItem = { readonly seq: number; readonly event: FilteredEvent; readonly key: number };

/** A stored event, with or without its raw record. */
export type Arrived = StoredView & Pick<StoredEvent, 'content'>;

/** A stored event as it is held in memory. */
export const itemOf = ({ seq, event, content }: Arrived): FeedItem => ({
  seq,
  event: new PackedEvent(event),
  key: foldKey(event, content),
});

/** What is on disk and older than what is in memory. */
export type History = {
  /**
   * Up to `limit` events stored before sequence `seq`, newest first; none at the beginning of the store. Lets keys through
   * first. Throws a 'storage' Problem.
   */
  before(seq: number, limit: number): Promise<readonly StoredView[]>;
};

/** Events in memory, which take some 20 MB; what is older is on disk. */
const FEED_CAPACITY = 50_000;
/** Characters of events in memory at most: hosts may send large rows, on purpose too. */
const FEED_SIZE = 50_000_000;

/** Characters that an event holds in memory. */
export const sizeOf = ({ event }: FeedItem): number => (event instanceof PackedEvent ? event.size : 0);

export class FeedRing {
  readonly capacity: number;
  /** Events that fell out of memory since the start. */
  evicted = 0;
  /** Events that came late, between others that were there already. */
  inserted = 0;
  readonly #mostCharacters: number;
  #items: (FeedItem | undefined)[] = [];
  #start = 0;
  #size = 0;
  #characters = 0;

  constructor(capacity = FEED_CAPACITY, mostCharacters = FEED_SIZE) {
    this.capacity = capacity;
    this.#mostCharacters = mostCharacters;
  }

  get size(): number {
    return this.#size;
  }

  /** The item at `index`, 0 being the oldest in memory. */
  at(index: number): FeedItem | undefined {
    if (index < 0 || index >= this.#size) return undefined;
    return this.#items[(this.#start + index) % this.capacity];
  }

  /**
   * Keeps the order of the store: an event that another process stored in between goes where it belongs. False for one that is
   * here already.
   */
  push(stored: Arrived): boolean {
    const { seq } = stored;
    const place = this.indexOf(seq);
    if (this.at(place)?.seq === seq) return false;
    if (place < this.#size) this.inserted += 1;
    this.#append(itemOf(stored));
    for (let index = this.#size - 1; index > 0 && (this.at(index - 1)?.seq ?? 0) > seq; index -= 1) this.#swap(index - 1, index);
    return true;
  }

  #swap(left: number, right: number): void {
    const [a, b] = [(this.#start + left) % this.capacity, (this.#start + right) % this.capacity];
    [this.#items[a], this.#items[b]] = [this.#items[b], this.#items[a]];
  }

  #append(item: FeedItem): void {
    this.#characters += sizeOf(item);
    while (this.#size === this.capacity || (this.#size > 0 && this.#characters > this.#mostCharacters)) this.#evict();
    this.#items[(this.#start + this.#size) % this.capacity] = item;
    this.#size += 1;
  }

  #evict(): void {
    const oldest = this.#items[this.#start];
    if (oldest) this.#characters -= sizeOf(oldest);
    this.#items[this.#start] = undefined;
    this.#start = (this.#start + 1) % this.capacity;
    this.#size -= 1;
    this.evicted += 1;
  }

  /** Index of the first item whose sequence is at least `seq`; `size` when there is none. */
  indexOf(seq: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.at(middle)?.seq ?? Number.POSITIVE_INFINITY) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Snapshot that views compare: it is a new object with every change, the ring itself is shared. */
export type FeedState = {
  readonly ring: FeedRing;
  /** Events that were stored before the first one here: they are on disk only. */
  readonly before: number;
  /** Events that came in here, whether they are still in memory or not. */
  readonly total: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
};

export type FeedStore = Store<FeedState> & {
  add(events: readonly Arrived[]): void;
  /** Says how many events were stored before the first one that was added. */
  precededBy(before: number): void;
};

export function createFeed(schedule: Schedule, capacity = FEED_CAPACITY): FeedStore {
  const store = createStore<FeedState>(
    { ring: new FeedRing(capacity), before: 0, total: 0, bySeverity: { info: 0, low: 0, medium: 0, high: 0, critical: 0 } },
    schedule,
  );
  return {
    ...store,
    add(events) {
      if (events.length === 0) return;
      const { ring, before, total, bySeverity } = store.get();
      const counts = { ...bySeverity };
      let added = 0;
      for (const stored of events) {
        if (!ring.push(stored)) continue;
        counts[stored.event.severity] += 1;
        added += 1;
      }
      if (added > 0) store.set({ ring, before, total: total + added, bySeverity: counts });
    },
    precededBy: before => store.set(state => ({ ...state, before })),
  };
}
