/** The movements that every list has, once: rows, pages, ends. */
import type { Command, CommandContext } from './keys/command.ts';
import { type Extent, first, type ListState, last, move, page } from './list-state.ts';

/** Where a screen keeps the list that the keys move. */
export type ListPort<S> = {
  get(context: CommandContext<S>): ListState;
  set(context: CommandContext<S>, list: ListState): void;
  extent(context: CommandContext<S>): Extent;
};

type Movement = {
  readonly verb: string;
  readonly keys: readonly string[];
  readonly title: string;
  go(list: ListState, extent: Extent): ListState;
};

const MOVEMENTS: readonly Movement[] = [
  { verb: 'down', keys: ['j', 'down'], title: 'Next row', go: (list, extent) => move(list, 1, extent) },
  { verb: 'up', keys: ['k', 'up'], title: 'Previous row', go: (list, extent) => move(list, -1, extent) },
  { verb: 'half-down', keys: ['ctrl+d'], title: 'Half a page down', go: (list, extent) => page(list, 1, extent, 0.5) },
  { verb: 'half-up', keys: ['ctrl+u'], title: 'Half a page up', go: (list, extent) => page(list, -1, extent, 0.5) },
  { verb: 'page-down', keys: ['pagedown'], title: 'Page down', go: (list, extent) => page(list, 1, extent) },
  { verb: 'page-up', keys: ['pageup'], title: 'Page up', go: (list, extent) => page(list, -1, extent) },
  { verb: 'first', keys: ['g', 'home'], title: 'First row', go: first },
  { verb: 'last', keys: ['G', 'end'], title: 'Last row', go: (_list, extent) => last(extent) },
];

/**
 * Commands `<screen>.down`, `.up`, `.half-down`, `.half-up`, `.page-down`, `.page-up`, `.first`, `.last` for one list.
 * The arrows and page keys act while a prompt is open too; the letters never do. `without`: verbs that the screen has its own
 * way with.
 */
export function listCommands<S>(screen: string, port: ListPort<S>, without: readonly string[] = []): Command<S>[] {
  return MOVEMENTS.filter(({ verb }) => !without.includes(verb)).map(({ verb, keys, title, go }) => ({
    id: `${screen}.${verb}`,
    keys,
    title,
    help: `${title} of the list.`,
    where: 'typing',
    local: true,
    blocked: context => (port.extent(context).count === 0 ? 'the list is empty' : undefined),
    run: context => port.set(context, go(port.get(context), port.extent(context))),
  }));
}
