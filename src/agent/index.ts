/** The local node: this machine as an osquery host, over osquery's own TLS remote API. */
import type { Clock, Log } from '../core/ports.ts';
import { isAbort, Problem } from '../core/problem.ts';
import { asciiTime } from './ascii-time.ts';
import { Carver } from './carver.ts';
import { type HostDetails, NodeClient, type ServerReply } from './client.ts';
import { Denylist } from './denylist.ts';
import { DistributedQueries } from './distributed.ts';
import { LogBuffer } from './log-buffer.ts';
import { type AgentState, optionMs, Scheduler, scheduleOf } from './schedule.ts';
import { runSql, type SqlLimits } from './sql.ts';
import type { Identity, Tables } from './table.ts';
import { platformMask } from './tables/osquery-info.ts';
import { createTransport, type ServerAddress } from './transport.ts';

export type { AgentState } from './schedule.ts';
export type { Identity, Table, TableHost, Tables } from './table.ts';
export { localTables } from './tables/index.ts';
export type { ServerAddress } from './transport.ts';

/** All in ms. Those that are left out come from the server's config, else are osquery's defaults. */
export type AgentIntervals = {
  /** Between questions for live queries. */
  readonly distributedMs?: number;
  /** Between looks at the config; default 60 s. */
  readonly configMs?: number;
  /** Between deliveries of log lines. */
  readonly loggerMs?: number;
  /** Differential queries run at least this often, whatever the server's schedule says. */
  readonly differentialAtMostMs?: number;
};

export type AgentOptions = {
  readonly server: ServerAddress;
  readonly enrollSecret: string;
  /** Default: the identity's uuid. */
  readonly hostIdentifier?: string;
  readonly identity: Identity;
  readonly tables: Tables;
  readonly clock: Clock;
  /** Keeps the node key and what scheduled queries found last; without it the node enrols anew at every start. */
  readonly state: AgentState;
  readonly log: Log;
  /** Of the whole process, which dies as a whole of a statement. Without it none is ever refused. */
  readonly denylist?: Denylist;
  readonly intervals?: AgentIntervals;
  readonly limits?: SqlLimits;
};

export type Agent = {
  /** Resolves when the node is enrolled and has its config; rejects when `run` ends before that. */
  readonly ready: Promise<void>;
  /** Enrols and then works until the signal stops it. Throws a Problem when enrolling is refused for good. */
  run(signal: AbortSignal): Promise<void>;
};

const DISTRIBUTED_MS = 60_000;
const ACCELERATED_MS = 5_000;
const LOGGER_MS = 4_000;
const CONFIG_MS = 60_000;
/** Between looks for files to send. */
const CARVER_MS = 500;
/** What an enrol request tells of the host: the first row of each. */
const DETAIL_TABLES = ['os_version', 'osquery_info', 'platform_info', 'system_info'];

export function createAgent(options: AgentOptions): Agent {
  return new LocalNode(options);
}

