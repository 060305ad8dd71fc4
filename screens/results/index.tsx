/** Results: every run, the roll of its hosts, and what they said. Live while answers come. */
import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import type { Run } from '../../src/core/run.ts';
import { DataTable } from '../../src/ui/DataTable.tsx';
import { fullTime, shortTime } from '../../src/ui/format.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { RowList } from '../../src/ui/RowList.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import { useServices } from '../../src/ui/services.ts';
import { TextPane } from '../../src/ui/TextPane.tsx';
import type { Segment } from '../../src/ui/theme.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { cancel } from './actions.ts';
import { commands } from './commands.ts';
import { hostsHeight, NOTES_SHOWN, runsHeight } from './layout.ts';
import { runSegments, runsHead, targetHead, targetSegments } from './rows.ts';
import { after, BUCKETS, type Bucket, bucketCount, tallyText } from './select.ts';
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

function phaseText({ phase, record, endedAt, open }: Run): string {
  if (open) return `waits up to ${after(record.timeoutMs)}`;
  return `${phase === 'cancelled' ? 'cancelled' : 'ended'} after ${after((endedAt ?? record.startedAt) - record.startedAt)}`;
}

/** What was asked, how it stands, what the source remarked, and the states to choose from. */
function RunHead({
  run,
  bucket,
  width,
  view,
}: {
  readonly run: Run;
  readonly bucket: Bucket;
  readonly width: number;
  readonly view: string;
}): ReactNode {
  const services = useServices();
  const { zone } = useStore(services.ui);
  const { template, params, sources, startedAt } = run.record;
  const asked = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  const tally = run.tally;
  const title: Segment[] = [
    { text: ` ${template}`, tone: 'strong' },
    { text: ` ${asked.join(' ')}` },
    {
      text: `  ${sources.join(', ')} · ${fullTime(startedAt, zone, services.offsetMinutes).replace(/\.\d+/, '')} · ${phaseText(run)}`,
      tone: 'muted',
    },
  ];
  const tabs = BUCKETS.map((name): Segment => {
    const text = `${name} ${bucketCount(tally, name)}`;
    return name === bucket ? { text: ` [${text}]`, tone: 'strong' } : { text: `  ${text} `, tone: 'muted' };
  });
  return (
    <>
      <Line width={width} segments={title} />
      <Line
        width={width}
        segments={[
          { text: ` ${tallyText(tally)}`, tone: 'strong' },
          { text: `  of ${tally.targeted}`, tone: 'muted' },
        ]}
      />
      {run.notes.slice(-NOTES_SHOWN).map(note => (
        <Line key={note} width={width} segments={[{ text: ` ! ${note}`, tone: 'warn' }]} />
      ))}
      <Line width={width} segments={[...tabs, { text: view, tone: 'accent' }]} />
    </>
  );
}

function Roll({ screen, run, width, height }: Part & { readonly run: Run }): ReactNode {
  const targets = screen.targets();
  const template = screen.template();
  const lines = hostsHeight({ width, height }, run);
  const row = (index: number) => {
    const target = targets[index];
    return target ? targetSegments(target, width, template) : [];
  };
  return (
    <>
      <Line width={width} segments={targetHead(width)} />
      <RowList
        width={width}
        height={lines}
        count={targets.length}
        list={screen.hostsWindow(lines)}
        row={row}
        empty={['No host is in this state.', 'tab shows the next one.']}
      />
    </>
  );
}

function Rows({ screen, run, width, height }: Part & { readonly run: Run }): ReactNode {
  const { table } = useStore(screen);
  const source = screen.table();
  if (!source) return null;
  return (
    <DataTable source={source} table={table} width={width} height={hostsHeight({ width, height }, run) + 1} empty={['No rows yet.']} />
  );
}

function Stacked({ screen, run, width, height }: Part & { readonly run: Run }): ReactNode {
  const { stack: list, unmasked } = useStore(screen);
  const stack = screen.stack();
  const secrets = unmasked ? [] : (screen.template()?.secrets ?? []);
  const masked = stack?.columns.map(column => secrets.includes(column)) ?? [];
  const groups = stack?.groups() ?? [];
  const row = (index: number) => {
    const group = groups[index];
    return group ? groupSegments(group, stack?.hosts ?? 0, masked) : [];
  };
  return (
    <>
      <Line width={width} segments={stack ? stackHead(stack) : []} />
      <RowList
        width={width}
        height={hostsHeight({ width, height }, run)}
        count={groups.length}
        list={list}
        row={row}
        empty={['No rows to stack yet.']}
      />
    </>
  );
}

function Compared({ screen, run, width, height }: Part & { readonly run: Run }): ReactNode {
  const { report, scroll } = useStore(screen);
  if (!report) return null;
  const lines = hostsHeight({ width, height }, run) + 1;
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

/** What is on screen beneath the head of the run, in a few words. */
function viewText(screen: ResultsScreen): string {
  const { level, sort, group } = screen.get();
  if (level === 'hosts' || level === 'report' || level === 'runs') return '';
  if (level === 'stack') return `   ${screen.stack()?.groups().length ?? 0} values on ${screen.stack()?.hosts ?? 0} hosts, rarest first`;
  const whose = { rows: screen.target()?.key ?? '', table: 'all hosts', group: group ? `on ${group.hosts} hosts` : '' }[level];
  return `   ${whose}: ${screen.table()?.count ?? 0} rows${sort ? `, by ${sort.column} ${sort.order === 'asc' ? 'up' : 'down'}` : ''}`;
}

function View({ screen, width, height }: Part): ReactNode {
  const { state } = useServices();
  useStore(state.runs);
  const { level, bucket } = useStore(screen);
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
      <RunHead run={run} bucket={bucket} width={width} view={viewText(screen)} />
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
    if (!context.screen.run()?.open) return false;
    void cancel(context);
    return true;
  },
  back({ screen }) {
    const { level } = screen.get();
    if (level === 'runs') return false;
    screen.patch({ level: BACK[level] });
    return true;
  },
});
