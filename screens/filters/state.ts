/** What the Filters screen lists. Outside React. */
import { savedFilters } from '../../src/core/saved-filters.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import { fit } from '../../src/ui/cells.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { LIST_START, type ListState, settle } from '../../src/ui/list-state.ts';
import type { Services } from '../../src/ui/services.ts';
import type { Segment } from '../../src/ui/theme.ts';
import type { Intents } from '../../src/ui/ui-state.ts';

export type Item =
  | { readonly kind: 'term' | 'recent'; readonly filter: string }
  | { readonly kind: 'saved'; readonly filter: string; readonly name: string };

type FiltersState = Intents['filters'] & { readonly list: ListState };

export type FiltersScreen = Store<FiltersState> & {
  /** Terms of an event where it was opened with some; else the saved filters, then the last ones that were used. */
  items(): readonly Item[];
  current(): Item | undefined;
  open(wish: Intents['filters']): void;
  move(list: ListState): void;
  /** What is kept has changed. */
  reread(): void;
};

/** Two lines stand above the list. */
export const listHeight = ({ height }: Pick<Size, 'height'>): number => Math.max(1, height - 2);

const NAME = 16;

export const itemSegments = (item: Item): readonly Segment[] => [
  { text: ` ${fit(item.kind === 'saved' ? `@${item.name}` : item.kind, NAME)} `, tone: item.kind === 'saved' ? 'accent' : 'muted' },
  { text: item.filter },
];

export function createFilters({ kept, ui }: Pick<Services, 'kept' | 'ui'>): FiltersScreen {
  const store = createStore<FiltersState>({ filter: '', terms: [], list: LIST_START });

  const items = (): readonly Item[] => {
    const { terms } = store.get();
    if (terms.length > 0) return terms.map(filter => ({ kind: 'term', filter }));
    const saved = savedFilters(kept).map((filter): Item => ({ kind: 'saved', ...filter }));
    const known = new Set(saved.map(({ filter }) => filter));
    const recent = ui
      .history('feed.filter')
      .toReversed()
      .filter(filter => !known.has(filter));
    return [...saved, ...recent.map((filter): Item => ({ kind: 'recent', filter }))];
  };

  return {
    ...store,
    items,
    current() {
      const all = items();
      return all[settle(store.get().list, { count: all.length, height: 1 }).cursor];
    },
    open: wish => store.set({ ...wish, list: LIST_START }),
    reread: () => store.set(shown => ({ ...shown })),
    move: list => store.set(shown => ({ ...shown, list })),
  };
}
