/** What can be done on the Results screen. */
import { clean } from '../../src/core/sanitize.ts';
import { hostKey } from '../../src/state/index.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import { listCommands } from '../../src/ui/list-commands.ts';
import type { ListState } from '../../src/ui/list-state.ts';
import { moveColumn, TABLE_START } from '../../src/ui/table-state.ts';
import { hostsHeight, runsHeight, tableHeight } from './layout.ts';
import { BUCKETS, bucketCount } from './select.ts';
import { nextSort } from './sort.ts';
import type { ResultsScreen } from './state.ts';

type Context = CommandContext<ResultsScreen>;

/** The list or table that has the cursor at this level. */
function count({ screen }: Context): number {
  const { level } = screen.get();
  if (level === 'runs') return screen.runs().length;
  if (level === 'hosts') return screen.targets().length;
  return screen.table()?.count ?? 0;
}

function height({ screen, size }: Context): number {
  const { level } = screen.get();
  if (level === 'runs') return runsHeight(size);
  return level === 'hosts' ? hostsHeight(size, screen.run()) : tableHeight(size, screen.run());
}

function list({ screen, size }: Context): ListState {
  const { level, runs, table } = screen.get();
  if (level === 'runs') return runs;
  return level === 'hosts' ? screen.hostsWindow(hostsHeight(size, screen.run())) : table;
}

function setList({ screen }: Context, next: ListState): void {
  const { level, table } = screen.get();
  if (level === 'runs') screen.patch({ runs: next });
  else if (level === 'hosts') {
    const target = screen.targets()[next.cursor];
    screen.patch({ hosts: next, host: target && hostKey(target.host) });
  } else screen.patch({ table: { ...table, ...next } });
}

function enter({ screen, services }: Context): void {
  const { level } = screen.get();
  if (level === 'runs') {
    const run = screen.runs()[screen.get().runs.cursor];
    if (run) screen.open(run);
    return;
  }
  const target = screen.target();
  if (level !== 'hosts' || !target) return;
  if (target.rows.length > 0) screen.patch({ level: 'rows', table: TABLE_START });
  else
    services.ui.say(`${target.key}: ${target.reason || (target.state === 'no_rows' ? 'answered with no rows' : 'has not answered yet')}`);
}

const nextBucket = (by: 1 | -1) => (context: Context) => {
  const { screen } = context;
  const run = screen.run();
  if (!run) return;
  const order = by === 1 ? BUCKETS : BUCKETS.toReversed();
  const at = order.indexOf(screen.get().bucket);
  const round = [...order.slice(at + 1), ...order.slice(0, at + 1)];
  const next = round.find(bucket => bucketCount(run.tally, bucket) > 0) ?? 'all';
  screen.patch({ bucket: next, level: 'hosts', hosts: { cursor: 0, top: 0 }, host: undefined });
};

const atRun = ({ screen }: Context) => (screen.get().level === 'runs' ? 'open a run first' : undefined);
const inTable = ({ screen }: Context) => (screen.table() ? undefined : 'there is no table here');

const column =
  (by: 1 | -1) =>
  ({ screen }: Context) =>
    screen.patch({ table: moveColumn(screen.get().table, by, screen.table()?.columns.length ?? 1) });

/** The whole value under the cursor: a cell of the table is cut to its column. */
function showCell({ screen, services }: Context): void {
  const { table: state } = screen.get();
  const table = screen.table();
  const name = table?.columns[state.column];
  if (!table || name === undefined) return;
  services.ui.say(`${name}: ${clean(table.cell(state.cursor, state.column) ?? 'null')}`);
}

