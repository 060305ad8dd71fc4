/** What can be done on the Filters screen. */
import { forgetFilter } from '../../src/core/saved-filters.ts';
import { withTerm } from '../../src/ui/filter-prompt.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import { listCommands } from '../../src/ui/list-commands.ts';
import { askFilterName } from '../../src/ui/save-filter.ts';
import { type FiltersScreen, listHeight } from './state.ts';

type Context = CommandContext<FiltersScreen>;

const noItem = ({ screen }: Context) => (screen.current() ? undefined : 'there is nothing to choose');

/** Back in the feed, with this filter. */
function use({ services: { ui } }: Context, filter: string): void {
  ui.back();
  ui.go('feed', { filter });
  ui.remember('feed.filter', filter, true);
}

function choose(context: Context): void {
  const item = context.screen.current();
  if (!item) return;
  use(context, item.kind === 'term' ? withTerm(context.screen.get().filter, item.filter) : item.filter);
}

async function forget({ screen, services: { ui, kept } }: Context): Promise<void> {
  const item = screen.current();
  if (item?.kind !== 'saved') return;
  if (!(await ui.confirm({ title: `Forget @${item.name}?`, lines: [item.filter], yes: 'forget' }))) return;
  forgetFilter(kept, item.name);
  screen.reread();
  ui.say(`@${item.name} is forgotten.`);
}

export const commands: readonly Command<FiltersScreen>[] = [
  {
    id: 'filters.use',
    keys: ['enter'],
    title: 'Take the filter',
    help: 'Returns to the feed with the filter, or with the term added to the one in force.',
    where: 'screen',
    local: true,
    footer: 'take',
    blocked: noItem,
    run: choose,
  },
  {
    id: 'filters.exclude',
    keys: ['\\'],
    title: 'Filter out',
    help: 'Returns to the feed without the events that the term finds.',
    where: 'screen',
    local: true,
    footer: 'out',
    blocked: context => noItem(context) ?? (context.screen.current()?.kind === 'term' ? undefined : 'only a term can be filtered out'),
    run(context) {
      const item = context.screen.current();
      if (item) use(context, withTerm(context.screen.get().filter, `-${item.filter}`));
    },
  },
  {
    id: 'filters.save',
    keys: ['a'],
    title: 'Save the filter in force',
    help: 'Keeps the filter of the feed under a name, for every console on the same data and for feed --filter @name.',
    where: 'screen',
    local: true,
    footer: 'save',
    blocked: ({ screen }) => (screen.get().filter === '' ? 'there is no filter in force' : undefined),
    run: ({ screen, services }) => askFilterName(services, screen.get().filter, screen.reread),
  },
  {
    id: 'filters.forget',
    keys: ['d'],
    title: 'Forget a saved filter',
    help: 'Takes a saved filter away, after asking.',
    where: 'screen',
    local: true,
    footer: 'forget',
    blocked: context => noItem(context) ?? (context.screen.current()?.kind === 'saved' ? undefined : 'only saved filters can be forgotten'),
    run: forget,
  },
  ...listCommands<FiltersScreen>('filters', {
    get: ({ screen }) => screen.get().list,
    set: ({ screen }, list) => screen.move(list),
    extent: ({ screen, size }) => ({ count: screen.items().length, height: listHeight(size) }),
  }),
];
