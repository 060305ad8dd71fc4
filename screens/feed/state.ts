/** What the Feed screen remembers: follow or pause, filter, folding, marks, cursor, pane. Outside React, kept while other screens are up. */
import { type FilteredEvent, parseFilter } from '../../src/core/filter.ts';
import type { Filter } from '../../src/core/filter-language.ts';
import { toProblem } from '../../src/core/problem.ts';
import type { FeedItem, History } from '../../src/state/feed.ts';
import type { AppState } from '../../src/state/index.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import type { TriageBoard } from '../../src/state/triage.ts';
import { type Extent, jump, LIST_START, type ListState, last, settle } from '../../src/ui/list-state.ts';
import { Lines } from './fold.ts';
import { type Found, SLICE, searchOlder } from './history.ts';
import { type Pause, pauseAt, relisted, retested, showAbove, withOlder } from './pause.ts';
import { type FeedRow, isMarked, LiveRows, membersOf, nextRow, type Rows, type Tally, type Test } from './rows.ts';

export type { Pause } from './pause.ts';

export type Pane = 'none' | 'detail' | 'raw';

export type FeedScreenState = {
  /** Undefined while following. */
  readonly pause: Pause | undefined;
  readonly list: ListState;
  /** The filter with everything on; whether it acts says `filtering`. */
  readonly filter: string;
  readonly filtering: boolean;
  /** Whether events that say the same are one line. */
  readonly folded: boolean;
  /** Ids of the events that are marked. */
  readonly marks: ReadonlySet<string>;
  /** Sequence of the row at which a range of marks begins. */
  readonly rangeFrom: number | undefined;
  /** While older events are looked for on disk: how many were read so far. */
  readonly looking: { readonly scanned: number } | undefined;
  /** Why nothing older can be had, in words: there is nothing, or it could not be read. */
  readonly edge: string | undefined;
  readonly pane: Pane;
  readonly place: 'below' | 'right';
  /** Whether the pane has the keyboard. */
  readonly inPane: boolean;
  /** First line of the pane on screen. */
  readonly scroll: number;
  /** Cells that the last column is scrolled to the right. */
  readonly left: number;
};

export type FeedScreen = Store<FeedScreenState> & {
  rows(): Rows;
  /** Cursor and window for a list of `height` lines. */
  window(height: number): ListState;
  current(): FeedRow | undefined;
  /** Events that arrived since the pause; none while following. */
  arrived(): Tally;
  /** Moves the cursor, which pauses. Near the oldest row a few older ones are read from disk; pressing on at it looks until there are. */
  scroll(next: (list: ListState, extent: Extent) => ListState, height: number): void;
  /** Moves the cursor to the next row that passes, which pauses. False when there is none. */
  seek(test: (row: FeedRow) => boolean, step: 1 | -1, height: number): boolean;
  pause(): void;
  follow(): void;
  /** Takes a new filter; returns what is wrong with it, and then keeps the last good one. */
  look(filter: string): string | undefined;
  /** Switches the filter off, or on again. */
  filterOn(on: boolean): void;
  /** Folds events that say the same into one line, or shows each; the cursor stays on its event. */
  fold(on: boolean): void;
  /** What the next decision is for: the events of the marked rows, else of the row under the cursor. */
  chosen(): readonly FeedItem[];
  /**
   * Reads older events from disk until some pass the filter, and pauses; the cursor stays on its event. False when there are
   * none: `edge` then says why; or when it was stopped. `looking` shows how far it is, `stopLooking` ends it.
   */
  older(): Promise<boolean>;
  /** Ends the looking on disk; false when nothing is looked for. */
  stopLooking(): boolean;
  patch(change: Partial<FeedScreenState>): void;
};

/** What the screen needs beside the state; each of them may come later than the screen. */
export type FeedDeps = {
  /** Older events on disk. */
  history(): History | undefined;
  triage(): TriageBoard | undefined;
  /** Epoch ms. */
  now(): number;
};

const START: FeedScreenState = {
  pause: undefined,
  list: LIST_START,
  filter: '',
  filtering: true,
  folded: true,
  marks: new Set(),
  rangeFrom: undefined,
  looking: undefined,
  edge: undefined,
  pane: 'none',
  place: 'below',
  inPane: false,
  scroll: 0,
  left: 0,
};

/** All there is, as far as it is needed. */
const UNTIL_FOUND = Number.POSITIVE_INFINITY;

