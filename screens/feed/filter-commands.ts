/** How the feed is narrowed: by typing, by what is under the cursor, by filters of before. */
import { EVENT_VOCABULARY, parseFilter } from '../../src/core/filter.ts';
import { andNot, promptFilter, withTerm } from '../../src/ui/filter-prompt.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import { askFilterName } from '../../src/ui/save-filter.ts';
import { termsOf } from './detail.ts';
import { noEvent } from './mark-commands.ts';
import { lineUnderCursor } from './pane-commands.ts';
import { seenInFeed } from './seen.ts';
import type { FeedScreen } from './state.ts';

type Context = CommandContext<FeedScreen>;

/** The prompt on the filter; `value`: what it begins with. */
function ask({ screen, services: { ui, state, now } }: Context, value: string): void {
  promptFilter(ui, {
    id: 'feed.filter',
    label: '/',
    before: screen.get().filter,
    value,
    fields: EVENT_VOCABULARY.fields,
    seen: seenInFeed(state),
    parse: filter => parseFilter(filter, { now: now() }),
    look: filter => screen.look(filter),
  });
}

function add({ screen, services: { ui } }: Context, term: string): void {
  screen.look(withTerm(screen.get().filter, term));
  ui.say(`Filter: ${screen.get().filter}`);
  ui.remember('feed.filter', screen.get().filter, true);
}

const noTerm = (context: Context): string | undefined =>
  context.screen.get().inPane && lineUnderCursor(context)?.term === undefined
    ? 'the line under the cursor holds nothing to filter by'
    : undefined;

function filterIn(context: Context): void {
  const { screen, services } = context;
  const term = lineUnderCursor(context)?.term;
  const row = screen.current();
  if (term !== undefined) add(context, term);
  else if (row) services.ui.go('filters', { filter: screen.get().filter, terms: termsOf(row) });
}

function filterOut(context: Context): void {
  const term = lineUnderCursor(context)?.term;
  if (term !== undefined) add(context, `-${term}`);
  else ask(context, andNot(context.screen.get().filter));
}

export const filterCommands: readonly Command<FeedScreen>[] = [
  {
    id: 'feed.filter',
    keys: ['/'],
    title: 'Filter',
    help: 'Narrows the feed as you type: sev>=high host:web-* table:crontab since:1h status:open "text" word; - before a word excludes, tab completes fields and values.',
    where: 'screen',
    footer: 'filter',
    run: context => ask(context, context.screen.get().filter),
  },
  {
    id: 'feed.exclude',
    keys: ['\\'],
    title: 'Filter out',
    help: 'Adds a term to the filter that events must not have: asks for it, or in the details takes what is under the cursor.',
    where: 'screen',
    blocked: noTerm,
    run: filterOut,
  },
  {
    id: 'feed.filter-in',
    keys: ['+'],
    title: 'Filter by this event',
    help: 'Adds a term to the filter that this event has: asks which, or in the details takes what is under the cursor.',
    where: 'screen',
    blocked: context => noEvent(context) ?? noTerm(context),
    run: filterIn,
  },
  {
    id: 'feed.filter-off',
    keys: ['ctrl+f'],
    title: 'Filter off or on',
    help: 'Shows everything for a moment, and narrows the feed again. The cursor stays on its event.',
    where: 'screen',
    blocked: ({ screen }) => (screen.get().filter === '' ? 'there is no filter: / makes one' : undefined),
    run: ({ screen }) => screen.filterOn(!screen.get().filtering),
  },
  {
    id: 'feed.filters',
    keys: ['F'],
    title: 'Saved and recent filters',
    help: 'Lists the filters that were saved under a name, and the last ones that were used.',
    where: 'screen',
    run: ({ screen, services }) => services.ui.go('filters', { filter: screen.get().filter, terms: [] }),
  },
  {
    id: 'feed.save-filter',
    keys: [],
    title: 'Save the filter',
    help: 'Keeps the filter in force under a name, for every console on the same data and for feed --filter @name.',
    where: 'screen',
    blocked: ({ screen }) => (screen.get().filter === '' ? 'there is no filter: / makes one' : undefined),
    run: ({ screen, services }) => askFilterName(services, screen.get().filter),
  },
];
