/** Which events the feed shows. Live rows move as events arrive; frozen ones do not, whatever arrives or falls out of memory. */
import type { FilteredEvent } from '../../src/core/filter.ts';
import { isSevere } from '../../src/core/severity.ts';
import type { FeedItem, FeedRing, FeedState } from '../../src/state/feed.ts';
import { type FeedRow, Lines, type Rows } from './fold.ts';

export { type FeedRow, type Fold, isMarked, membersOf, type Rows } from './fold.ts';

export type FeedEventView = FilteredEvent;
export type Test = (event: FeedEventView) => boolean;

/** Events so far, whether they are still in memory or not. */
export type Tally = { readonly total: number; readonly high: number };

/** Matches that fell out of memory are cut off once they are this many, and a tenth of the list. */
const PACK = 1_024;

/** The events of a ring that pass a test, kept up to date, and the lines that they are. Each event is tested once. */
export class Matches implements Rows {
  readonly #test: Test;
  #items: FeedItem[] = [];
  #first = 0;
  #nextSeq = 0;
  #inserted = 0;
  #total = 0;
  #high = 0;
  #lines: Lines | undefined;

  constructor(test: Test, folded = false) {
    this.#test = test;
    if (folded) this.fold(true);
  }

  get size(): number {
    return this.#items.length - this.#first;
  }

  get tally(): Tally {
    return { total: this.#total, high: this.#high };
  }

  /** What is on screen: the lines where events are folded. */
  get rows(): Rows {
    return this.#lines ?? this;
  }

  at(index: number): FeedItem | undefined {
    return index < 0 ? undefined : this.#items[this.#first + index];
  }

  fold(folded: boolean): void {
    this.#lines = folded ? new Lines(true, this.#items.slice(this.#first)) : undefined;
  }

  /** The lines as they are, to stay so; not those of events newer than `upTo`. */
  freeze(folded: boolean, upTo: number): Lines {
    if (this.#lines && upTo + 1 >= this.#nextSeq) return this.#lines.copy();
    return new Lines(folded, upToSeq(this, upTo));
  }

  /** Takes in what arrived, lets go of what the ring has let go of. */
  update(ring: FeedRing): void {
    if (this.#inserted !== ring.inserted) this.#beginAnew(ring);
    this.#forget(ring.at(0)?.seq ?? 0);
    // Into an empty list there may come many at once: they are folded in one go, which takes half as long.
    const lines = this.size === 0 ? undefined : this.#lines;
    for (let index = ring.indexOf(this.#nextSeq); index < ring.size; index++) {
      const item = ring.at(index);
      if (!item) break;
      this.#nextSeq = item.seq + 1;
      if (!this.#test(item.event)) continue;
      this.#items.push(item);
      lines?.add(item);
      this.#total += 1;
      if (isSevere(item.event.severity)) this.#high += 1;
    }
    if (this.#lines && !lines) this.fold(true);
  }

  /** An event came in between those that were tested. */
  #beginAnew({ inserted }: FeedRing): void {
    for (let index = this.#first; index < this.#items.length; index++) {
      this.#total -= 1;
      if (isSevere(this.#items[index]?.event.severity ?? 'info')) this.#high -= 1;
    }
    this.#items = [];
    this.#first = 0;
    this.#nextSeq = 0;
    this.#inserted = inserted;
    if (this.#lines) this.fold(true);
  }

  #forget(oldestSeq: number): void {
    for (let item = this.at(0); item && item.seq < oldestSeq; item = this.at(0)) {
      this.#first += 1;
      this.#lines?.dropOldest(item);
    }
    if (this.#first < PACK || this.#first * 10 < this.#items.length) return;
    this.#items = this.#items.slice(this.#first);
    this.#first = 0;
  }
}

function* upToSeq(rows: Rows, upTo: number): Generator<FeedItem> {
  for (let index = 0; index < rows.size; index++) {
    const item = rows.at(index);
    if (!item || item.seq > upTo) return;
    yield item;
  }
}

/** How many of the events from `index` on there are, and how many of them are high. */
function tallyFrom(rows: Rows, index: number): Tally {
  let high = 0;
  for (let at = index; at < rows.size; at++) if (isSevere(rows.at(at)?.event.severity ?? 'info')) high += 1;
  return { total: rows.size - index, high };
}

const everything: Test = () => true;

/** The live rows and their tally, with a test or without one, folded or not. */
export class LiveRows {
  readonly #feed: () => FeedState;
  #test: Test | undefined;
  #folded: boolean;
  /** Undefined while the ring itself is what is shown. */
  #matches: Matches | undefined;

  constructor(feed: () => FeedState, folded = false) {
    this.#feed = feed;
    this.#folded = folded;
    this.filter(undefined);
  }

  filter(test: Test | undefined): void {
    this.#test = test;
    this.#matches = test || this.#folded ? new Matches(test ?? everything, this.#folded) : undefined;
  }

  fold(folded: boolean): void {
    this.#folded = folded;
    if (this.#matches && this.#test) this.#matches.fold(folded);
    else this.filter(this.#test);
  }

  /** Events, one by one. */
  get #events(): FeedRing | Matches {
    const { ring } = this.#feed();
    this.#matches?.update(ring);
    return this.#matches ?? ring;
  }

  get rows(): Rows {
    const events = this.#events;
    return events instanceof Matches ? events.rows : events;
  }

  get tally(): Tally {
    if (this.#test && this.#matches) {
      this.#matches.update(this.#feed().ring);
      return this.#matches.tally;
    }
    const { total, bySeverity } = this.#feed();
    return { total, high: bySeverity.high + bySeverity.critical };
  }

  /** The rows up to sequence `upTo` as they pass now, to stay as they are, and what had come until then. */
  freeze(upTo: number): { readonly rows: Lines; readonly tally: Tally } {
    const events = this.#events;
    const rows = events instanceof Matches ? events.freeze(this.#folded, upTo) : new Lines(this.#folded, upToSeq(events, upTo));
    const { total, high } = this.tally;
    const newer = tallyFrom(events, indexAfter(events, upTo));
    return { rows, tally: { total: total - newer.total, high: high - newer.high } };
  }
}

/** Index of the first row whose sequence is above `seq`; the size when there is none. */
function indexAfter(rows: Rows, seq: number): number {
  let low = 0;
  let high = rows.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows.at(middle)?.seq ?? Number.POSITIVE_INFINITY) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first row whose sequence is at least `seq`; the last one when there is none. */
export const indexOfSeq = (rows: Rows, seq: number): number => Math.max(0, Math.min(indexAfter(rows, seq - 1), rows.size - 1));

/** Index of the next row after (`step` 1) or before (-1) `from` that passes; undefined when there is none. */
export function nextRow(rows: Rows, from: number, step: 1 | -1, test: (row: FeedRow) => boolean): number | undefined {
  for (let index = from + step; index >= 0 && index < rows.size; index += step) {
    const row = rows.at(index);
    if (row && test(row)) return index;
  }
  return undefined;
}
