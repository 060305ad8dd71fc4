/**
 * Lets a console show what other processes on its data directory store. Events of its own come as they are stored; a gap in
 * the store's sequence means that somebody else wrote in between, and is read from disk.
 */
import type { EventArchive, StoredEvent, StoredView } from '../core/ports.ts';

/** Events that are read in one go: keys get through in between. */
const PART = 1_000;

type Span = { readonly from: number; to: number };

/** `isWriting`: whether events of this process are on their way into the store. */
type Archive = Pick<EventArchive, 'after'> & { isWriting(): boolean };

export class FeedTail {
  readonly #archive: Archive;
  readonly #show: (events: readonly (StoredEvent | StoredView)[]) => void;
  /** Everything up to here is shown. */
  #last: number;
  /** Where that was when a gap after it was looked at before. */
  #lastPolled: number | undefined;
  /** Sequences beyond it that are shown too, ascending, with gaps in between. */
  readonly #own: Span[] = [];

  /** `last`: the newest sequence that is shown already. */
  constructor(archive: Archive, last: number, show: (events: readonly (StoredEvent | StoredView)[]) => void) {
    this.#archive = archive;
    this.#last = last;
    this.#show = show;
  }

  /** Events that this process has stored; those of one feed may come before earlier ones of another. */
  own(added: readonly StoredEvent[]): void {
    this.#show(added);
    for (const { seq } of added) this.#shown(seq);
    this.#advance();
  }

  /**
   * Reads a part of what is missing; true when there may be more. Cheap when nothing is. While we are writing, what is missing is
   * most likely ours and about to come: only a gap that was there before is read. Throws a 'storage' Problem.
   */
  poll(): boolean {
    const [own] = this.#own;
    const isLasting = own !== undefined && this.#last === this.#lastPolled;
    this.#lastPolled = own && this.#last;
    if (this.#archive.isWriting() && !isLasting) return false;
    const limit = own ? Math.min(own.from - this.#last - 1, PART) : PART;
    const missing = this.#archive.after(this.#last, limit).filter(({ seq }) => !own || seq < own.from);
    const newest = missing.at(-1);
    if (newest) {
      this.#last = newest.seq;
      this.#show(missing);
    }
    if (own && missing.length < limit) this.#last = own.from - 1;
    this.#advance();
    this.#lastPolled = this.#own[0] && this.#last;
    return own !== undefined || missing.length === PART;
  }

  #shown(seq: number): void {
    if (seq <= this.#last) return;
    // Most come at the end.
    let at = this.#own.length;
    while ((this.#own[at - 1]?.from ?? 0) > seq) at -= 1;
    const before = this.#own[at - 1];
    if (before && before.to >= seq) return;
    if (before?.to === seq - 1) before.to = seq;
    else this.#own.splice(at, 0, { from: seq, to: seq });
  }

  /** Over what is shown without a gap. */
  #advance(): void {
    for (let next = this.#own[0]; next && next.from <= this.#last + 1; next = this.#own[0]) {
      this.#last = Math.max(this.#last, next.to);
      this.#own.shift();
    }
  }
}
