/** The direct endpoint as a source: an osquery TLS remote server in this process, and the hosts enrolled to it. */
import { get } from 'node:https';
import { join } from 'node:path';
import type { Host, HostStatus } from '../../core/model.ts';
import type { Clock, Connector, EventBatch, EventFeed, KeyValueStore, Log, SourceReport } from '../../core/ports.ts';
import { Problem } from '../../core/problem.ts';
import { hostFor, isLoopback, type ListenAddress, namesOf, urlOf } from './address.ts';
import { enrollSecret, type Identity, serverIdentity } from './certificate.ts';
import { Endpoint } from './endpoint.ts';
import { Handoff } from './handoff.ts';
import { DirectLiveQueries } from './live-query.ts';
import { type Node, NodeRegistry, statusOf, toHost } from './nodes.ts';
import { readPrivate } from './private-file.ts';
import { DistributedQueue } from './queue.ts';
import { DEFAULT_INTERVALS, defaultSchedule, type Intervals, type Schedule } from './schedule.ts';
import { DirectServer } from './server.ts';

export type DirectOptions = {
  readonly id: string;
  /** The certificate, its key and the enroll secret are kept below, in `direct/<id>/`. */
  readonly dataDir: string;
  /** Port 0: any that is free. */
  readonly listen: ListenAddress;
  /** Further names by which hosts reach this machine; the first is the one they are told. */
  readonly hostnames?: readonly string[];
  /** 'memory': nodes are forgotten at the end, and `store` is not used. */
  readonly registry: 'persistent' | 'memory';
  readonly store: KeyValueStore;
  /** The operator's own secret, else one is made. */
  readonly enrollSecretFile?: string;
  /** PEM file: only hosts with a client certificate of this CA may connect. */
  readonly clientCaFile?: string;
  /** Seconds; those that are left out are the defaults. */
  readonly intervals?: Partial<Intervals>;
  readonly schedule?: Schedule;
  readonly clock: Clock;
  readonly log: Log;
};

/** What a host needs to enrol. `enrollSecret` is shown on demand only. */
export type DirectAddress = {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** To be pinned by hosts. */
  readonly caPem: string;
  /** SHA-256 of the certificate, `AB:CD:…`. */
  readonly fingerprint: string;
  readonly enrollSecret: string;
};

export interface DirectConnector extends Connector {
  /** Takes the port and answers from then on; again and again the same answer. `check`, `launch` and the feed start it too. */
  start(): Promise<DirectAddress>;
  close(): Promise<void>;
}

const PAGE = 500;
/** The list is at hand: whoever enrols shows up at once. */
const HOSTS_EVERY_MS = 2_000;

export const createDirect = (options: DirectOptions): DirectConnector => new Direct(options);

type Running = { readonly server: DirectServer; readonly endpoint: Endpoint; readonly identity: Identity; readonly address: DirectAddress };

class Direct implements DirectConnector {
  readonly id: string;
  readonly kind = 'direct';
  readonly hostsEveryMs = HOSTS_EVERY_MS;
  readonly feeds: readonly EventFeed[];
  readonly liveQuery: DirectLiveQueries;
  readonly #options: DirectOptions;
  readonly #intervals: Intervals;
  readonly #nodes: NodeRegistry;
  readonly #queue = new DistributedQueue();
  readonly #handoff: Handoff;
  #starting: Promise<DirectAddress> | undefined;
  #running: Running | undefined;

  constructor(options: DirectOptions) {
    const { id, store, log, clock, registry } = options;
    this.id = id;
    this.#options = options;
    this.#intervals = { ...DEFAULT_INTERVALS, ...options.intervals };
    this.#nodes = new NodeRegistry(registry === 'persistent' ? { store, space: `direct.${id}.nodes` } : undefined, log);
    this.#handoff = new Handoff(clock);
    const online = (node: Node) => this.#status(node) === 'online';
    this.liveQuery = new DirectLiveQueries({
      source: id,
      queue: this.#queue,
      nodes: this.#nodes,
      clock,
      online,
      ready: () => this.start(),
    });
    this.feeds = [{ name: 'log', cadence: 'push', read: (_from, _since, signal) => this.#readLog(signal) }];
  }

  start(): Promise<DirectAddress> {
    this.#starting ??= this.#start().catch(thrown => {
      this.#starting = undefined;
      throw thrown;
    });
    return this.#starting;
  }

