/** Which events the feed shows. Live rows move as events arrive; frozen ones do not, whatever arrives or falls out of memory. */
import type { Severity } from '../../src/core/model.ts';
import type { FeedItem, FeedRing, FeedState } from '../../src/state/feed.ts';

export type FeedEventView = FeedItem['event'];
export type Test = (event: FeedEventView) => boolean;

/** A list of events, oldest first. */
export type Rows = { readonly size: number; at(index: number): FeedItem | undefined };

/** Events so far, whether they are still in memory or not. */
export type Tally = { readonly total: number; readonly high: number };

export const isHigh = (severity: Severity): boolean => severity === 'high' || severity === 'critical';

/** Matches that fell out of memory are cut off once they are this many, and a tenth of the list. */
const PACK = 1_024;

/** The events of a ring that pass a test, kept up to date: each event is tested once. */
export class Matches implements Rows {
  readonly #test: Test;
  #items: FeedItem[] = [];
  #first = 0;
  #nextSeq = 0;
  #total = 0;
  #high = 0;

  constructor(test: Test) {
    this.#test = test;
  }

  get size(): number {
    return this.#items.length - this.#first;
  }

  get tally(): Tally {
    return { total: this.#total, high: this.#high };
  }

  at(index: number): FeedItem | undefined {
    return index < 0 ? undefined : this.#items[this.#first + index];
  }

  /** Takes in what arrived, lets go of what the ring has let go of. */
  update(ring: FeedRing): void {
    this.#forget(ring.at(0)?.seq ?? 0);
    for (let index = ring.indexOf(this.#nextSeq); index < ring.size; index++) {
      const item = ring.at(index);
      if (!item) break;
      this.#nextSeq = item.seq + 1;
      if (!this.#test(item.event)) continue;
      this.#items.push(item);
      this.#total += 1;
      if (isHigh(item.event.severity)) this.#high += 1;
    }
  }

  #forget(oldestSeq: number): void {
    while ((this.#items[this.#first]?.seq ?? oldestSeq) < oldestSeq) this.#first += 1;
    if (this.#first < PACK || this.#first * 10 < this.#items.length) return;
    this.#items = this.#items.slice(this.#first);
    this.#first = 0;
  }
}

/** A copy of `rows` that stays as it is. `upTo`: leaves newer events out. */
export function freeze(rows: Rows, upTo = Number.POSITIVE_INFINITY): Rows {
  const items: FeedItem[] = [];
  for (let index = 0; index < rows.size; index++) {
    const item = rows.at(index);
    if (!item || item.seq > upTo) break;
    items.push(item);
  }
  return { size: items.length, at: index => items[index] };
}

/** How many of the rows from `index` on there are, and how many of them are high. */
export function tallyFrom(rows: Rows, index: number): Tally {
  let high = 0;
  for (let at = index; at < rows.size; at++) {
    const item = rows.at(at);
    if (item && isHigh(item.event.severity)) high += 1;
  }
  return { total: rows.size - index, high };
}

/** The live rows and their tally, with a test or without one. */
export class LiveRows {
  readonly #feed: () => FeedState;
  #matches: Matches | undefined;

  constructor(feed: () => FeedState) {
    this.#feed = feed;
  }

  filter(test: Test | undefined): void {
    this.#matches = test && new Matches(test);
  }

  get rows(): Rows {
    const { ring } = this.#feed();
    this.#matches?.update(ring);
    return this.#matches ?? ring;
  }

  get tally(): Tally {
    if (this.#matches) {
      this.#matches.update(this.#feed().ring);
      return this.#matches.tally;
    }
    const { total, bySeverity } = this.#feed();
    return { total, high: bySeverity.high + bySeverity.critical };
  }
}

/** Index of the first row whose sequence is at least `seq`; the last one when there is none. */
export function indexOfSeq(rows: Rows, seq: number): number {
  let low = 0;
  let high = rows.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows.at(middle)?.seq ?? Number.POSITIVE_INFINITY) < seq) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, Math.min(low, rows.size - 1));
}

/** Index of the next row after (`step` 1) or before (-1) `from` that is high or critical; undefined when there is none. */
export function nextHigh(rows: Rows, from: number, step: 1 | -1): number | undefined {
  for (let index = from + step; index >= 0 && index < rows.size; index += step) {
    const item = rows.at(index);
    if (item && isHigh(item.event.severity)) return index;
  }
  return undefined;
}
