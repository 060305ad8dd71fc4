/** Results: every run, the roll of its hosts, and what they said. Live while answers come. */
import { Box, Text } from 'ink';
import { type ReactNode, useMemo } from 'react';
import type { Run } from '../../src/core/run.ts';
import { DataTable } from '../../src/ui/DataTable.tsx';
import { shortTime } from '../../src/ui/format.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { RowList } from '../../src/ui/RowList.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import { useServices } from '../../src/ui/services.ts';
import { TextPane } from '../../src/ui/TextPane.tsx';
import { useStore } from '../../src/ui/use-store.ts';
import { cancel, uncancellable } from './actions.ts';
import { commands } from './commands.ts';
import { RunHead } from './Head.tsx';
import { hostsHeight, runsHeight } from './layout.ts';
import { hostWidth, runSegments, runsHead, targetHead, targetSegments } from './rows.ts';
import { groupSegments, stackHead } from './stacking.ts';
import { createResults, type Level, type ResultsScreen } from './state.ts';

type Part = { readonly screen: ResultsScreen } & Size;

const NO_RUNS = ['Nothing was asked yet.', '2 picks hosts, 3 launches a template on them.'];

function Runs({ screen, width, height }: Part): ReactNode {
  const services = useServices();
  const { zone } = useStore(services.ui);
  const runs = screen.runs();
  const row = (index: number) => {
    const run = runs[index];
    return run ? runSegments(run, shortTime(run.record.startedAt, services.now(), zone, services.offsetMinutes)) : [];
  };
  return (
    <>
      <Line width={width} segments={runsHead()} />
      <RowList
        width={width}
        height={runsHeight({ width, height })}
        count={runs.length}
        list={screen.get().runs}
        row={row}
        empty={NO_RUNS}
      />
    </>
  );
}

const FILTERED_OUT = ['Nothing here passes the filter.', 'esc takes it away.'];

function Roll({ screen, run, width, height }: Part & { readonly run: Run }): ReactNode {
  const targets = screen.targets();
  const template = screen.template();
  const hostCells = useMemo(() => hostWidth(run.targets, width), [run, width]);
  const lines = hostsHeight({ width, height }, run, screen.filter() !== '');
  const row = (index: number) => {
    const target = targets[index];
    return target ? targetSegments(target, hostCells, template) : [];
  };
  return (
    <>
      <Line width={width} segments={targetHead(hostCells)} />
      <RowList
        width={width}
        height={lines}
        count={targets.length}
        list={screen.hostsWindow(lines)}
        row={row}
        empty={screen.filter() === '' ? ['No host is in this state.', 'tab shows the next one.'] : FILTERED_OUT}
      />
    </>
  );
}

function Rows({ screen, run, width, height }: Part & { readonly run: Run }): ReactNode {
  const { table } = useStore(screen);
  const source = screen.table();
  if (!source) return null;
  const isFiltered = screen.filter() !== '';
  const lines = hostsHeight({ width, height }, run, isFiltered) + 1;
  return <DataTable source={source} table={table} width={width} height={lines} empty={isFiltered ? FILTERED_OUT : ['No rows yet.']} />;
}

function Stacked({ screen, run, width, height }: Part & { readonly run: Run }): ReactNode {
  const { stack: list } = useStore(screen);
  const stack = screen.stack();
  const masked = screen.masked();
  const groups = screen.groups();
  const isFiltered = screen.filter() !== '';
  const row = (index: number) => {
    const group = groups[index];
    return group ? groupSegments(group, stack?.hosts ?? 0, masked) : [];
  };
  return (
    <>
      <Line width={width} segments={stack ? stackHead(stack) : []} />
      <RowList
        width={width}
        height={hostsHeight({ width, height }, run, isFiltered)}
        count={groups.length}
        list={list}
        row={row}
        empty={isFiltered ? FILTERED_OUT : ['No rows to stack yet.']}
      />
    </>
  );
}

function Compared({ screen, run, width, height }: Part & { readonly run: Run }): ReactNode {
  const { report, scroll } = useStore(screen);
  if (!report) return null;
  const lines = hostsHeight({ width, height }, run, false) + 1;
  return <TextPane title={report.title} lines={report.lines} scroll={scroll} active width={width} height={lines} />;
}

const LEVELS: Readonly<Record<Exclude<Level, 'runs'>, (props: Part & { readonly run: Run }) => ReactNode>> = {
  hosts: Roll,
  rows: Rows,
  table: Rows,
  group: Rows,
  stack: Stacked,
  report: Compared,
};

function View({ screen, width, height }: Part): ReactNode {
  const { state } = useServices();
  useStore(state.runs);
  const { level } = useStore(screen);
  const run = screen.run();
  const size = { width, height };
  if (level === 'runs' || !run) {
    return (
      <Box flexDirection="column" {...size}>
        <Runs screen={screen} {...size} />
      </Box>
    );
  }
  const Level = LEVELS[level];
  return (
    <Box flexDirection="column" {...size} overflow="hidden">
      <RunHead screen={screen} run={run} width={width} />
      <Level screen={screen} run={run} {...size} />
    </Box>
  );
}

function Summary({ screen }: { readonly screen: ResultsScreen }): ReactNode {
  const { state } = useServices();
  useStore(state.runs);
  const open = screen.runs().filter(run => run.open).length;
  return open > 0 ? <Text>{open} open</Text> : null;
}

/** Where esc leads from each level. */
const BACK: Readonly<Record<Exclude<Level, 'runs'>, Level>> = {
  hosts: 'runs',
  rows: 'hosts',
  table: 'hosts',
  stack: 'hosts',
  group: 'stack',
  report: 'hosts',
};

export const results = defineScreen({
  id: 'results',
  title: 'Results',
  key: '4',
  create: services => createResults(services.state, () => services.engine.templates),
  commands,
  View,
  Summary,
  receive({ screen }, { runId }) {
    const run = screen.runs().find(({ id }) => id === runId);
    if (run) screen.open(run);
  },
  interrupt(context) {
    if (uncancellable(context) !== undefined) return false;
    void cancel(context);
    return true;
  },
  back({ screen }) {
    const { level } = screen.get();
    if (level === 'runs') return false;
    if (screen.filter() !== '') screen.look('');
    else screen.patch({ level: BACK[level] });
    return true;
  },
});
