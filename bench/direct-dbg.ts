/**
 * The direct endpoint under load: `node bench/direct.ts [--nodes N] [--json FILE]`. Thousands of simulated nodes in another
 * process on this machine ask every 10 s, log as fast as they are to, and do both at once; live queries go to all of them.
 * CPU is told apart from that of the nodes, and beside that of programs which do the least that could be done.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/adapters/clock.ts';
import { openStore, type Store } from '../src/adapters/sqlite-store.ts';
import { createDirect, type DirectConnector } from '../src/connectors/direct/index.ts';
import { approve } from '../src/core/launch-policy.ts';
import { parseTemplate } from '../src/core/template.ts';
import { createEngine } from '../src/engine/engine.ts';
import { bareRequestCpu, bareRowCpu, cpuSeconds } from './direct-bare.ts';
import type { ClientLoad, ClientReport, Phase } from './direct-client.ts';
import { residentMb } from './memory.ts';
import { type Figure, json, median, percentile, table } from './report.ts';

const INTERVAL_MS = 10_000;
const ROWS_PER_SECOND = 20_000;
/** The live query goes out when every node has asked once. */
const LAUNCH_AFTER_MS = 11_000;
const LIVE_MS = 25_000;
const ASKING: Phase = { name: 'asking', ms: LIVE_MS, ask: true, rowsPerSecond: 0 };
const LOGGING: Phase = { name: 'logging', ms: 10_000, ask: false, rowsPerSecond: ROWS_PER_SECOND };
const BOTH: Phase = { name: 'both', ms: LIVE_MS, ask: true, rowsPerSecond: ROWS_PER_SECOND };

const template = parseTemplate({
  name: 'bench',
  meta: { title: 'Bench', why: 'To measure', platforms: ['linux'], cost: 'low' },
  sql: 'SELECT pid, name FROM processes',
  sample: [],
});

const say = (text: string) => process.stderr.write(`${text}\n`);

type Served = { readonly connector: DirectConnector; readonly store: Store; stop(): Promise<void> };

/** An endpoint whose events go through the engine into a store, as in the program. */
function serve(directory: string): Served {
  const store = openStore(path.join(directory, 'rollcall.db'));
  const log = { write: () => undefined };
  const connector = createDirect({
    id: 'bench',
    dataDir: directory,
    listen: { host: '127.0.0.1', port: 0 },
    registry: 'memory',
    store,
    // All nodes share one address here.
    limits: { connectionsPerAddress: 2_000, connections: 2_000 },
    clock: systemClock,
    log,
  });
  const observer = {
    events: () => undefined,
    health: () => undefined,
    hosts: () => undefined,
    run: () => undefined,
    notice: () => undefined,
  };
  const audit = { write: () => undefined };
  const engine = createEngine({
    connectors: [connector],
    templates: [template],
    store,
    observer,
    audit,
    clock: systemClock,
    log,
    newRunId: () => 'bench',
    processes: { pid: process.pid, isAlive: () => true },
  });
  engine.listen();
  return {
    connector,
    store,
    async stop() {
      await engine.stop();
      await connector.close();
      store.close();
    },
  };
}

type Live = { readonly seconds: number; readonly answers: number };

/** Seconds from the launch to the last answer; NaN when it did not come. */
async function liveQuery(connector: DirectConnector, nodes: number): Promise<Live> {
  const timeoutMs = LIVE_MS - LAUNCH_AFTER_MS;
  const signal = AbortSignal.timeout(timeoutMs);
  const hosts = [];
  for await (const page of connector.hosts(signal)) hosts.push(...page);
  const options = { timeoutMs, offline: 'wait' } as const;
  const query = approve([template], { template: 'bench', params: {} }, Date.now());
  const begun = performance.now();
  let answers = 0;
  const { remoteId } = (await connector.liveQuery?.launch(query, hosts, options, signal)) ?? { remoteId: '' };
  for await (const update of connector.liveQuery?.updates(remoteId, hosts, options, signal) ?? [])
    if (update.kind === 'answer') answers += 1;
  return { seconds: answers === nodes ? (performance.now() - begun) / 1_000 : Number.NaN, answers };
}

type Nodes = { next(): Promise<ClientReport>; stop(): void };

/** Starts the nodes. `next` is what they tell next. */
function nodesOf(load: ClientLoad): Nodes {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'direct-client.ts'), JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await lines.next();
      if (done) throw new Error('the nodes ended early');
      return JSON.parse(value) as ClientReport;
    },
    stop: () => void child.kill(),
  };
}

/** How many requests a few nodes sent to `port` that ask all the time. */
async function ask(port: number): Promise<number> {
  const nodes = nodesOf({ port, secret: '', nodes: 500, intervalMs: 1_000, phases: [{ ...ASKING, ms: 4_000 }] });
  try {
    await nodes.next();
    return 500 + (await nodes.next()).asked.length;
  } finally {
    nodes.stop();
  }
}

/** What one phase showed. `cpuSeconds` of the report is the nodes', `served` the endpoint's. */
type Measured = ClientReport & { readonly served: number; readonly live: Live };