export function createFeedScreen({ feed }: AppState, { history, triage, now }: FeedDeps): FeedScreen {
  const store = createStore(START);
  const live = new LiveRows(feed.get, START.folded);
  const patch = (change: Partial<FeedScreenState>) => store.set(state => ({ ...state, ...change }));
  /** The filter that acts. */
  let filter: Filter<FilteredEvent> | undefined;
  let search: { readonly stop: AbortController; readonly ended: Promise<boolean> } | undefined;
  let board: TriageBoard | undefined;
  /** Where the cursor stood when there was a row to stand on: it returns there once there are rows again. */
  let stood: FeedItem | undefined;

  const passes: Test = event => filter?.match(event) ?? true;
  const rows = () => store.get().pause?.rows ?? live.rows;

  const window = (height: number): ListState => {
    const { pause, list } = store.get();
    const extent = { count: rows().size, height };
    return pause ? settle(list, extent) : last(extent);
  };

  const current = () => rows().at(window(1).cursor);
  const frozen = (upTo: number) => pauseAt(live, upTo, feed.get().ring.at(0)?.seq);

  const pause = (): Pause => {
    const { pause: known } = store.get();
    if (known) return known;
    const { ring } = feed.get();
    const paused = frozen(ring.at(ring.size - 1)?.seq ?? 0);
    patch({ pause: paused, list: last({ count: paused.rows.size, height: 1 }), edge: undefined });
    return paused;
  };

  /** Other rows in the place of the paused ones. */
  const replace = (next: Pause, change: Partial<FeedScreenState> = {}) => {
    stood = current() ?? stood;
    patch({ ...change, pause: next, list: relisted(store.get().list, stood, next.rows) });
  };

  const takeOlder = (found: Found) => {
    const { pause: paused, list } = store.get();
    if (paused) patch({ ...withOlder(paused, list, found), looking: { scanned: found.scanned } });
  };

  const stopLooking = (): boolean => {
    if (!search) return false;
    search.stop.abort();
    search = undefined;
    patch({ looking: undefined });
    return true;
  };

  /** Reads at most `most` older events; joins a search that is on. True when rows have come. */
  const older = (most: number): Promise<boolean> => {
    const disk = history();
    if (search || !disk) return search?.ended ?? Promise.resolve(false);
    const { rows: held, from } = pause();
    const before = held.events;
    const stop = new AbortController();
    const { signal } = stop;
    patch({ looking: { scanned: 0 }, edge: undefined });
    const ended = searchOlder({ history: disk, from, test: passes, most, signal, taken: takeOlder }).then(edge => {
      if (!signal.aborted) {
        search = undefined;
        patch({ looking: undefined, edge });
      }
      return !signal.aborted && held.events > before;
    });
    search = { stop, ended };
    return ended;
  };

  /** Waits for a search that is on, which may be a short one, before it begins its own. */
  const olderUntilFound = async (): Promise<boolean> => {
    const before = search;
    if (before && ((await before.ended) || before.stop.signal.aborted || store.get().edge !== undefined)) return before.ended;
    return older(UNTIL_FOUND);
  };

  const scroll: FeedScreen['scroll'] = (next, height) => {
    pause();
    const before = window(height);
    const list = next(before, { count: rows().size, height });
    patch({ list, scroll: 0 });
    if (before.cursor === 0 && list.cursor === 0) {
      const above = Math.floor(height / 2);
      void older(UNTIL_FOUND).then(found => found && patch({ list: showAbove(window(height), above) }));
    } else if (list.cursor < before.cursor && list.cursor < height && !store.get().edge) void older(SLICE);
  };

  const asksForStatus = () => filter?.terms.some(({ field }) => field === 'status') ?? false;

  /** Events were decided on: where the filter asks for that, they come or go. */
  const decided = () => {
    if (!asksForStatus()) return;
    live.filter(passes);
    const { pause: paused } = store.get();
    if (paused) replace(retested(paused, frozen(paused.upTo), passes));
    else patch({});
  };

  const show = (text: string, filtering: boolean): string | undefined => {
    try {
      const statusOf = ({ id }: FilteredEvent) => triage()?.stateOf(id) ?? 'new';
      const parsed = text.trim() === '' ? undefined : parseFilter(text, { now: now(), statusOf });
      stopLooking();
      filter = filtering ? parsed : undefined;
      live.filter(filter && passes);
      if (!board && asksForStatus()) {
        board = triage();
        board?.subscribe(decided);
      }
      const { pause: paused } = store.get();
      if (paused) replace(frozen(paused.upTo), { filter: text, filtering, edge: undefined });
      else patch({ filter: text, filtering });
      return undefined;
    } catch (thrown) {
      return toProblem(thrown).message;
    }
  };

  return {
    ...store,
    patch,
    rows,
    window,
    current,
    scroll,
    stopLooking,
    pause: () => void pause(),
    older: olderUntilFound,
    follow() {
      stopLooking();
      patch({ pause: undefined, scroll: 0, edge: undefined });
    },
    arrived() {
      const before = store.get().pause?.tally;
      const after = live.tally;
      return before ? { total: after.total - before.total, high: after.high - before.high } : { total: 0, high: 0 };
    },
    seek(test, step, height) {
      pause();
      const found = nextRow(rows(), window(height).cursor, step, test);
      if (found !== undefined) scroll((list, extent) => jump(list, found, extent), height);
      return found !== undefined;
    },
    look: text => show(text, true),
    filterOn: on => void show(store.get().filter, on),
    fold(folded) {
      live.fold(folded);
      const { pause: paused } = store.get();
      if (paused) replace({ ...paused, rows: new Lines(folded, paused.rows.items()) }, { folded });
      else patch({ folded });
    },
    chosen() {
      const { marks } = store.get();
      const shown = rows();
      const marked: FeedItem[] = [];
      for (let index = 0; marks.size > 0 && index < shown.size; index++) {
        const row = shown.at(index);
        if (row && isMarked(row, marks)) marked.push(...membersOf(row));
      }
      const row = current();
      return marked.length > 0 || !row ? marked : membersOf(row);
    },
  };
}
