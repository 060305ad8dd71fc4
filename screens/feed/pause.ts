/** The feed standing still: its rows as they were, and what is read from disk above them. Pure. */
import type { FeedItem } from '../../src/state/feed.ts';
import type { ListState } from '../../src/ui/list-state.ts';
import type { Lines } from './fold.ts';
import { type Found, HELD_AT_MOST } from './history.ts';
import { indexOfSeq, type LiveRows, type Tally, type Test } from './rows.ts';

export type Pause = {
  /** Only ever added to in front. */
  readonly rows: Lines;
  /** Newer events are not in the rows. */
  readonly upTo: number;
  /** What had come until then. */
  readonly tally: Tally;
  /** Everything from this sequence on has been looked at; what is older is on disk. */
  readonly from: number;
  /** Events at the newest end that were let go for older ones. */
  readonly letGo: number;
  /** Events that do not pass any more since they were decided on. */
  readonly hidden: readonly FeedItem[];
};

/** The rows up to sequence `upTo` that are in memory. `oldest`: the sequence at which memory begins; undefined when it is empty. */
export const pauseAt = (live: LiveRows, upTo: number, oldest = upTo + 1): Pause => ({
  ...live.freeze(upTo),
  upTo,
  from: oldest,
  letGo: 0,
  hidden: [],
});

/** The list in other rows: the cursor stays on its event, or goes to the one after it. */
export function relisted({ cursor, top }: ListState, at: FeedItem | undefined, rows: Lines): ListState {
  const index = (at && rows.find(at)) ?? indexOfSeq(rows, at?.seq ?? 0);
  return { cursor: index, top: index - (cursor - top) };
}

/** With what a slice has brought above the rows; those on screen stay where they are. */
export function withOlder(paused: Pause, { cursor, top }: ListState, { items, from }: Found): { pause: Pause; list: ListState } {
  const before = paused.rows.size;
  paused.rows.prepend(items);
  const above = paused.rows.size - before;
  const letGo = paused.letGo + paused.rows.trim(HELD_AT_MOST);
  return { pause: { ...paused, from, letGo }, list: { cursor: cursor + above, top: top + above } };
}

/** Each event tested anew: those in memory come with `fresh`, the others from what is held. */
export function retested(paused: Pause, fresh: Pause, test: Test): Pause {
  const held = [...paused.rows.items(), ...paused.hidden].filter(({ seq }) => seq < fresh.from).sort((a, b) => b.seq - a.seq);
  const passes = ({ event }: FeedItem) => test(event);
  fresh.rows.prepend(held.filter(passes));
  const hidden = held.filter(item => !passes(item));
  return { ...fresh, from: Math.min(paused.from, fresh.from), letGo: paused.letGo, hidden };
}

/** The window moved so that up to `lines` rows are seen above the cursor. */
export const showAbove = ({ cursor, top }: ListState, lines: number): ListState => ({
  cursor,
  top: Math.min(top, Math.max(0, cursor - lines)),
});
