/** Rows of the feed: each event one line, or those that say the same one line at the place of the newest of them. */
import { type FeedItem, sizeOf } from '../../src/state/feed.ts';

/**
 * Events that are one line: the same rule (or table), host, way it went and stable cells (`foldKey`). `first`, `last`: epoch ms of
 * the one that was stored first, and last. `members`: in the order of storing.
 */
export type Fold = { readonly count: number; readonly first: number; readonly last: number; members(): readonly FeedItem[] };

/** A line of the feed: an event, or the newest one of several that say the same. `fold` only where there are several. */
export type FeedRow = FeedItem & { readonly fold?: Fold };

/** A list of events, oldest first. */
export type Rows = { readonly size: number; at(index: number): FeedRow | undefined };

/** The events that a row stands for. */
export const membersOf = (row: FeedRow): readonly FeedItem[] => row.fold?.members() ?? [row];

/** Whether a row stands for an event that is marked. */
export const isMarked = (row: FeedRow, marks: ReadonlySet<string>): boolean =>
  marks.size > 0 && (marks.has(row.event.id) || (row.fold?.members().some(({ event }) => marks.has(event.id)) ?? false));

/** Members that have left memory are cut off once they are this many, and half of the line. */
const CUT = 512;

/** Events with one key, in the order of storing, those that were read from disk later in front. Never empty. */
class Bundle {
  readonly key: number;
  /** From disk, newest first. */
  #older: FeedItem[];
  #items: FeedItem[];
  #from = 0;

  constructor(key: number, items: FeedItem[], older: FeedItem[] = []) {
    this.key = key;
    this.#items = items;
    this.#older = older;
  }

  get count(): number {
    return this.#older.length + this.#items.length - this.#from;
  }

  get newest(): FeedItem | undefined {
    return this.#items.at(-1);
  }

