/** What can be done on the Results screen. */
import { hostKey } from '../../src/state/index.ts';
import { cannotExport } from '../../src/ui/export-menu.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import { listCommands } from '../../src/ui/list-commands.ts';
import type { Extent, ListState } from '../../src/ui/list-state.ts';
import { paneExtent, paneList } from '../../src/ui/text-pane.ts';
import {
  atRun,
  cancel,
  column,
  compareHost,
  compareRuns,
  enter,
  followUp,
  hostAt,
  inTable,
  nextTab,
  runBefore,
  showCell,
  stackRows,
  switchTable,
  uncancellable,
} from './actions.ts';
import { askAgain, ended, launchAgain, missing } from './again.ts';
import { copyCommands } from './copy.ts';
import { exportShown } from './export.ts';
import { askExclusion, askFilter } from './filtering.ts';
import { hostsHeight, runsHeight } from './layout.ts';
import { nextSort } from './sort.ts';
import type { Level, ResultsScreen } from './state.ts';

type Context = CommandContext<ResultsScreen>;

/** Length of the list, table or text that has the cursor at this level, its lines on screen, and where it stands. */
function extent({ screen, size }: Context): Extent {
  const { level, report } = screen.get();
  const height = level === 'runs' ? runsHeight(size) : hostsHeight(size, screen.run(), screen.filter() !== '');
  if (level === 'report') return paneExtent(report?.lines.length ?? 0, { height: height + 1 });
  const counts: Partial<Record<Level, () => number>> = {
    runs: () => screen.runs().length,
    hosts: () => screen.targets().length,
    stack: () => screen.groups().length,
  };
  return { count: counts[level]?.() ?? screen.table()?.count ?? 0, height };
}

function list(context: Context): ListState {
  const { screen } = context;
  const { level, runs, table, stack, scroll } = screen.get();
  if (level === 'hosts') return screen.hostsWindow(extent(context).height);
  if (level === 'report') return paneList(scroll);
  return level === 'runs' ? runs : level === 'stack' ? stack : table;
}

function setList({ screen }: Context, next: ListState): void {
  const { level, table } = screen.get();
  if (level === 'runs') screen.patch({ runs: next });
  else if (level === 'stack') screen.patch({ stack: next });
  else if (level === 'report') screen.patch({ scroll: next.cursor });
  else if (level === 'hosts') {
    const target = screen.targets()[next.cursor];
    screen.patch({ hosts: next, host: target && hostKey(target.host) });
  } else screen.patch({ table: { ...table, ...next } });
}

