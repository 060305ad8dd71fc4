/** Live queries: whom they reach, how often they are sent, and who takes up what an earlier process left. */
import type { ApprovedQuery } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import type { Connector, LaunchOptions } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { Run, type Sending } from '../core/run.ts';
import type { Launched } from './api.ts';
import type { Part } from './round.ts';
import { Waves, type WavesDeps } from './waves.ts';

export type LauncherDeps = WavesDeps & {
  /** A new run's id: unique, short, sortable by time. */
  readonly newRunId: () => string;
  /** This process, and whether another one lives. */
  readonly processes: { readonly pid: number; isAlive(pid: number): boolean };
};

/** What is asked, and how: `waves` as `planWaves` makes them. */
export type Order = {
  readonly query: ApprovedQuery;
  readonly waves: readonly (readonly Host[])[];
  readonly options: LaunchOptions;
  readonly connectors: readonly Connector[];
};

export class Launcher {
  readonly #deps: LauncherDeps;
  /** The askings of every run of this process; the last one is current, the others only listen for late answers. */
  readonly #askings = new Map<string, Waves[]>();

  constructor(deps: LauncherDeps) {
    this.#deps = deps;
  }

  /** Runs of this process, whether open or ended. */
  known(id: string): Run | undefined {
    return this.#askings.get(id)?.[0]?.run;
  }

  /** `hosts`: those of all waves, in the order in which they are shown. */
  async launch(order: Order, hosts: readonly Host[]): Promise<Launched> {
    const { clock, store, newRunId, processes } = this.#deps;
    if (hosts.length === 0) throw new Problem('usage', 'No hosts were picked, so there is nobody to ask: mark hosts first.');
    const { query, waves, options, connectors } = order;
    const { template, digest, sql, params } = query;
    const sources = byConnector(hosts, connectors).map(part => part.connector.id);
    const { timeoutMs } = options;
    const record = { id: newRunId(), template, digest, sql, params, sources, startedAt: clock.now(), timeoutMs, pid: processes.pid };
    const run = new Run(record, hosts);
    run.queue(waves.slice(1).flat());
    this.#audit('launch', run, hosts, waves);
    store.saveRun(run);
    return this.#send(order, run);
  }

  /** Sends the query of a run once more, to some of its hosts; what they answer is folded into the same run. */
  async again(order: Order, run: Run): Promise<Launched> {
    const hosts = order.waves.flat();
    if (run.open) throw new Problem('usage', 'The run still waits for answers: cancel it, or let it end, before asking again.');
    if (hosts.length === 0) throw new Problem('usage', 'Every host has answered, so there is nobody to ask again.');
    byConnector(hosts, order.connectors);
    this.#audit('ask again', run, hosts, order.waves);
    return this.#send(order, run);
  }

  async #send({ query, waves, options, connectors }: Order, run: Run): Promise<Launched> {
    const asking = this.#asking(run, options);
    await asking.start(query, waves, hosts => byConnector(hosts, connectors));
    return { run, ended: asking.ended, problem: () => asking.problem };
  }

  /**
   * Takes up a run that an earlier process left open, as far as its sources can. Hosts of a source that cannot are silent,
   * with the reason. `query`: that of the run, where its template is still what it was. Returns false when the run is not
   * open, was taken up already, or its process still lives.
   */
  rejoin(run: Run, connectors: readonly Connector[], query: ApprovedQuery | undefined): boolean {
    const { pid } = run.record;
    const { processes } = this.#deps;
    const isOthers = pid !== undefined && pid !== processes.pid && processes.isAlive(pid);
    if (!run.open || this.#askings.has(run.id) || isOthers) return false;
    const known = run.sendings.map(sending => ({ sending, parts: partsOf(run, sending, connectors, query) }));
    const listening = new Set(
      known.flatMap(({ sending, parts }) => parts.flatMap(({ hosts }) => hosts.map(host => placeOf(sending, host)))),
    );
    for (const { host, state, sending } of run.targets) {
      if (state === 'queued') run.silence(host.source, host.id, 'not_asked', 'rollcall was left before its wave');
      else if (!sending || !listening.has(placeOf(sending, host)))
        run.silence(host.source, host.id, 'timed_out', `${host.source} cannot take up a run of an earlier process`);
    }
    this.#asking(run, { timeoutMs: run.record.timeoutMs, offline: 'wait' }).resume(known, query);
    return true;
  }

  #asking(run: Run, options: LaunchOptions): Waves {
    const asking: Waves = new Waves(run, options, this.#deps, () => this.#askings.get(run.id)?.at(-1) ?? asking);
    this.#askings.set(run.id, [...(this.#askings.get(run.id) ?? []), asking]);
    return asking;
  }

  #audit(action: string, run: Run, hosts: readonly Host[], waves: readonly (readonly Host[])[]): void {
    const { template, digest, params, sources } = run.record;
    const named = hosts.map(({ source, id, hostname }) => ({ source, id, hostname }));
    const sizes = waves.length > 1 ? { waves: waves.map(wave => wave.length) } : {};
    this.#deps.audit.write(action, { run: run.id, template, digest, params, sources, ...sizes, hosts: named });
  }

  async cancel(runId: string): Promise<void> {
    const asking = this.#askings.get(runId)?.at(-1);
    if (!asking?.run.open) return;
    this.#deps.audit.write('cancel', { run: runId });
    await asking.cancel();
  }

  /** `keepOpen`: runs that another process can take up go on on their servers; all others end. */
  async stop(keepOpen: boolean): Promise<void> {
    const askings = [...this.#askings.values()].flat();
    await Promise.all(askings.map(asking => (keepOpen && asking.canBeRejoined ? asking.abandon() : asking.leave())));
  }
}

const placeOf = ({ at }: Sending, { source, id }: Host): string => JSON.stringify([at, source, id]);

/** The hosts of a sending by those of its sources that can be listened to again. */
function partsOf(run: Run, sending: Sending, connectors: readonly Connector[], query: ApprovedQuery | undefined): Part[] {
  const hosts = sending.places.map(place => run.targets[place]?.host).filter(host => host !== undefined);
  const remoteIds = new Map(sending.remoteIds);
  return [...Map.groupBy(hosts, ({ source }) => source)].flatMap(([source, own]) => {
    const connector = connectors.find(({ id }) => id === source);
    const backend = connector?.liveQuery;
    const remoteId = remoteIds.get(source);
    if (!connector || !backend?.rejoin || remoteId === undefined || (backend.takeUp && !query)) return [];
    return [{ connector, backend, hosts: own, remoteId }];
  });
}

/** Hosts grouped by the source they belong to. Throws when a source cannot run live queries. */
function byConnector(hosts: readonly Host[], connectors: readonly Connector[]): Part[] {
  return [...Map.groupBy(hosts, host => host.source)].map(([source, own]) => {
    const connector = connectors.find(({ id }) => id === source);
    if (!connector) throw new Problem('usage', `Source '${source}' is not open, so its hosts cannot be asked.`, { source });
    const blocked = connector.liveQuery ? connector.liveQuery.blocked?.() : 'it has no live queries';
    if (!connector.liveQuery || blocked) throw new Problem('auth', `Source '${source}' cannot run live queries: ${blocked}.`, { source });
    return { connector, backend: connector.liveQuery, hosts: own };
  });
}
