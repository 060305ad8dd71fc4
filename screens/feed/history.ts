/** Looks for older events on disk, slice by slice, newest first. */
import { toProblem } from '../../src/core/problem.ts';
import { type FeedItem, type History, itemOf } from '../../src/state/feed.ts';
import type { Test } from './rows.ts';

/** Events that are read in one go: keys get through in between. */
export const SLICE = 500;
/** Events that pass, after which a search has brought enough. */
const ENOUGH = 200;
/** What a list that stands still may hold; with more, the newest go. */
export const HELD_AT_MOST = { events: 100_000, characters: 100_000_000 };

export type Found = {
  /** Newest first. */
  readonly items: readonly FeedItem[];
  /** Everything from this sequence on has been looked at. */
  readonly from: number;
  readonly scanned: number;
};

export type Search = {
  readonly history: History;
  /** Only events below this sequence are read. */
  readonly from: number;
  readonly test: Test;
  /** Events to read at most. */
  readonly most: number;
  /** Once it is aborted, nothing is `taken` any more. */
  readonly signal: AbortSignal;
  /** Takes what a slice has brought. */
  taken(found: Found): void;
};

/** Searches until enough was found. Resolves with why nothing older can be had, in words; undefined while there may be more. */
export async function searchOlder({ history, from, test, most, signal, taken }: Search): Promise<string | undefined> {
  let found = 0;
  let reached = from;
  try {
    for (let scanned = 0; scanned < most && found < ENOUGH; ) {
      const slice = await history.before(reached, SLICE);
      if (signal.aborted) return undefined;
      const oldest = slice.at(-1);
      if (!oldest) return 'nothing older is stored';
      reached = oldest.seq;
      scanned += slice.length;
      const items = slice.filter(({ event }) => test(event)).map(itemOf);
      found += items.length;
      taken({ items, from: reached, scanned });
    }
  } catch (thrown) {
    return toProblem(thrown).message;
  }
  return undefined;
}
