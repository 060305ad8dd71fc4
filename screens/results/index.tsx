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
import type { Segment } from '../../src/ui/theme.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { cancel, commands } from './commands.ts';
import { hostsHeight, NOTES_SHOWN, runsHeight, tableHeight } from './layout.ts';
import { runSegments, runsHead, targetHead, targetSegments } from './rows.ts';
import { after, BUCKETS, type Bucket, bucketCount, tallyText } from './select.ts';
import { createResults, type ResultsScreen } from './state.ts';

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
  const lines = hostsHeight({ width, height }, run);
  const row = (index: number) => {
    const target = targets[index];
    return target ? targetSegments(target, width) : [];
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
    <DataTable source={source} table={table} width={width} height={tableHeight({ width, height }, run) + 1} empty={['No rows yet.']} />
  );
}

function View({ screen, width, height }: Part): ReactNode {
  const { state } = useServices();
  useStore(state.runs);
  const { level, bucket, sort } = useStore(screen);
  const run = screen.run();
  const size = { width, height };
  if (level === 'runs' || !run) {
    return (
      <Box flexDirection="column" {...size}>
        <Runs screen={screen} {...size} />
      </Box>
    );
  }
  const rows = screen.table()?.count ?? 0;
  const view =
    level === 'hosts'
      ? ''
      : `   ${level === 'table' ? 'all hosts' : (screen.target()?.key ?? '')}: ${rows} rows${sort ? `, by ${sort.column} ${sort.order === 'asc' ? 'up' : 'down'}` : ''}`;
  return (
    <Box flexDirection="column" {...size} overflow="hidden">
      <RunHead run={run} bucket={bucket} width={width} view={view} />
      {level === 'hosts' ? <Roll screen={screen} run={run} {...size} /> : <Rows screen={screen} run={run} {...size} />}
    </Box>
  );
}

function Summary({ screen }: { readonly screen: ResultsScreen }): ReactNode {
  const { state } = useServices();
  useStore(state.runs);
  const open = screen.runs().filter(run => run.open).length;
  return open > 0 ? <Text>{open} open</Text> : null;
}

export const results = defineScreen({
  id: 'results',
  title: 'Results',
  key: '4',
  create: ({ state }) => createResults(state),
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
    screen.patch({ level: level === 'hosts' ? 'runs' : 'hosts' });
    return true;
  },
});