async function measure(directory: string, nodes: number): Promise<Figure[]> {
  const { connector, store, stop } = serve(directory);
  const { port, enrollSecret: secret } = await connector.start();
  const load: ClientLoad = { port, secret, nodes, intervalMs: INTERVAL_MS, phases: [BOTH] };
  const fleet = nodesOf(load);
  try {
    const phase = async (ask: boolean): Promise<Measured> => {
      const before = cpuSeconds();
      const asking = ask ? systemClock.sleep(LAUNCH_AFTER_MS).then(() => liveQuery(connector, nodes)) : undefined;
      const e0 = performance.eventLoopUtilization(); const hd = (await import('node:perf_hooks')).monitorEventLoopDelay({resolution: 5}); hd.enable(); const report = await fleet.next(); console.error(performance.eventLoopUtilization(e0).utilization.toFixed(3), 'loop delay mean', (hd.mean/1e6).toFixed(0), 'p99', (hd.percentile(99)/1e6).toFixed(0), 'max', (hd.max/1e6).toFixed(0), 'seconds', report.seconds, 'cpu', cpuSeconds() - before, 'asked', report.asked.length);
      const served = cpuSeconds() - before;
      return { ...report, served, live: (await asking) ?? { seconds: Number.NaN, answers: 0 } };
    };
    say(`enrolling ${nodes} nodes`);
    const enrolled = await phase(false);
    say('asking every 10 s');
    say(`logging ${ROWS_PER_SECOND} rows/s`);
    say('both at once');
    const both = await phase(true);
    const lost = both.rows - store.count();
    const bare = { request: await bareRequestCpu(ask), row: bareRowCpu(directory) };
    return figures(nodes, { enrolled, asking: both, logging: both, both, lost, bare, mb: residentMb(process.pid) });
  } finally {
    fleet.stop();
    await stop();
  }
}

type All = {
  readonly enrolled: Measured;
  readonly asking: Measured;
  readonly logging: Measured;
  readonly both: Measured;
  readonly lost: number;
  /** Seconds of CPU for one. */
  readonly bare: { readonly request: number; readonly row: number };
  readonly mb: number;
};

const REPLY = { text: '<= 1 s', limit: 1_000 };
const LIVE = { text: '<= 11 s', limit: 11_000 };
const RATE = { text: `>= 95 % of the ${ROWS_PER_SECOND} sent`, limit: ROWS_PER_SECOND * 0.95, atLeast: true };

const figure = (name: string, unit: Figure['unit'], value: number, more: Partial<Figure> = {}): Figure => ({
  name,
  unit,
  value,
  budgets: [],
  others: {},
  ...more,
});

function phaseFigures(
  name: string,
  nodes: number,
  { asked, logged, rows, seconds, putOff, failed, live, served, cpuSeconds }: Measured,
): Figure[] {
  const cores = (used: number) => (used / seconds).toFixed(2);
  const note = `${cores(served)} cores, the nodes ${cores(cpuSeconds)}`;
  return [
    ...(asked.length > 0
      ? [
          figure(`${name}: reply, p50`, 'ms', median(asked), {
            note: `${Math.round(asked.length / seconds)}/s, ${failed} failed; ${note}`,
          }),
          figure(`${name}: reply, p99`, 'ms', percentile(asked, 0.99), { budgets: [REPLY] }),
          figure(`${name}: live query, last answer`, 'ms', live.seconds * 1_000, {
            budgets: [LIVE],
            note: `${live.answers} of ${nodes} answered`,
          }),
        ]
      : []),
    ...(logged.length > 0
      ? [
          figure(`${name}: rows`, 'events/s', rows / seconds, { budgets: [RATE], note: `${putOff} deliveries sent again; ${note}` }),
          figure(`${name}: reply to a log, p99`, 'ms', percentile(logged, 0.99), { budgets: [REPLY] }),
        ]
      : []),
  ];
}

function figures(nodes: number, { enrolled, asking, logging, both, lost, bare, mb }: All): Figure[] {
  const request = asking.served / asking.asked.length;
  const row = logging.served / logging.rows;
  return [
    figure('enrolling, a node', 'ms', (enrolled.seconds * 1_000) / nodes, { note: `${nodes} nodes` }),
    ...phaseFigures('asking', nodes, asking),
    ...phaseFigures('logging', nodes, logging),
    ...phaseFigures('both', nodes, both),
    figure('CPU for a request', 'µs', request * 1e6, {
      others: { 'a bare HTTPS server': bare.request * 1e6 },
      note: `one core: ${Math.round(1 / request)}/s`,
    }),
    figure('CPU for a row', 'µs', row * 1e6, {
      others: { 'parsed and inserted': bare.row * 1e6 },
      note: `one core: ${Math.round(1 / row)}/s`,
    }),
    figure('rows lost', 'events', lost, { budgets: [{ text: '0', limit: 0 }] }),
    figure('memory', 'MB', mb),
  ];
}

const { values } = parseArgs({ options: { nodes: { type: 'string', default: '5000' }, json: { type: 'string' } } });
const directory = mkdtempSync(path.join(os.tmpdir(), 'rollcall-bench-'));
try {
  const machine = { cpu: os.cpus()[0]?.model ?? '', cores: os.cpus().length, node: process.version, load: os.loadavg()[0] ?? 0 };
  say(`load ${machine.load.toFixed(1)} on ${machine.cores} cores`);
  const measured = await measure(directory, Number(values.nodes));
  process.stdout.write(`${table(measured)}\n`);
  if (values.json !== undefined) writeFileSync(values.json, json(measured, machine, new Date()));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
