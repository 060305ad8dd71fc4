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
import { figures, type Live, type Measured, ROWS_PER_SECOND } from './direct-figures.ts';
import { residentMb } from './memory.ts';
import { type Figure, json, table } from './report.ts';

const INTERVAL_MS = 10_000;
const MANY = 100_000;
const ANY_RATE = { burst: MANY, perSecond: MANY };
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
    registry: 'persistent',
    store,
    // All nodes share one address here, and enrol at once.
    limits: { connectionsPerAddress: MANY, connections: MANY, enrollPerAddress: ANY_RATE, enroll: ANY_RATE },
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
async function liveQuery(connector: DirectConnector): Promise<Live> {
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
  return { seconds: answers === hosts.length ? (performance.now() - begun) / 1_000 : Number.NaN, answers, hosts: hosts.length };
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

/** A node in a process of its own that asks ten times a second and writes down how long each reply took. */
function clockNode(port: number, secret: string): { replies: number[]; stop(): void } {
  const phases = Array.from({ length: 600 }, (): Phase => ({ ...ASKING, ms: 1_000 }));
  const nodes = nodesOf({ port, secret, nodes: 1, intervalMs: 100, phases });
  const clock = { replies: [] as number[], stop: nodes.stop };
  const listen = async () => {
    for (;;) clock.replies.push(...(await nodes.next()).asked);
  };
  // It ends with the process.
  listen().catch(() => undefined);
  return clock;
}

async function measure(directory: string, nodes: number): Promise<Figure[]> {
  const { connector, store, stop } = serve(directory);
  const { port, enrollSecret: secret } = await connector.start();
  const phases = [ASKING, LOGGING, BOTH];
  const fleet = nodesOf({ port, secret, nodes, intervalMs: INTERVAL_MS, phases });
  const clock = clockNode(port, secret);
  try {
    const phase = async (ask: boolean): Promise<Measured> => {
      clock.replies = [];
      const before = cpuSeconds();
      const asking = ask ? systemClock.sleep(LAUNCH_AFTER_MS).then(() => liveQuery(connector)) : undefined;
      const report = await fleet.next();
      const served = cpuSeconds() - before;
      const { replies } = clock;
      return { ...report, served, replies, live: (await asking) ?? { seconds: Number.NaN, answers: 0, hosts: 0 } };
    };
    say(`enrolling ${nodes} nodes`);
    const enrolled = await phase(false);
    say('asking every 10 s');
    const asking = await phase(true);
    say(`logging ${ROWS_PER_SECOND} rows/s`);
    const logging = await phase(false);
    say('both at once');
    const both = await phase(true);
    const lost = logging.rows + both.rows - store.count();
    const bare = { request: await bareRequestCpu(ask), row: bareRowCpu(directory) };
    return figures(nodes, { enrolled, asking, logging, both, lost, bare, mb: residentMb(process.pid) });
  } finally {
    fleet.stop();
    clock.stop();
    await stop();
  }
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
