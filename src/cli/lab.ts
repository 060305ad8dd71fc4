/**
 * `--lab`: the direct endpoint on a loopback port, this machine enrolled to it as a real node, and simulated hosts. The hosts
 * are a process of their own: a query that hangs on one of them must not hold up the console.
 */
import { randomUUID } from 'node:crypto';
import { createDirect } from '../connectors/direct/index.ts';
import type { Clock, Connector, KeyValueStore, Log } from '../core/ports.ts';
import { toProblem } from '../core/problem.ts';
import { startField } from '../lab/field.ts';
import { FIELD_WORD } from './start.ts';

export const LAB_SOURCE = 'lab';
/** Fixed, so that the same hosts come back with every start. */
const SEED = 'rollcall';

/** Seconds. Quick, so that a change on this machine shows at once. */
const INTERVALS = { differential: 3, snapshot: 60, distributed: 2, logger: 1 } as const;
/** How often this machine's node asks and delivers, ms: quicker than the fleet, nobody pays for it. */
const NODE_INTERVALS = { distributedMs: 1_000, loggerMs: 1_000, differentialAtMostMs: 3_000 } as const;

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

/** What this machine keeps as a node: its identity, and what its schedule found last. */
const SPACE = 'lab.agent';

function thisMachine(store: KeyValueStore) {
  const uuid = store.get(SPACE, 'uuid') ?? randomUUID();
  store.set(SPACE, 'uuid', uuid);
  return { identity: { uuid, instanceId: randomUUID(), version: '5.19.0' }, intervals: NODE_INTERVALS };
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
  const field = startField({
    command: [process.execPath, process.argv[1] ?? '', FIELD_WORD],
    server: { url, caPem },
    enrollSecret,
    node: thisMachine(store),
    lab: { count, seed: SEED },
    store,
    space: SPACE,
    clock,
    log,
  });
  const stop = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  const told = (thrown: unknown) => {
    if (stop.signal.aborted) return;
    const { message, detail } = toProblem(thrown);
    log.write('error', `The hosts of the lab stopped: ${message}`, { detail });
  };
  return {
    connector: endpoint,
    ready: field.ready,
    run() {
      running = field.run(stop.signal).catch(told);
    },
    async close() {
      stop.abort();
      await running;
      await endpoint.close();
    },
  };
}