const notFiltered = (context: Context) => atRun(context) ?? (context.screen.filtered() ? undefined : 'there is nothing to filter here');

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
    help: 'Shows only the hosts of one state: rows, no rows, error, denylisted, timed out, offline, cancelled, late, waiting, not asked.',
    where: 'screen',
    footer: 'state',
    blocked: atRun,
    run: nextTab(1),
  },
  {
    id: 'results.previous-state',
    keys: ['shift+tab'],
    title: 'Previous state',
    help: 'The same, backwards.',
    where: 'screen',
    blocked: atRun,
    run: nextTab(-1),
  },
  {
    id: 'results.table',
    keys: ['v'],
    title: 'Hosts or rows of all hosts',
    help: 'Switches between the roll of hosts and one table with the rows of all of them.',
    where: 'screen',
    footer: 'view',
    blocked: atRun,
    run: switchTable,
  },
  {
    id: 'results.filter',
    keys: ['/'],
    title: 'Filter',
    help: 'Narrows what is shown as you type: host:web-* state:error col:path=/tmp/* "text" word; - before a word excludes, esc takes it away.',
    where: 'screen',
    footer: 'filter',
    blocked: notFiltered,
    run: context => askFilter(context, context.screen.filter()),
  },
  {
    id: 'results.exclude',
    keys: ['\\'],
    title: 'Filter out',
    help: 'Adds a word to the filter that hosts, rows or values must not have.',
    where: 'screen',
    blocked: notFiltered,
    run: askExclusion,
  },
  {
    id: 'results.stack',
    keys: ['S'],
    title: 'Stack',
    help: 'Counts values over all hosts, rarest first: by the column under the cursor, or by those of the template. Again: choose columns.',
    where: 'screen',
    footer: 'stack',
    blocked: atRun,
    run: stackRows,
  },
  {
    id: 'results.baseline',
    keys: ['B'],
    title: 'Compare the host with its peers',
    help: 'What only this host has, what only it lacks, and where it differs from all others of its platform.',
    where: 'screen',
    blocked: context => atRun(context) ?? (hostAt(context) ? undefined : 'there is no host under the cursor'),
    run: compareHost,
  },
  {
    id: 'results.diff',
    keys: ['D'],
    title: 'Compare with the run before',
    help: 'What was added, removed and changed on each host since the last run of the same template.',
    where: 'screen',
    blocked: context => atRun(context) ?? (runBefore(context) ? undefined : 'there is no earlier run of this template'),
    run: compareRuns,
  },
  {
    id: 'results.again-missing',
    keys: ['r'],
    title: 'Ask the missing hosts again',
    help: 'Sends the same query to the hosts that did not answer, failed or were not asked, of those shown where a state or a filter is chosen; with a longer wait on offer. What they say joins this run.',
    where: 'screen',
    footer: 'again',
    danger: true,
    blocked: context => atRun(context) ?? ended(context) ?? (missing(context).targets.length > 0 ? undefined : 'every host has answered'),
    run: askAgain,
  },
  {
    id: 'results.cancel',
    keys: ['X'],
    title: 'Cancel the run',
    help: 'Stops waiting for the hosts that have not answered and takes the query back where the server can. Ctrl+c does the same.',
    where: 'screen',
    footer: 'cancel',
    danger: true,
    blocked: uncancellable,
    run: cancel,
  },
  {
    id: 'results.again-all',
    keys: ['R'],
    title: 'Launch it again on all hosts',
    help: 'Opens the launcher with the same template, parameters and hosts, for a run of its own.',
    where: 'screen',
    blocked: atRun,
    run: launchAgain,
  },
  {
    id: 'results.pivot',
    keys: ['.'],
    title: 'Follow a value, or the events of the host',
    help: 'On a row: offers the templates that take a value of it, on its host or on all, filled in. On a host: its events in the feed.',
    where: 'screen',
    blocked: ({ screen }) => (screen.target() ? undefined : 'there is nothing under the cursor'),
    run: followUp,
  },
  {
    id: 'results.host',
    keys: ['H'],
    title: 'Page of this host',
    help: 'Opens the host under the cursor: who it is, what changed on it, what it was asked.',
    where: 'screen',
    blocked: context => atRun(context) ?? (hostAt(context) ? undefined : 'there is no host under the cursor'),
    run(context) {
      const host = hostAt(context);
      if (host) context.services.ui.go('host', { host, among: context.screen.targets().map(target => target.host) });
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
  {
    id: 'results.secrets',
    keys: ['M'],
    title: 'Show or mask secrets',
    help: 'Passwords, tokens and keys in command lines, histories and environments are masked until you ask for them.',
    where: 'screen',
    blocked: context => inTable(context) ?? ((context.screen.template()?.secrets.length ?? 0) > 0 ? undefined : 'no column here is masked'),
    run: ({ screen }) => screen.patch({ unmasked: !screen.get().unmasked }),
  },
  {
    id: 'results.export',
    keys: ['x'],
    title: 'Export',
    help: 'Asks for a second key: j writes what is shown (hosts, rows or values, as filtered) as JSON lines, c as CSV, e the whole run as an evidence bundle.',
    where: 'screen',
    footer: 'export',
    blocked: context => atRun(context) ?? cannotExport(context.services),
    run: exportShown,
  },
  ...copyCommands,
  ...listCommands<ResultsScreen>('results', { get: list, set: setList, extent }),
];
