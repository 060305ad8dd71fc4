/**
 * Files fetched from hosts by osquery's carver, for commands and screens alike. A carve is no run: its answer only says that the
 * host will send something, and what came is on disk, whoever asked for it.
 */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { type ApprovedQuery, approveCarve } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import { forbids, type Policy, permitHosts } from '../core/policy.ts';
import type { Carve, CarveArchive, CarvedFile, Clock, Connector, LaunchOptions, LiveQueryBackend } from '../core/ports.ts';
import { AllowlistError, isAbort, Problem, toProblem } from '../core/problem.ts';

/** How a carve stands on all the hosts that were asked. Bytes are those of archives that have begun to come. */
export type CarveProgress = {
  readonly hosts: number;
  readonly complete: number;
  readonly failed: number;
  readonly received: number;
  readonly size: number;
};

export type CarveOrder = {
  readonly path: string;
  readonly hosts: readonly Host[];
  /** Epoch ms. */
  readonly at: number;
  /** Hosts that will not send anything, and why. Grows. */
  readonly failed: ReadonlyMap<Host, string>;
  /** What the hosts of this order have sent or will send. */
  carves(): Promise<readonly Carve[]>;
  progress(): Promise<CarveProgress>;
  /** Resolves when every host has sent its file or failed, its time is up, or the waiting was stopped. Never rejects. */
  readonly ended: Promise<void>;
  /** Whether it has ended. */
  readonly over: boolean;
};

/** Files of a carve, and where they were written. */
export type Extracted = { readonly directory: string; readonly files: readonly CarvedFile[] };

export interface Carving {
  /** Why no file can be fetched from the host; undefined when one can. */
  blocked(host: Host): string | undefined;
  /**
   * Asks exactly these hosts for one file, by its absolute path; audited before. Waits ten minutes unless told otherwise: osquery
   * begins at the next full minute, and a file takes its time. Throws `AllowlistError`, or a `Problem` when the source cannot
   * carve or did not take it.
   */
  launch(path: string, hosts: readonly Host[], timeoutMs?: number): Promise<CarveOrder>;
  /** Why this path cannot be carved, or not by the policy of this machine; undefined when it can. */
  refusal(path: string): string | undefined;
  /** Orders of this process, newest first. */
  orders(): readonly CarveOrder[];
  /** Carves of all sources, whoever asked for them, newest first. */
  list(): Promise<readonly Carve[]>;
  /** What is in a complete carve. Throws a 'usage' Problem, as `extract` does. */
  files(carve: Carve, signal: AbortSignal): Promise<readonly CarvedFile[]>;
  /** Writes the files of a complete carve into a directory, which must be new or empty; `~/` is the user's own. */
  extract(carve: Carve, directory: string, signal: AbortSignal): Promise<Extracted>;
}

export type CarvingDeps = {
  readonly engine: { readonly connectors: readonly Connector[]; readonly policy: Policy };
  readonly clock: Clock;
  /** Stops the waiting of every order. What is still coming goes on while somebody holds the endpoint. */
  readonly signal: AbortSignal;
};

/** ms between looks at what has come. */
const LOOK_MS = 500;
const WAIT_MS = 600_000;

type Carver = Connector & { readonly carves: CarveArchive; readonly liveQuery: LiveQueryBackend };

const canCarve = (connector: Connector): connector is Carver => connector.carves !== undefined && connector.liveQuery !== undefined;

/** One source's share of an order. */
type Part = { readonly carver: Carver; readonly hosts: readonly Host[]; readonly remoteId: string };

/** Listens for the hosts' answers: a host that refuses, or cannot be asked, will send nothing. */
async function listen({ carver, hosts, remoteId }: Part, options: LaunchOptions, failed: Map<Host, string>, signal: AbortSignal) {
  const fail = (id: string, reason: string) => {
    const host = hosts.find(candidate => candidate.id === id);
    if (host) failed.set(host, reason);
  };
  try {
    for await (const update of carver.liveQuery.updates(remoteId, hosts, options, signal)) {
      if (update.kind === 'silent') for (const id of update.hostIds) fail(id, update.reason);
      else if (update.kind === 'answer' && update.answer.state !== 'rows') fail(update.answer.hostId, update.answer.error);
      else if (update.kind === 'answer' && update.answer.state === 'rows' && update.answer.rows.length === 0)
        fail(update.answer.hostId, 'the host began no carve: is the path right, and the carver on?');
    }
  } catch (thrown) {
    if (!isAbort(thrown) && !signal.aborted) for (const { id } of hosts) fail(id, toProblem(thrown).message);
  }
}

