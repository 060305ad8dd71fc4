/** What can be done on the page of a host. */
import { EVENT_VOCABULARY, parseFilter } from '../../src/core/filter.ts';
import type { Host } from '../../src/core/model.ts';
import { clean } from '../../src/core/sanitize.ts';
import { carveCommand } from '../../src/ui/carve-command.ts';
import { andNot, byFrequency, promptFilter } from '../../src/ui/filter-prompt.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import { listCommands } from '../../src/ui/list-commands.ts';
import type { Extent, ListState } from '../../src/ui/list-state.ts';
import { nodeCommand } from '../../src/ui/node-command.ts';
import { moveColumn, TABLE_START } from '../../src/ui/table-state.ts';
import { listHeight } from './rows.ts';
import { OWN_COLUMNS, PERIODS } from './select.ts';
import type { HostPage } from './state.ts';

type Context = CommandContext<HostPage>;

const hostOf = ({ screen }: Context): readonly Host[] => {
  const host = screen.host();
  return host ? [host] : [];
};
const notListed = (context: Context) => (hostOf(context).length > 0 ? undefined : 'its source does not list it any more');
const notInRows = ({ screen }: Context) => (screen.get().level === 'rows' ? undefined : 'open a table first');

/** The whole value under the cursor: a cell of the table is cut to its column. */
function showCell({ screen, services }: Context): void {
  const { table } = screen.get();
  const { source } = screen.rows();
  const name = source.columns[table.column];
  if (name !== undefined && source.count > 0) services.ui.say(`${name}: ${clean(source.cell(table.cursor, table.column) ?? 'null')}`);
}

function enter(context: Context): void {
  const { screen, services } = context;
  const { level, runs } = screen.get();
  if (level === 'rows') showCell(context);
  else if (level === 'changes') screen.openRows();
  else {
    const run = screen.runs()[runs.cursor];
    if (run) services.ui.go('results', { runId: run.id });
  }
}

/** From a row to the next question; else to the host's events in the feed. */
function followUp({ screen, services: { ui } }: Context): void {
  const { level, at, table } = screen.get();
  const change = level === 'rows' ? screen.currentRow() : undefined;
  if (change) {
    const column = screen.rows().source.columns[table.column];
    const own = (OWN_COLUMNS as readonly (string | undefined)[]).includes(column);
    ui.go('pivot', { row: change.event.row, column: own ? undefined : column, host: screen.host() });
  } else if (at) ui.go('feed', { filter: `host:"${at.hostname}"` });
}

/** The prompt on the filter of the rows; `value`: what it begins with. */
function askFilter({ screen, services: { ui, now } }: Context, value: string): void {
  const { events, filter } = screen.get();
  promptFilter(ui, {
    id: 'host.filter',
    label: '/',
    before: filter,
    value,
    fields: EVENT_VOCABULARY.fields,
    seen: field => (field === 'query' ? byFrequency(events.flatMap(({ queryName }) => queryName ?? [])) : []),
    parse: text => parseFilter(text, { now: now() }),
    look: text => screen.patch({ filter: text, table: { ...screen.get().table, ...TABLE_START, column: screen.get().table.column } }),
  });
}

const step =
  (by: 1 | -1) =>
  ({ screen, services: { ui } }: Context) => {
    if (!screen.step(by)) ui.say(by === 1 ? 'This is the last host of the list.' : 'This is the first host of the list.');
  };

const column =
  (by: 1 | -1) =>
  ({ screen }: Context) =>
    screen.patch({ table: moveColumn(screen.get().table, by, screen.rows().source.columns.length) });

const otherPane = ({ screen }: Context) => screen.patch({ level: screen.get().level === 'runs' ? 'changes' : 'runs' });

function list({ screen, size }: Context): ListState {
  const { level, table, runs } = screen.get();
  if (level === 'changes') return screen.changesWindow(listHeight(size));
  return level === 'rows' ? table : runs;
}