  /** Takes the port before it touches any file, so that two processes cannot both make a certificate. */
  async #start(): Promise<DirectAddress> {
    const { listen, clientCaFile, log } = this.#options;
    const server = new DirectServer({ clientCa: clientCaFile === undefined ? undefined : requiredFile(clientCaFile), log });
    const port = await server.listen(listen.host, listen.port);
    try {
      this.#running = await this.#present(server, port);
    } catch (thrown) {
      await server.close();
      throw thrown;
    }
    const { address } = this.#running;
    log.write('info', 'The direct endpoint listens.', { listen: `${listen.host}:${port}`, fingerprint: address.fingerprint });
    return address;
  }

  async #present(server: DirectServer, port: number): Promise<Running> {
    const { id, dataDir, listen, hostnames = [], enrollSecretFile, schedule, clock, log } = this.#options;
    const dir = join(dataDir, 'direct', encodeURIComponent(id));
    const secret = enrollSecret(dir, enrollSecretFile);
    const identity = await serverIdentity({ dir, names: namesOf(listen, hostnames), enrolled: this.#nodes.size, now: clock.now() });
    const endpoint = new Endpoint({
      source: id,
      secret,
      nodes: this.#nodes,
      queue: this.#queue,
      live: this.liveQuery,
      handoff: this.#handoff,
      schedule: schedule ?? defaultSchedule(this.#intervals),
      intervals: this.#intervals,
      clock,
      log,
    });
    server.present(identity, endpoint);
    const host = hostFor(listen, hostnames);
    const { certificate: caPem, fingerprint } = identity;
    return { server, endpoint, identity, address: { url: urlOf(host, port), host, port, caPem, fingerprint, enrollSecret: secret } };
  }

  async check(signal: AbortSignal): Promise<SourceReport> {
    signal.throwIfAborted();
    const { port, caPem } = await this.start();
    // With client certificates asked for, we are no client of our own.
    if (this.#options.clientCaFile === undefined) await reachable(this.#options.listen, port, caPem, signal);
    const online = this.#nodes.nodes().filter(node => this.#status(node) === 'online').length;
    return {
      version: 'osquery TLS remote API',
      account: `${this.#nodes.size} hosts enrolled, ${online} online`,
      can: ['enrol hosts', 'list hosts', 'run live queries', 'cancel live queries', 'receive logs'],
      cannot: ['carve files'],
      remarks: this.remarks(),
    };
  }

  async *hosts(signal: AbortSignal): AsyncIterable<readonly Host[]> {
    const nodes = this.#nodes.nodes();
    for (let from = 0; from < nodes.length; from += PAGE) {
      signal.throwIfAborted();
      yield nodes.slice(from, from + PAGE).map(node => toHost(node, this.id, this.#status(node)));
    }
  }

  remarks(): readonly string[] {
    const { host } = this.#options.listen;
    const duplicates = this.#nodes.nodes().filter(({ duplicate }) => duplicate).length;
    return [
      ...(isLoopback(host) ? [] : [`listens on ${host}: whoever reaches it and has the secret can enrol`]),
      ...(duplicates > 0 ? [`${duplicates} hosts enrolled with an identifier that was taken (label duplicate)`] : []),
      ...(this.#running?.identity.remarks ?? []),
      ...(this.#running?.endpoint.remarks() ?? []),
    ];
  }

  async close(): Promise<void> {
    this.#handoff.close();
    await this.#starting?.catch(() => undefined);
    await this.#running?.server.close();
    this.#nodes.flush();
  }

  async *#readLog(signal: AbortSignal): AsyncIterable<EventBatch> {
    if (signal.aborted) return;
    await this.start();
    yield* this.#handoff.read(signal);
  }

  #status(node: Node): HostStatus {
    return statusOf(node, this.#intervals.distributed * 1_000, this.#options.clock.now());
  }
}

function requiredFile(path: string): string {
  const text = readPrivate(path);
  if (text === undefined) throw new Problem('usage', `The client CA file ${path} does not exist. Name the file, or leave the setting out.`);
  return text;
}

/** Asks the endpoint for its page over TLS, trusting nothing but its own certificate. Throws an 'unreachable' Problem. */
async function reachable(listen: ListenAddress, port: number, ca: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = get({ host: hostFor(listen, []), port, path: '/healthz', ca, signal, agent: false }, response => {
    response.resume();
    response.on('end', resolve);
  });
  request.on('error', thrown => reject(thrown));
  try {
    await promise;
  } catch (thrown) {
    signal.throwIfAborted();
    throw new Problem('unreachable', `The direct endpoint does not answer on ${listen.host}:${port}: ${String(thrown)}.`, {
      cause: thrown,
    });
  }
}