export const commands: readonly Command<ResultsScreen>[] = [
  {
    id: 'results.open',
    keys: ['enter'],
    title: 'Open',
    help: 'Opens the run, the rows of the host, or shows the whole value of the cell under the cursor.',
    where: 'screen',
    footer: 'open',
    run: context => (context.screen.table() ? showCell(context) : enter(context)),
  },
  {
    id: 'results.next-state',
    keys: ['tab'],
    title: 'Next state',
    help: 'Shows only the hosts that answered, failed, timed out or are waited for, one after the other.',
    where: 'screen',
    footer: 'state',
    blocked: atRun,
    run: nextBucket(1),
  },
  {
    id: 'results.previous-state',
    keys: ['shift+tab'],
    title: 'Previous state',
    help: 'The same, backwards.',
    where: 'screen',
    blocked: atRun,
    run: nextBucket(-1),
  },
  {
    id: 'results.table',
    keys: ['v'],
    title: 'Hosts or rows of all hosts',
    help: 'Switches between the roll of hosts and one table with the rows of all of them.',
    where: 'screen',
    footer: 'view',
    blocked: atRun,
    run({ screen }) {
      if (screen.get().level === 'table') screen.patch({ level: 'hosts' });
      else screen.patch({ level: 'table', table: TABLE_START });
    },
  },
  {
    id: 'results.cancel',
    keys: ['X'],
    title: 'Cancel the run',
    help: 'Stops waiting for the hosts that have not answered and takes the query back where the server can. Ctrl+c does the same.',
    where: 'screen',
    footer: 'cancel',
    danger: true,
    blocked: ({ screen }) => (screen.run()?.open ? undefined : 'the run has ended'),
    run: cancel,
  },
  {
    id: 'results.again',
    keys: ['R'],
    title: 'Run again on all',
    help: 'Opens the launcher with the same template, parameters and hosts.',
    where: 'screen',
    blocked: atRun,
    run: ({ screen, services }) => again({ screen, services }, () => true),
  },
  {
    id: 'results.again-missing',
    keys: ['r'],
    title: 'Run again on the missing hosts',
    help: 'Opens the launcher with the same template and parameters for the hosts that did not answer.',
    where: 'screen',
    footer: 'again',
    blocked: context => atRun(context) ?? (missing(context).length > 0 ? undefined : 'every host has answered'),
    run: ({ screen, services }) => again({ screen, services }, target => target.rows.length === 0 && target.state !== 'no_rows'),
  },
  {
    id: 'results.events',
    keys: ['.'],
    title: 'Events of this host',
    help: 'Opens the feed with only the events of the host under the cursor.',
    where: 'screen',
    blocked: ({ screen }) => (screen.target() ? undefined : 'there is no host under the cursor'),
    run({ screen, services }) {
      const target = screen.target();
      if (target) services.ui.go('feed', { filter: `host:"${target.host.hostname}"` });
    },
  },
  {
    id: 'results.right',
    keys: ['l', 'right'],
    title: 'Next column',
    help: 'Moves the cursor one column to the right.',
    where: 'screen',
    blocked: inTable,
    run: column(1),
  },
  {
    id: 'results.left',
    keys: ['h', 'left'],
    title: 'Previous column',
    help: 'Moves the cursor one column to the left.',
    where: 'screen',
    blocked: inTable,
    run: column(-1),
  },
  {
    id: 'results.sort',
    keys: ['s'],
    title: 'Sort by this column',
    help: 'Sorts the rows by the column under the cursor: up, down, as they came.',
    where: 'screen',
    blocked: inTable,
    run({ screen }) {
      const { table, sort } = screen.get();
      const name = screen.table()?.columns[table.column];
      if (name !== undefined) screen.patch({ sort: nextSort(sort, name) });
    },
  },
  ...listCommands<ResultsScreen>('results', {
    get: list,
    set: setList,
    extent: context => ({ count: count(context), height: height(context) }),
  }),
];

function missing({ screen }: Pick<Context, 'screen'>) {
  return screen.run()?.targets.filter(({ state }) => state !== 'rows' && state !== 'no_rows') ?? [];
}

/** The launcher, filled in as the run was. */
function again(
  { screen, services }: Pick<Context, 'screen' | 'services'>,
  wanted: (target: ReturnType<typeof missing>[number]) => boolean,
): void {
  const run = screen.run();
  if (!run) return;
  const params = Object.fromEntries(Object.entries(run.record.params).map(([name, value]) => [name, String(value)]));
  services.ui.go('launch', { template: run.record.template, params, hosts: run.targets.filter(wanted).map(({ host }) => host) });
}

export async function cancel({ screen, services }: Context): Promise<void> {
  const run = screen.run();
  if (!run?.open) return;
  const { waiting } = run.tally;
  const lines = ['What has been answered is kept.'];
  if (await services.ui.confirm({ title: `Stop waiting for ${waiting} ${waiting === 1 ? 'host' : 'hosts'}?`, lines, yes: 'stop' })) {
    await services.engine.cancel(run.id);
  }
}