class LocalNode implements Agent {
  readonly #options: AgentOptions;
  readonly #ready = Promise.withResolvers<void>();
  #config: ServerReply | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#ready.promise.catch(() => undefined);
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { server } = this.#options;
    const transport = createTransport({ server });
    const logTransport = createTransport({ server, sockets: 1 });
    const stop = new AbortController();
    const together = AbortSignal.any([signal, stop.signal]);
    try {
      await this.#work(this.#client(transport, logTransport), together);
    } catch (thrown) {
      this.#ready.reject(thrown);
      if (!signal.aborted) throw thrown;
    } finally {
      stop.abort();
      transport.close();
      logTransport.close();
    }
  }

  #client(transport: ReturnType<typeof createTransport>, logTransport: ReturnType<typeof createTransport>): NodeClient {
    const { identity, enrollSecret, state, clock, log } = this.#options;
    return new NodeClient({
      transport,
      logTransport,
      version: identity.version,
      enrollSecret,
      hostIdentifier: this.#hostIdentifier,
      platformType: String(platformMask(process.platform)),
      hostDetails: () => this.#hostDetails(),
      keys: { get: () => state.get('node_key'), set: key => state.set('node_key', key) },
      clock,
      log,
    });
  }

  get #hostIdentifier(): string {
    return this.#options.hostIdentifier ?? this.#options.identity.uuid;
  }

  async #hostDetails(): Promise<HostDetails> {
    const details: Record<string, HostDetails[string]> = {};
    for (const name of DETAIL_TABLES) {
      const result = await this.#run(`SELECT * FROM ${name}`);
      const row = 'rows' in result ? result.rows[0] : undefined;
      if (row) details[name] = row;
    }
    return details;
  }

  #run(sql: string) {
    return runSql(sql, this.#options.tables, this.#options.limits);
  }

  async #work(client: NodeClient, signal: AbortSignal): Promise<void> {
    const { clock, log, state, denylist = new Denylist(undefined, clock), intervals = {}, identity } = this.#options;
    const hostIdentifier = this.#hostIdentifier;
    const run = (sql: string) => this.#run(sql);
    const buffer = new LogBuffer({
      client,
      periodMs: () => intervals.loggerMs ?? optionMs(this.#config ?? {}, 'logger_tls_period') ?? LOGGER_MS,
      clock,
      log,
    });
    const status = (severity: 0 | 1 | 2, message: string) => {
      const now = clock.now();
      const place = { filename: 'scheduler', line: 0, version: identity.version };
      buffer.add('status', { hostIdentifier, calendarTime: asciiTime(now), unixTime: Math.floor(now / 1000), severity, message, ...place });
    };
    const differentialAtMostMs = intervals.differentialAtMostMs;
    const scheduler = new Scheduler({
      hostIdentifier,
      run,
      buffer,
      state,
      clock,
      status,
      ...(differentialAtMostMs === undefined ? {} : { differentialAtMostMs }),
    });
    const carver = new Carver({ client, clock, log });
    const { table: carves } = carver;
    const withCarves: Tables = { get: name => (name === carves.name ? carves : this.#options.tables.get(name)) };
    const distributed = new DistributedQueries({
      client,
      run: sql => runSql(sql, withCarves, this.#options.limits),
      denylist,
      clock,
    });
    /** Blocks go beside live queries, and not before the server was told what will come. */
    const round = async () => {
      await distributed.round(signal);
      carver.release();
    };

    await client.enroll(signal);
    await Promise.all([
      this.#every(
        () => intervals.configMs ?? CONFIG_MS,
        () => this.#refresh(client, scheduler, signal),
        signal,
      ),
      this.#every(() => this.#distributedMs(distributed.accelerated), round, signal),
      this.#every(
        () => CARVER_MS,
        () => carver.work(signal),
        signal,
      ),
      scheduler.run(signal),
      buffer.run(signal),
    ]);
  }

  /** A config that cannot be had leaves the last one in force. */
  async #refresh(client: NodeClient, scheduler: Scheduler, signal: AbortSignal): Promise<void> {
    const config = await client.config(signal);
    if (JSON.stringify(config) === JSON.stringify(this.#config)) return;
    this.#config = config;
    this.#ready.resolve();
    scheduler.set(scheduleOf(config, process.platform));
  }

  #distributedMs(accelerated: boolean): number {
    const own = this.#options.intervals?.distributedMs ?? optionMs(this.#config ?? {}, 'distributed_interval') ?? DISTRIBUTED_MS;
    return accelerated ? Math.min(own, ACCELERATED_MS) : own;
  }

  /** Does something again and again. A server that does not answer is waited for; anything else ends the node. */
  async #every(pauseMs: () => number, action: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let failing = false;
    for (;;) {
      try {
        await action();
        failing = false;
      } catch (thrown) {
        if (isAbort(thrown) || !(thrown instanceof Problem)) throw thrown;
        if (!failing) log.write('warn', thrown.message, { detail: thrown.detail });
        failing = true;
      }
      await clock.sleep(pauseMs(), signal);
    }
  }
}
