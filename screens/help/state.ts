/** What help and palette remember while they are open. */
import { createStore, type Store } from '../../src/state/store.ts';
import { execute } from '../../src/ui/keys/execute.ts';
import { LIST_START, type ListState } from '../../src/ui/list-state.ts';
import type { Services } from '../../src/ui/services.ts';
import { type Entry, helpEntries, paletteEntries, searchEntries } from './entries.ts';

export type MenuState = { readonly query: string; readonly list: ListState };

export type Menu = Store<MenuState> & {
  readonly kind: MenuKind;
  /** The entries that fit the query. */
  shown(): readonly Entry[];
  /** Starts over with `query` and gives the keyboard to its prompt. */
  open(query: string): void;
  patch(change: Partial<MenuState>): void;
};

export type MenuKind = 'help' | 'palette';

const LABELS: Record<MenuKind, string> = { help: 'help: ', palette: ':' };

export function createMenu(kind: MenuKind, services: Services): Menu {
  const { ui } = services;
  const store = createStore<MenuState>({ query: '', list: LIST_START });
  const patch = (change: Partial<MenuState>) => store.set(state => ({ ...state, ...change }));
  const titles = new Map(
    services.commands().flatMap(({ id, title }) => (id.startsWith('go.') ? [[id.slice(3), title.replace(/^Go to /, '')] as const] : [])),
  );
  const way = { services, titles, perform: (command: Parameters<typeof execute>[1]) => execute(ui, command) };

  /** The screen that was up when the menu opened. */
  const origin = () => ui.get().trail.at(-1) ?? 'feed';
  let known: { readonly query: string; readonly origin: string; readonly entries: readonly Entry[] } | undefined;

  const shown = (): readonly Entry[] => {
    const { query } = store.get();
    if (known?.query !== query || known.origin !== origin()) {
      const all = kind === 'help' ? helpEntries(way, origin()) : paletteEntries(way, origin(), query);
      known = { query, origin: origin(), entries: searchEntries(all, query) };
    }
    return known.entries;
  };

  const choose = () => {
    const entry = shown()[store.get().list.cursor];
    ui.back();
    if (!entry) return;
    if (entry.blocked !== undefined) ui.say(`${entry.title}: ${entry.blocked}`, 'warn');
    else void entry.run();
  };

  return {
    ...store,
    kind,
    patch,
    shown,
    open(query) {
      known = undefined;
      patch({ query, list: LIST_START });
      ui.prompt({
        id: `menu.${kind}`,
        label: LABELS[kind],
        value: query,
        onChange: text => patch({ query: text, list: LIST_START }),
        onAccept: choose,
        onCancel: () => ui.back(),
      });
    },
  };
}