class Order implements CarveOrder {
  readonly path: string;
  readonly hosts: readonly Host[];
  readonly at: number;
  readonly failed = new Map<Host, string>();
  readonly ended: Promise<void>;
  over = false;
  readonly #parts: readonly Part[];

  constructor(path: string, parts: readonly Part[], clock: Clock, options: LaunchOptions, signal: AbortSignal) {
    this.path = path;
    this.hosts = parts.flatMap(({ hosts }) => hosts);
    this.at = clock.now();
    this.#parts = parts;
    this.ended = this.#follow(clock, options, signal).finally(() => {
      this.over = true;
    });
  }

  async carves(): Promise<readonly Carve[]> {
    const own = async ({ carver, remoteId }: Part) => (await carver.carves.list()).filter(({ runId }) => runId === remoteId);
    return (await Promise.all(this.#parts.map(own))).flat();
  }

  async progress(): Promise<CarveProgress> {
    const carves = await this.carves();
    const sum = (of: (carve: Carve) => number) => carves.reduce((total, carve) => total + of(carve), 0);
    return {
      hosts: this.hosts.length,
      complete: carves.filter(({ state }) => state === 'complete').length,
      failed: this.failed.size,
      received: sum(({ received }) => received),
      size: sum(({ size }) => size),
    };
  }

  async #follow(clock: Clock, options: LaunchOptions, signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const listening = this.#parts.map(part => listen(part, options, this.failed, AbortSignal.any([stop.signal, signal])));
    const until = this.at + options.timeoutMs;
    while (!signal.aborted && clock.now() < until && !(await this.#settled())) await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    stop.abort();
    await Promise.all(listening);
  }

  async #settled(): Promise<boolean> {
    const { hosts, complete, failed } = await this.progress();
    return complete + failed >= hosts;
  }
}

/** Throws `AllowlistError` when the path is none, or the policy of the machine does not let files be carved. */
function approved(path: string, policy: Policy): ApprovedQuery {
  const query = approveCarve(path);
  const forbidden = forbids(policy, { name: query.template, digest: query.digest }, 'shipped');
  if (forbidden !== undefined) throw new AllowlistError(`Files cannot be carved: ${forbidden}. Nothing was sent.`);
  return query;
}

const cannot = (source: string): string => `source '${source}' cannot carve files: only a direct endpoint can`;

const inFull = (directory: string): string => resolve(directory.replace(/^~(?=\/|$)/, homedir()));

export function createCarving({ engine, clock, signal }: CarvingDeps): Carving {
  const orders: CarveOrder[] = [];
  const carverOf = (source: string): Carver | undefined => engine.connectors.filter(canCarve).find(({ id }) => id === source);

  const filesOf = async ({ id, source }: Carve, directory: string | undefined, until: AbortSignal) => {
    const carver = carverOf(source);
    if (!carver) throw new Problem('usage', `The source '${source}' of this carve is not open.`);
    return carver.carves.files(id, directory, until);
  };

  return {
    blocked: ({ source }) => (carverOf(source) ? undefined : cannot(source)),
    refusal(path) {
      try {
        approved(path, engine.policy);
        return undefined;
      } catch (thrown) {
        return toProblem(thrown).message;
      }
    },
    async launch(path, hosts, timeoutMs = WAIT_MS) {
      const query = approved(path, engine.policy);
      permitHosts(engine.policy, hosts.length);
      const shares = [...Map.groupBy(hosts, ({ source }) => source)].map(([source, own]) => {
        const carver = carverOf(source);
        if (!carver) throw new Problem('auth', `S${cannot(source).slice(1)}. Nothing was sent.`);
        return { carver, hosts: own };
      });
      const options: LaunchOptions = { timeoutMs, offline: 'wait' };
      const parts: Part[] = [];
      for (const share of shares) {
        const { remoteId } = await share.carver.liveQuery.launch(query, share.hosts, options, signal);
        parts.push({ ...share, remoteId });
      }
      const order = new Order(path, parts, clock, options, signal);
      orders.unshift(order);
      return order;
    },
    orders: () => orders,
    async list() {
      const all = await Promise.all(engine.connectors.filter(canCarve).map(({ carves }) => carves.list()));
      return all.flat().sort((a, b) => b.requestedAt - a.requestedAt);
    },
    files: (carve, until) => filesOf(carve, undefined, until),
    async extract(carve, directory, until) {
      const target = inFull(directory);
      return { directory: target, files: await filesOf(carve, target, until) };
    },
  };
}