  get members(): readonly FeedItem[] {
    return [...this.#older.toReversed(), ...this.#items.slice(this.#from)];
  }

  add(item: FeedItem): void {
    this.#items.push(item);
  }

  addOlder(item: FeedItem): void {
    this.#older.push(item);
  }

  /** The oldest one has left memory. */
  dropOldest(): void {
    this.#from += 1;
    if (this.#from < CUT || this.#from * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#from);
    this.#from = 0;
  }

  copy(): Bundle {
    return new Bundle(this.key, this.#items.slice(this.#from), [...this.#older]);
  }

  row(): FeedRow | undefined {
    const last = this.newest;
    const { count } = this;
    if (!last || count === 1) return last;
    const first = this.#older.at(-1) ?? this.#items[this.#from] ?? last;
    return { ...last, fold: { count, first: first.event.time, last: last.event.time, members: () => this.members } };
  }
}

type Line = FeedItem | Bundle;

const newestOf = (line: Line): FeedItem | undefined => (line instanceof Bundle ? line.newest : line);
const eventsOf = (line: Line): readonly FeedItem[] => (line instanceof Bundle ? line.members : [line]);
const charactersOf = (line: Line | undefined): number => (line ? eventsOf(line).reduce((sum, item) => sum + sizeOf(item), 0) : 0);

/**
 * Lines in the order of their newest event. Adding an event costs the same however many there are; what has become empty is
 * taken out when somebody looks.
 */
export class Lines implements Rows {
  readonly folded: boolean;
  #lines: (Line | undefined)[] = [];
  /** Sequences by which the lines were placed: rising, also where a line has gone. */
  #placed: number[] = [];
  #firstGap = Number.POSITIVE_INFINITY;
  /** Made when it is needed: a copy may never be added to. */
  #byKey: Map<number, Line> | undefined;
  #events = 0;

  constructor(folded: boolean, items: Iterable<FeedItem> = []) {
    this.folded = folded;
    for (const item of items) this.add(item);
  }

  get size(): number {
    this.#closeGaps();
    return this.#lines.length;
  }

  /** Events in all lines. */
  get events(): number {
    return this.#events;
  }

  at(index: number): FeedRow | undefined {
    this.#closeGaps();
    const line = this.#lines[index];
    return line instanceof Bundle ? line.row() : line;
  }

  /** Index of the line that holds the event; undefined when none does. */
  find({ seq, key }: Pick<FeedItem, 'seq' | 'key'>): number | undefined {
    this.#closeGaps();
    const found = this.#lines.findIndex(line => (this.folded ? line?.key === key : newestOf(line as Line)?.seq === seq));
    return found < 0 ? undefined : found;
  }

  /** All events, in the order of storing. */
  items(): FeedItem[] {
    return this.#lines.flatMap(line => (line ? eventsOf(line) : [])).sort((a, b) => a.seq - b.seq);
  }

  /** Takes an event that is newer than all. */
  add(item: FeedItem): void {
    this.#events += 1;
    const known = this.#known(item);
    if (known) this.#takeOut(known);
    this.#put(this.#joined(known, item), item.seq);
  }

  /** Lets go of the oldest event, which has left memory. */
  dropOldest(item: FeedItem): void {
    const line = this.#known(item) ?? item;
    this.#events -= 1;
    if (line instanceof Bundle && line.count > 1) line.dropOldest();
    else {
      this.#takeOut(line);
      this.#byKey?.delete(item.key);
    }
  }

  /** Puts events in front that are older than all, newest first. */
  prepend(items: readonly FeedItem[]): void {
    this.#closeGaps();
    const fresh: Line[] = [];
    for (const item of items) {
      this.#events += 1;
      const known = this.#known(item);
      if (!known) fresh.push(this.#keep(item));
      else if (known instanceof Bundle) known.addOlder(item);
      else this.#replace(known, new Bundle(item.key, [known], [item]), fresh);
    }
    fresh.reverse();
    this.#lines = [...fresh, ...this.#lines];
    this.#placed = [...fresh.map(line => newestOf(line)?.seq ?? 0), ...this.#placed];
  }

  /** Lets go of the newest lines until no more than `most` events and characters are left. Returns how many events went. */
  trim(most: { readonly events: number; readonly characters: number }): number {
    this.#closeGaps();
    const before = this.#events;
    let characters = this.#lines.reduce((sum, line) => sum + charactersOf(line), 0);
    while ((this.#events > most.events || characters > most.characters) && this.#lines.length > 1) {
      const line = this.#lines.pop();
      this.#placed.pop();
      if (!line) break;
      this.#byKey?.delete(line.key);
      this.#events -= line instanceof Bundle ? line.count : 1;
      characters -= charactersOf(line);
    }
    return before - this.#events;
  }

  /** The lines as they are now, on which what is added here has no effect. */
  copy(): Lines {
    this.#closeGaps();
    const copy = new Lines(this.folded);
    copy.#lines = this.#lines.map(line => (line instanceof Bundle ? line.copy() : line));
    copy.#placed = [...this.#placed];
    copy.#events = this.#events;
    return copy;
  }

  #known({ key }: FeedItem): Line | undefined {
    if (!this.folded) return undefined;
    this.#byKey ??= new Map(this.#lines.flatMap(line => (line ? [[line.key, line] as const] : [])));
    return this.#byKey.get(key);
  }

  #joined(line: Line | undefined, item: FeedItem): Line {
    if (!line) return item;
    if (!(line instanceof Bundle)) return new Bundle(item.key, [line, item]);
    line.add(item);
    return line;
  }

  #keep(line: Line): Line {
    this.#byKey?.set(line.key, line);
    return line;
  }

  #put(line: Line, seq: number): void {
    this.#keep(line);
    this.#lines.push(line);
    this.#placed.push(seq);
  }

  /** Puts a line in the place of another; one that is still in `fresh` has no place yet. */
  #replace(line: FeedItem, next: Bundle, fresh: Line[]): void {
    this.#keep(next);
    const waiting = fresh.indexOf(line);
    if (waiting >= 0) fresh[waiting] = next;
    else this.#lines[this.#place(line.seq)] = next;
  }

  #takeOut(line: Line): void {
    const place = this.#place(newestOf(line)?.seq ?? 0);
    this.#lines[place] = undefined;
    this.#firstGap = Math.min(this.#firstGap, place);
  }

  /** Index at which something with this sequence was placed. */
  #place(seq: number): number {
    let low = 0;
    let high = this.#placed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#placed[middle] ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #closeGaps(): void {
    if (this.#firstGap === Number.POSITIVE_INFINITY) return;
    let kept = this.#firstGap;
    for (let from = kept; from < this.#lines.length; from++) {
      const line = this.#lines[from];
      if (!line) continue;
      this.#lines[kept] = line;
      this.#placed[kept] = this.#placed[from] ?? 0;
      kept += 1;
    }
    this.#lines.length = kept;
    this.#placed.length = kept;
    this.#firstGap = Number.POSITIVE_INFINITY;
  }
}
