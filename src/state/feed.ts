/** The newest events in memory. Bounded: what falls out is counted, and is still on disk. */
import type { FeedEvent, Severity } from '../core/model.ts';
import type { StoredEvent } from '../core/ports.ts';
import { createStore, type Schedule, type Store } from './store.ts';

/** An event as held in memory: `raw` stays on disk, a detail pane asks the store for it. */
export type FeedItem = { readonly seq: number; readonly event: Omit<FeedEvent, 'raw'> };

/** Events in memory: an event takes about 1.3 KB, and what is older is on disk. */
export const FEED_CAPACITY = 50_000;

export class FeedRing {
  readonly capacity: number;
  /** Events that fell out of memory since the start. */
  evicted = 0;
  #items: (FeedItem | undefined)[] = [];
  #start = 0;
  #size = 0;

  constructor(capacity = FEED_CAPACITY) {
    this.capacity = capacity;
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
  push({ seq, event }: StoredEvent): boolean {
    const { raw: _onDisk, ...kept } = event;
    const at = this.indexOf(seq);
    if (this.at(at)?.seq === seq) return false;
    this.#append({ seq, event: kept });
    for (let index = this.#size - 1; index > 0 && (this.at(index - 1)?.seq ?? 0) > seq; index -= 1) this.#swap(index - 1, index);
    return true;
  }

  #swap(left: number, right: number): void {
    const [a, b] = [(this.#start + left) % this.capacity, (this.#start + right) % this.capacity];
    [this.#items[a], this.#items[b]] = [this.#items[b], this.#items[a]];
  }

  #append(item: FeedItem): void {
    if (this.#size < this.capacity) {
      this.#items[(this.#start + this.#size) % this.capacity] = item;
      this.#size += 1;
      return;
    }
    this.#items[this.#start] = item;
    this.#start = (this.#start + 1) % this.capacity;
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
  readonly total: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
};

export type FeedStore = Store<FeedState> & { add(events: readonly StoredEvent[]): void };

export function createFeed(schedule: Schedule, capacity = FEED_CAPACITY): FeedStore {
  const store = createStore<FeedState>(
    { ring: new FeedRing(capacity), total: 0, bySeverity: { info: 0, low: 0, medium: 0, high: 0, critical: 0 } },
    schedule,
  );
  return {
    ...store,
    add(events) {
      if (events.length === 0) return;
      const { ring, total, bySeverity } = store.get();
      const counts = { ...bySeverity };
      let added = 0;
      for (const stored of events) {
        if (!ring.push(stored)) continue;
        counts[stored.event.severity] += 1;
        added += 1;
      }
      if (added > 0) store.set({ ring, total: total + added, bySeverity: counts });
    },
  };
}