function setList({ screen }: Context, next: ListState): void {
  const { level, table } = screen.get();
  if (level === 'changes') screen.patch({ changes: next, subject: screen.changes()[next.cursor]?.subject });
  else if (level === 'runs') screen.patch({ runs: next });
  else screen.patch({ table: { ...table, ...next } });
}

function extent({ screen, size }: Context): Extent {
  const counts = { changes: () => screen.changes().length, rows: () => screen.rows().source.count, runs: () => screen.runs().length };
  return { count: counts[screen.get().level](), height: listHeight(size) };
}

const own: readonly Command<HostPage>[] = [
  {
    id: 'host.open',
    keys: ['enter'],
    title: 'Open',
    help: 'Opens the rows of the table or the results of the run, or shows the whole value of the cell under the cursor.',
    where: 'screen',
    footer: 'open',
    run: enter,
  },
  {
    id: 'host.pane',
    keys: ['tab', 'shift+tab'],
    title: 'Changes or runs',
    help: 'Switches between what happened on the host and the runs that asked it.',
    where: 'screen',
    footer: 'runs',
    run: otherPane,
  },
  {
    id: 'host.period',
    keys: ['d'],
    title: 'Period to look back',
    help: `Looks back ${PERIODS.map(({ name }) => name).join(', ')}, one after the other.`,
    where: 'screen',
    footer: 'period',
    run: ({ screen }) => screen.choosePeriod((screen.get().period + 1) % PERIODS.length),
  },
  {
    id: 'host.next',
    keys: ['J'],
    title: 'Next host',
    help: 'Shows the next host of the list that this one was opened from.',
    where: 'screen',
    footer: 'next host',
    run: step(1),
  },
  {
    id: 'host.previous',
    keys: ['K'],
    title: 'Previous host',
    help: 'Shows the previous host of the list that this one was opened from.',
    where: 'screen',
    run: step(-1),
  },
  {
    id: 'host.query',
    keys: ['Q'],
    title: 'Query this host',
    help: 'Opens the launcher with this host as its target.',
    where: 'screen',
    footer: 'query',
    blocked: notListed,
    run: context => context.services.ui.go('launch', { hosts: hostOf(context) }),
  },
  carveCommand<HostPage>('host', hostOf),
  nodeCommand<HostPage>('host', hostOf, ({ screen }) => void screen.refreshNode()),
  {
    id: 'host.pivot',
    keys: ['.'],
    title: 'Follow a value, or the events of the host',
    help: 'On a row: offers the templates that take a value of it, filled in. Else: opens the feed with the events of this host.',
    where: 'screen',
    run: followUp,
  },
  {
    id: 'host.filter',
    keys: ['/'],
    title: 'Filter the rows',
    help: 'Narrows the rows of the open table as you type, with the words of the feed: col:path=/tmp/* action:added sev>=high "text".',
    where: 'screen',
    blocked: notInRows,
    run: context => askFilter(context, context.screen.get().filter),
  },
  {
    id: 'host.exclude',
    keys: ['\\'],
    title: 'Filter out',
    help: 'Adds a word to the filter that rows must not have.',
    where: 'screen',
    blocked: notInRows,
    run: context => askFilter(context, andNot(context.screen.get().filter)),
  },
  {
    id: 'host.reverse',
    keys: ['o'],
    title: 'Reverse the order',
    help: 'Shows the rows of the open table oldest first, or newest first.',
    where: 'screen',
    blocked: notInRows,
    run: ({ screen }) => screen.patch({ oldestFirst: !screen.get().oldestFirst }),
  },
  {
    id: 'host.right',
    keys: ['l', 'right'],
    title: 'Next column',
    help: 'Moves the cursor one column to the right.',
    where: 'screen',
    blocked: notInRows,
    run: column(1),
  },
  {
    id: 'host.left',
    keys: ['h', 'left'],
    title: 'Previous column',
    help: 'Moves the cursor one column to the left.',
    where: 'screen',
    blocked: notInRows,
    run: column(-1),
  },
  ...listCommands<HostPage>('host', { get: list, set: setList, extent }),
];

/** They are about the host that is open. */
export const commands = own.map(command => ({ ...command, local: true }));
