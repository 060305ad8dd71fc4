/** What the Feed screen remembers: follow or pause, filter, cursor, pane. Outside React, kept while other screens are up. */
import { parseFilter } from '../../src/core/filter.ts';
import { toProblem } from '../../src/core/problem.ts';
import type { FeedItem } from '../../src/state/feed.ts';
import type { AppState } from '../../src/state/index.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import { type Extent, jump, LIST_START, type ListState, last, settle } from '../../src/ui/list-state.ts';
import { freeze, indexOfSeq, LiveRows, type Rows, type Tally, tallyFrom } from './rows.ts';

/** A pause: the rows as they were, and what had arrived until then. */
export type Pause = { readonly rows: Rows; readonly upTo: number; readonly tally: Tally };

export type Pane = 'none' | 'detail' | 'raw';

export type FeedScreenState = {
  /** Undefined while following. */
  readonly pause: Pause | undefined;
  readonly list: ListState;
  readonly filter: string;
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
  current(): FeedItem | undefined;
  /** Events that arrived since the pause; none while following. */
  arrived(): Tally;
  /** Moves the cursor, which pauses. */
  scroll(next: (list: ListState, extent: Extent) => ListState, height: number): void;
  pause(): void;
  follow(): void;
  /** Takes a new filter; returns what is wrong with it, and then keeps the last good one. */
  look(filter: string): string | undefined;
  patch(change: Partial<FeedScreenState>): void;
};

const START: FeedScreenState = {
  pause: undefined,
  list: LIST_START,
  filter: '',
  pane: 'none',
  place: 'below',
  inPane: false,
  scroll: 0,
  left: 0,
};

export function createFeedScreen({ feed }: AppState): FeedScreen {
  const store = createStore(START);
  const live = new LiveRows(feed.get);
  const patch = (change: Partial<FeedScreenState>) => store.set(state => ({ ...state, ...change }));

  const rows = () => store.get().pause?.rows ?? live.rows;

  const window = (height: number): ListState => {
    const { pause, list } = store.get();
    const extent = { count: rows().size, height };
    return pause ? settle(list, extent) : last(extent);
  };

  const current = () => rows().at(window(1).cursor);

  /** The rows up to `upTo`, as they pass the filter now. */
  const frozen = (upTo: number): Pause => {
    const kept = freeze(live.rows, upTo);
    const { total, high } = live.tally;
    const newer = tallyFrom(live.rows, kept.size);
    return { rows: kept, upTo, tally: { total: total - newer.total, high: high - newer.high } };
  };

  const newestSeq = () => {
    const { ring } = feed.get();
    return ring.at(ring.size - 1)?.seq ?? 0;
  };

  const pause = () => {
    if (store.get().pause) return;
    const paused = frozen(newestSeq());
    patch({ pause: paused, list: last({ count: paused.rows.size, height: 1 }) });
  };

  return {
    ...store,
    patch,
    rows,
    window,
    current,
    pause,
    follow: () => patch({ pause: undefined, scroll: 0 }),
    arrived() {
      const before = store.get().pause?.tally;
      const now = live.tally;
      return before ? { total: now.total - before.total, high: now.high - before.high } : { total: 0, high: 0 };
    },
    scroll(next, height) {
      pause();
      patch({ list: next(window(height), { count: rows().size, height }), scroll: 0 });
    },
    look(filter) {
      try {
        const parsed = filter.trim() === '' ? undefined : parseFilter(filter);
        const seq = current()?.seq ?? 0;
        live.filter(parsed && (event => parsed.match(event)));
        const { pause: paused, list } = store.get();
        const again = paused && frozen(paused.upTo);
        const extent = { count: again?.rows.size ?? 0, height: 1 };
        patch({ filter, ...(again ? { pause: again, list: jump(list, indexOfSeq(again.rows, seq), extent) } : {}) });
        return undefined;
      } catch (thrown) {
        return toProblem(thrown).message;
      }
    },
  };
}
