/**
 * The direct endpoint under load: `node bench/direct.ts [--nodes N] [--json FILE]`. Thousands of simulated nodes in another
 * process on this machine ask every 10 s, a live query goes to all of them, then they log as fast as they are to.
 */
import { type ChildProcess, spawn } from 'node:child_process';
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
import type { ClientLoad, ClientReport } from './direct-client.ts';
import { type Figure, json, median, percentile, table } from './report.ts';

const INTERVAL_MS = 10_000;
const ASK_MS = 30_000;
const ROWS_PER_SECOND = 20_000;
const LOG_MS = 10_000;
/** The live query goes out when every node has asked once. */
const LAUNCH_AFTER_MS = 12_000;

const template = parseTemplate({
  name: 'bench',
  meta: { title: 'Bench', why: 'To measure', platforms: ['linux'], cost: 'low' },
  sql: 'SELECT pid, name FROM processes',
  sample: [],
});

const say = (text: string) => process.stderr.write(`${text}\n`);

/** An endpoint whose events go through the engine into a store, as in the program. */
function serve(directory: string): { connector: DirectConnector; store: Store; stop(): Promise<void> } {
  const store = openStore(path.join(directory, 'rollcall.db'));
  const log = { write: () => undefined };
  const limits = { connectionsPerAddress: 2_000, connections: 2_000 };
  const connector = createDirect({
    id: 'bench',
    dataDir: directory,
    listen: { host: '127.0.0.1', port: 0 },
    registry: 'memory',
    store,
    limits,
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

/** Seconds from the launch to the last answer; NaN when it did not come. */
async function liveQuery(connector: DirectConnector, nodes: number): Promise<{ seconds: number; answers: number }> {
  const signal = AbortSignal.timeout(ASK_MS);
  const hosts = [];
  for await (const page of connector.hosts(signal)) hosts.push(...page);
  const options = { timeoutMs: ASK_MS, offline: 'wait' } as const;
  const query = approve([template], { template: 'bench', params: {} }, Date.now());
  const begun = performance.now();
  let answers = 0;
  const { remoteId } = (await connector.liveQuery?.launch(query, hosts, options, signal)) ?? { remoteId: '' };
  for await (const update of connector.liveQuery?.updates(remoteId, hosts, options, signal) ?? [])
    if (update.kind === 'answer') answers += 1;
  return { seconds: answers === nodes ? (performance.now() - begun) / 1_000 : Number.NaN, answers };
}

function reports(child: ChildProcess): (phase: ClientReport['phase']) => Promise<ClientReport> {
  const waiting = new Map<string, PromiseWithResolvers<ClientReport>>();
  const of = (phase: string) => {
    const known = waiting.get(phase) ?? Promise.withResolvers<ClientReport>();
    waiting.set(phase, known);
    return known;
  };
  if (child.stdout) {
    createInterface(child.stdout).on('line', line => {
      const report = JSON.parse(line) as ClientReport;
      of(report.phase).resolve(report);
    });
  }
  child.on('exit', code => {
    for (const phase of ['enrolled', 'asked', 'logged']) of(phase).reject(new Error(`the nodes ended with ${code}`));
    for (const { promise } of waiting.values()) promise.catch(() => undefined);
  });
  return phase => of(phase).promise;
}

const cpuSeconds = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;

async function measure(directory: string, nodes: number): Promise<Figure[]> {
  const { connector, store, stop } = serve(directory);
  const address = await connector.start();
  const caFile = path.join(directory, 'ca.pem');
  writeFileSync(caFile, address.caPem);
  const { port, enrollSecret: secret } = address;
  const load: ClientLoad = {
    port,
    caFile,
    secret,
    nodes,
    intervalMs: INTERVAL_MS,
    askMs: ASK_MS,
    rowsPerSecond: ROWS_PER_SECOND,
    logMs: LOG_MS,
  };
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'direct-client.ts'), JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const report = reports(child);
    say(`enrolling ${nodes} nodes`);
    const enrolled = await report('enrolled');
    say('asking every 10 s');
    const before = cpuSeconds();
    await systemClock.sleep(LAUNCH_AFTER_MS);
    const live = await liveQuery(connector, nodes);
    const asked = await report('asked');
    const cpu = (cpuSeconds() - before) / (ASK_MS / 1_000);
    say('logging');
    const logged = await report('logged');
    return figures(nodes, { enrolled, asked, logged, live, cpu, stored: store.count() });
  } finally {
    child.kill();
    await stop();
  }
}

type Measured = {
  readonly enrolled: ClientReport;
  readonly asked: ClientReport;
  readonly logged: ClientReport;
  readonly live: { readonly seconds: number; readonly answers: number };
  /** Cores that the endpoint used while it was asked. */
  readonly cpu: number;
  readonly stored: number;
};

function figures(nodes: number, { enrolled, asked, logged, live, cpu, stored }: Measured): Figure[] {
  if (enrolled.phase !== 'enrolled' || asked.phase !== 'asked' || logged.phase !== 'logged')
    throw new Error('the nodes said something else');
  const figure = (name: string, unit: Figure['unit'], value: number, budgets: Figure['budgets'] = [], note = ''): Figure => ({
    name,
    unit,
    value,
    budgets,
    others: {},
    note,
  });
  const reply = { text: '<= 1 s', limit: 1_000 };
  return [
    figure('enrolling, a node', 'ms', (enrolled.seconds * 1_000) / nodes, [], `${nodes} nodes`),
    figure(
      'reply, p50',
      'ms',
      median(asked.latencies),
      [],
      `${asked.latencies.length} requests, ${asked.failed} failed, ${cpu.toFixed(2)} cores`,
    ),
    figure('reply, p99', 'ms', percentile(asked.latencies, 0.99), [reply]),
    figure('reply, slowest', 'ms', Math.max(...asked.latencies), [reply]),
    figure(
      'live query, last answer',
      'ms',
      live.seconds * 1_000,
      [{ text: '<= 11 s', limit: 11_000 }],
      `${live.answers} of ${nodes} answered`,
    ),
    figure(
      'logged rows',
      'events/s',
      logged.rows / logged.seconds,
      [{ text: `>= 95 % of the ${ROWS_PER_SECOND} sent`, limit: ROWS_PER_SECOND * 0.95, atLeast: true }],
      `${logged.putOff} deliveries put off`,
    ),
    figure('reply to a log, p99', 'ms', percentile(logged.latencies, 0.99), [reply]),
    figure('rows lost', 'events', logged.rows - stored, [{ text: '0', limit: 0 }]),
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
