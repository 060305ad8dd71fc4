/** What the Hosts screen remembers: search, order, cursor. Outside React, kept while other screens are up. */
import type { Host } from '../../src/core/model.ts';
import { toProblem } from '../../src/core/problem.ts';
import { type AppState, hostKey } from '../../src/state/index.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import { type Extent, LIST_START, type ListState, reanchor, settle } from '../../src/ui/list-state.ts';
import { isRanked, type Sort, searchHosts, sortHosts } from './select.ts';

export type HostsState = {
  readonly search: string;
  readonly sort: Sort;
  readonly list: ListState;
  /** Key of the host under the cursor: the cursor stays on it when the list changes. */
  readonly at: string | undefined;
  /** Where a range began (key of a host), while one is being marked. */
  readonly rangeFrom: string | undefined;
};

export type HostsScreen = Store<HostsState> & {
  /** Hosts as listed on screen. */
  shown(): readonly Host[];
  /** Cursor and window on `shown()` for a list of `height` lines. */
  window(height: number): ListState;
  current(): Host | undefined;
  /** Takes a new search; returns what is wrong with it, and then keeps the last good one. */
  look(search: string): string | undefined;
  scroll(next: (list: ListState, extent: Extent) => ListState, height: number): void;
  patch(change: Partial<HostsState>): void;
};

const START: HostsState = {
  search: '',
  sort: { by: 'name', reverse: false },
  list: LIST_START,
  at: undefined,
  rangeFrom: undefined,
};

export function createHosts({ inventory }: AppState): HostsScreen {
  const store = createStore(START);
  const patch = (change: Partial<HostsState>) => store.set(state => ({ ...state, ...change }));
  let cache: { readonly hosts: readonly Host[]; readonly search: string; readonly sort: Sort; readonly shown: readonly Host[] } | undefined;

  const shown = (): readonly Host[] => {
    const { hosts } = inventory.get();
    const { search, sort } = store.get();
    if (cache?.hosts !== hosts || cache.search !== search || cache.sort !== sort) {
      const found = searchHosts(hosts, search);
      cache = { hosts, search, sort, shown: isRanked(search, sort) ? found : sortHosts(found, sort) };
    }
    return cache.shown;
  };

  const window = (height: number): ListState => {
    const hosts = shown();
    const extent = { count: hosts.length, height };
    const { list, at } = store.get();
    const under = hosts[list.cursor];
    if (at === undefined || (under && hostKey(under) === at)) return settle(list, extent);
    const index = hosts.findIndex(host => hostKey(host) === at);
    return index < 0 ? settle(list, extent) : reanchor(list, index, extent);
  };

  return {
    ...store,
    patch,
    shown,
    window,
    current: () => shown()[window(1).cursor],
    look(search) {
      try {
        searchHosts([], search);
      } catch (thrown) {
        return toProblem(thrown).message;
      }
      patch({ search, list: LIST_START, at: undefined, rangeFrom: undefined });
      return undefined;
    },
    scroll(next, height) {
      const hosts = shown();
      const extent = { count: hosts.length, height };
      const list = settle(next(window(height), extent), extent);
      const host = hosts[list.cursor];
      patch({ list, at: host && hostKey(host) });
    },
  };
}
