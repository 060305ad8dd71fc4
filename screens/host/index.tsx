/** One host: who it is, what was added and removed on it by table, and what it was asked. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { DataTable } from '../../src/ui/DataTable.tsx';
import { counted, shortTime } from '../../src/ui/format.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { RowList } from '../../src/ui/RowList.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import { type Services, useServices } from '../../src/ui/services.ts';
import type { HostAt } from '../../src/ui/ui-state.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { commands } from './commands.ts';
import {
  changeSegments,
  changesHead,
  listHeight,
  runSegments,
  runsHead,
  standingSegments,
  tabSegments,
  whereSegments,
  whoSegments,
} from './rows.ts';
import { totalsOf } from './select.ts';
import { createHostPage, type HostPage, type Level, MAX_EVENTS } from './state.ts';

type Part = { readonly screen: HostPage; readonly at: HostAt } & Size;

const timeIn =
  ({ now, ui, offsetMinutes }: Services) =>
  (ms: number): string =>
    shortTime(ms, now(), ui.get().zone, offsetMinutes).trim();

function rowsText(screen: HostPage): string {
  const { events, filter, oldestFirst } = screen.get();
  const { count } = screen.rows().source;
  const cut = events.length === MAX_EVENTS ? `of the newest ${counted(MAX_EVENTS, 'event')}` : `of ${counted(events.length, 'event')}`;
  return [`${counted(count, 'row')} ${cut}`, filter === '' ? '' : `/${filter}`, oldestFirst ? 'oldest first' : '']
    .filter(part => part !== '')
    .join(', ');
}

function Head({ screen, at, width }: Omit<Part, 'height'>): ReactNode {
  const services = useServices();
  const { node, level, subject, period } = screen.get();
  const host = screen.host();
  const changes = screen.changes();
  return (
    <>
      <Line width={width} segments={whoSegments(at, host, services.now())} />
      <Line width={width} segments={whereSegments(at, host)} />
      <Line width={width} segments={standingSegments(node, node ? timeIn(services)(node.enrolledAt) : '')} />
      <Line
        width={width}
        segments={tabSegments({
          level,
          subject,
          period,
          tables: changes.length,
          runs: screen.runs().length,
          totals: totalsOf(changes),
          rows: level === 'rows' ? rowsText(screen) : '',
        })}
      />
    </>
  );
}

const NOTHING = ['Nothing was heard of this host in this time.', 'd looks further back.'];
const NO_RUNS = ['This host was not asked anything yet.', 'Q opens the launcher for it.'];

function Changes({ screen, width, height }: Part): ReactNode {
  const when = timeIn(useServices());
  const changes = screen.changes();
  const lines = listHeight({ height });
  const row = (index: number) => {
    const change = changes[index];
    return change ? changeSegments(change, when(change.newest), width) : [];
  };
  return (
    <>
      <Line width={width} segments={changesHead(width)} />
      <RowList width={width} height={lines} count={changes.length} list={screen.changesWindow(lines)} row={row} empty={NOTHING} />
    </>
  );
}

function Runs({ screen, at, width, height }: Part): ReactNode {
  const when = timeIn(useServices());
  const runs = screen.runs();
  const row = (index: number) => {
    const run = runs[index];
    return run ? runSegments(run, at, when(run.record.startedAt), width) : [];
  };
  return (
    <>
      <Line width={width} segments={runsHead(width)} />
      <RowList width={width} height={listHeight({ height })} count={runs.length} list={screen.get().runs} row={row} empty={NO_RUNS} />
    </>
  );
}

function Rows({ screen, width, height }: Part): ReactNode {
  const { table, filter } = screen.get();
  const empty = filter === '' ? ['No rows in this time.'] : ['No row passes the filter.', 'esc takes the filter away.'];
  return <DataTable source={screen.rows().source} table={table} width={width} height={listHeight({ height }) + 1} empty={empty} />;
}

const LEVELS: Readonly<Record<Level, (props: Part) => ReactNode>> = { changes: Changes, rows: Rows, runs: Runs };

function View({ screen, width, height }: { readonly screen: HostPage } & Size): ReactNode {
  const { state, ui } = useServices();
  useStore(state.inventory);
  useStore(state.runs);
  useStore(state.feed);
  useStore(ui, shown => shown.zone);
  const { at, level } = useStore(screen);
  const size = { width, height };
  if (!at)
    return (
      <RowList
        {...size}
        count={0}
        list={{ cursor: 0, top: 0 }}
        row={() => []}
        empty={['No host was chosen.', '2 lists them, H opens one.']}
      />
    );
  const Level = LEVELS[level];
  return (
    <Box flexDirection="column" {...size} overflow="hidden">
      <Head screen={screen} at={at} width={width} />
      <Level screen={screen} at={at} {...size} />
    </Box>
  );
}

export const host = defineScreen({
  id: 'host',
  title: 'Host',
  create: createHostPage,
  commands,
  View,
  receive: ({ screen }, { host: at, among }) => screen.open(at, among),
  back({ screen }) {
    const { level, filter } = screen.get();
    if (level === 'rows' && filter !== '') screen.patch({ filter: '' });
    else if (level !== 'changes') screen.patch({ level: 'changes' });
    else return false;
    return true;
  },
});
