/** `--lab`: the direct endpoint on a loopback port, this machine enrolled to it as a real node, and simulated hosts. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createAgent, localTables } from '../agent/index.ts';
import { createDirect } from '../connectors/direct/index.ts';
import type { Clock, Connector, KeyValueStore, Log } from '../core/ports.ts';
import { toProblem } from '../core/problem.ts';
import { startLab } from '../lab/index.ts';

export const LAB_SOURCE = 'lab';
/** Simulated hosts when `--lab` names no number. */
export const LAB_HOSTS = 24;
/** Fixed, so that the same hosts come back with every start. */
const SEED = 'rollcall';

/** Seconds. Quick, so that a change on this machine shows at once. */
const INTERVALS = { differential: 3, snapshot: 60, distributed: 2, logger: 1 } as const;

export type OpenLab = {
  readonly connector: Connector;
  /** Resolves when this machine and the simulated hosts have enrolled and sent their first logs. */
  readonly ready: Promise<void>;
  /** Lets the hosts enrol and work. Somebody must read the connector's feed: its reading is what acknowledges logs. */
  run(): void;
  close(): Promise<void>;
};

export type LabDeps = {
  /** Simulated hosts beside this machine. */
  readonly count: number;
  readonly dataDir: string;
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly log: Log;
};

/** What this machine keeps as a node: its identity, its node key, what its schedule found last. */
const SPACE = 'lab.agent';

function thisMachine({ store, clock }: LabDeps) {
  const uuid = store.get(SPACE, 'uuid') ?? randomUUID();
  store.set(SPACE, 'uuid', uuid);
  const identity = { uuid, instanceId: randomUUID(), version: '5.19.0', startedAt: Math.floor(clock.now() / 1000) };
  const host = { root: '/', now: () => clock.now(), euid: process.geteuid?.() ?? 0, identity };
  return { identity, tables: localTables(host) };
}

/** Starts the endpoint. Throws a `Problem` when no port can be had. */
export async function openLab(deps: LabDeps): Promise<OpenLab> {
  const { count, dataDir, store, clock, log } = deps;
  const endpoint = createDirect({
    id: LAB_SOURCE,
    dataDir,
    listen: { host: '127.0.0.1', port: 0 },
    registry: 'memory',
    store,
    intervals: INTERVALS,
    clock,
    log,
  });
  const { url, caPem, enrollSecret } = await endpoint.start();
  const server = { url, caPem };
  const state = { get: (key: string) => store.get(SPACE, key), set: (key: string, value: string) => store.set(SPACE, key, value) };
  const agent = createAgent({ server, enrollSecret, ...thisMachine(deps), clock, state, log });
  const lab = startLab({ server, enrollSecret, count, seed: SEED, clock, log });
  const stop = new AbortController();
  const running: Promise<unknown>[] = [];
  const told = (what: string) => (thrown: unknown) => {
    if (!stop.signal.aborted) log.write('error', `${what} stopped: ${toProblem(thrown).message}`, { detail: toProblem(thrown).detail });
  };
  return {
    connector: endpoint,
    ready: Promise.all([agent.ready, lab.ready]).then(() => undefined),
    run() {
      running.push(agent.run(stop.signal).catch(told(`The node of ${hostname()}`)), lab.run(stop.signal).catch(told('The lab')));
    },
    async close() {
      stop.abort();
      await Promise.all(running);
      await endpoint.close();
    },
  };
}
