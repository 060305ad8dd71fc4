/** One simulated host on the wire: the agent's own client, with a behaviour in place of a machine. */
import { type HostDetails, NodeClient, type NodeClientOptions } from '../agent/client.ts';
import type { Denylist } from '../agent/denylist.ts';
import { DistributedQueries, type QueryOutcome } from '../agent/distributed.ts';
import { LogBuffer } from '../agent/log-buffer.ts';
import { runSql } from '../agent/sql.ts';
import type { Clock } from '../core/ports.ts';
import { isAbort, Problem } from '../core/problem.ts';
import { hostileText, spoilt } from './hostile.ts';
import { Random } from './random.ts';
import type { LabHost } from './roster.ts';
import { HostStream } from './stream.ts';
import { platformType } from './world/system.ts';
import type { World } from './world/world.ts';

export type SimulatedHostOptions = Pick<NodeClientOptions, 'transport' | 'logTransport' | 'enrollSecret' | 'keys' | 'clock' | 'log'> & {
  readonly host: LabHost;
  readonly world: World;
  readonly denylist: Denylist;
};

const DETAIL_TABLES = ['os_version', 'osquery_info', 'platform_info', 'system_info'] as const;
/** interface.md, "The lab". */
const SLOW_MS = 20_000;

export class SimulatedHost {
  readonly host: LabHost;
  readonly #client: NodeClient;
  readonly #distributed: DistributedQueries;
  readonly #buffer: LogBuffer;
  readonly #stream: HostStream;
  readonly #world: World;
  readonly #clock: Clock;
  #polling = false;
  #logging = false;

  constructor({ host, world, denylist, ...options }: SimulatedHostOptions) {
    const { clock, log } = options;
    this.host = host;
    this.#world = world;
    this.#clock = clock;
    const hostDetails = async () => this.#details();
    this.#client = new NodeClient({
      ...options,
      version: host.osqueryVersion,
      hostIdentifier: host.uuid,
      platformType: String(platformType(host)),
      hostDetails,
    });
    this.#distributed = new DistributedQueries({ client: this.#client, run: (sql, signal) => this.#run(sql, signal), denylist, clock });
    this.#buffer = new LogBuffer({ client: this.#client, periodMs: () => 0, clock, log });
    this.#stream = new HostStream(host);
  }

  get accelerated(): boolean {
    return this.#distributed.accelerated;
  }

  /** Enrols and asks for the config: all that an `offline` host ever does. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#client.enroll(signal);
    await this.#client.config(signal).catch(passing);
  }

  /** One round of live queries, unless the last one is still going on. A server that does not answer is asked again next time. */
  async poll(signal: AbortSignal): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    try {
      if (this.host.behaviour === 'silent') await this.#client.read(signal);
      else await this.#distributed.round(signal);
    } catch (thrown) {
      passing(thrown);
    } finally {
      this.#polling = false;
    }
  }

  greet(signal: AbortSignal): Promise<void> {
    return this.#log(this.#stream.greeting(this.#clock.now()), signal);
  }

  /** Logs the next thing that happens on the host. What the server does not take goes along with the next. */
  happen(signal: AbortSignal): Promise<void> {
    return this.#log(this.#stream.next(this.#clock.now()), signal);
  }

  async #log({ type, lines }: ReturnType<HostStream['next']>, signal: AbortSignal): Promise<void> {
    for (const line of lines) this.#buffer.add(type, line);
    if (this.#logging) return;
    this.#logging = true;
    try {
      await this.#buffer.flush(signal);
    } catch (thrown) {
      passing(thrown);
    } finally {
      this.#logging = false;
    }
  }

  /** As osquery tells it: a table without a row is left out. */
  #details(): HostDetails {
    const now = this.#clock.now();
    const rows = DETAIL_TABLES.map(name => [name, this.#world.firstRow(name, this.host, now)] as const);
    return { ...Object.fromEntries(rows.filter(([, row]) => Object.keys(row).length > 0)), rollcall_lab: { simulated: '1' } };
  }

  async #run(sql: string, signal: AbortSignal): Promise<QueryOutcome> {
    const { behaviour, seed, name } = this.host;
    if (behaviour === 'error') return { error: 'disk I/O error' };
    if (behaviour === 'slow') await this.#clock.sleep(SLOW_MS, signal);
    const result = await runSql(sql, this.#world.tables(this.host, this.#clock.now()));
    if (behaviour !== 'hostile') return result;
    if ('rows' in result && /[13579]$/.test(name)) return { rows: spoilt(result.rows, `${seed} ${sql}`) };
    return { error: hostileText(new Random(`${seed} ${sql} error`)) || 'failed' };
  }
}

/** Lets the fault of a server that is away pass; anything else goes on. */
function passing(thrown: unknown): void {
  if (isAbort(thrown) || !(thrown instanceof Problem)) throw thrown;
}
