/**
 * Lets a console show what other processes on its data directory store. Events of its own come as they are stored; a gap in
 * the store's sequence means that somebody else wrote in between, and is read from disk.
 */
import type { EventArchive, StoredEvent, StoredView } from '../core/ports.ts';

/** Events that are read in one go: keys get through in between. */
const PART = 1_000;

type Span = { readonly from: number; to: number };

export class FeedTail {
  readonly #archive: Pick<EventArchive, 'after'>;
  readonly #show: (events: readonly (StoredEvent | StoredView)[]) => void;
  /** Everything up to here is shown. */
  #last: number;
  /** Sequences beyond it that are shown too: those of our own. */
  readonly #own: Span[] = [];

  /** `last`: the newest sequence that is shown already. */
  constructor(archive: Pick<EventArchive, 'after'>, last: number, show: (events: readonly (StoredEvent | StoredView)[]) => void) {
    this.#archive = archive;
    this.#last = last;
    this.#show = show;
  }

  /** Events that this process has stored. */
  own(added: readonly StoredEvent[]): void {
    this.#show(added);
    for (const { seq } of added) {
      const span = this.#own.at(-1);
      if (span?.to === seq - 1) span.to = seq;
      else if (!span && seq === this.#last + 1) this.#last = seq;
      else this.#own.push({ from: seq, to: seq });
    }
  }

  /** Reads a part of what is missing; true when there may be more. Cheap when nothing is. Throws a 'storage' Problem. */
  poll(): boolean {
    const [own] = this.#own;
    const gap = own ? own.from - this.#last - 1 : PART;
    const limit = Math.min(gap, PART);
    const missing = this.#archive.after(this.#last, limit).filter(({ seq }) => !own || seq < own.from);
    const newest = missing.at(-1);
    if (newest) {
      this.#last = newest.seq;
      this.#show(missing);
    }
    if (!own) return missing.length === PART;
    if (missing.length < limit || this.#last === own.from - 1) {
      this.#last = own.to;
      this.#own.shift();
    }
    return true;
  }
}
