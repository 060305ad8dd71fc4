/** Live queries: whom they reach, in which rounds they are sent, and who takes up what an earlier process left. */
import type { ApprovedQuery } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import type { AuditLog, Connector, LaunchOptions } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { Run, type Target } from '../core/run.ts';
import type { Launched } from './api.ts';
import { type Part, Round, type RoundDeps } from './round.ts';

export type LauncherDeps = RoundDeps & {
  readonly audit: AuditLog;
  /** A new run's id: unique, short, sortable by time. */
  readonly newRunId: () => string;
  /** This process, and whether another one lives. */
  readonly processes: { readonly pid: number; isAlive(pid: number): boolean };
};

export class Launcher {
  readonly #deps: LauncherDeps;
  /** The rounds of every run of this process; the last one is current, the others only listen for late answers. */
  readonly #rounds = new Map<string, Round[]>();

  constructor(deps: LauncherDeps) {
    this.#deps = deps;
  }

  /** Runs of this process, whether open or ended. */
  known(id: string): Run | undefined {
    return this.#rounds.get(id)?.[0]?.run;
  }

  async launch(query: ApprovedQuery, hosts: readonly Host[], options: LaunchOptions, connectors: readonly Connector[]): Promise<Launched> {
    const { clock, store, newRunId, processes } = this.#deps;
    if (hosts.length === 0) throw new Problem('usage', 'No hosts were picked, so there is nobody to ask: mark hosts first.');
    const parts = byConnector(hosts, connectors);
    const { template, digest, sql, params } = query;
    const sources = parts.map(part => part.connector.id);
    const record = {
      id: newRunId(),
      template,
      digest,
      sql,
      params,
      sources,
      startedAt: clock.now(),
      timeoutMs: options.timeoutMs,
      pid: processes.pid,
    };
    const run = new Run(record, hosts);
    this.#audit('launch', run, hosts);
    store.saveRun(run);
    return this.#send(query, run, parts, options);
  }

  /** Sends the query of a run once more, to those of its targets; what they answer is folded into the same run. */
  async again(
    query: ApprovedQuery,
    run: Run,
    targets: readonly Target[],
    options: LaunchOptions,
    connectors: readonly Connector[],
  ): Promise<Launched> {
    const hosts = targets.map(({ host }) => host);
    if (run.open) throw new Problem('usage', 'The run still waits for answers: cancel it, or let it end, before asking again.');
    if (hosts.length === 0) throw new Problem('usage', 'Every host has answered, so there is nobody to ask again.');
    const parts = byConnector(hosts, connectors);
    this.#audit('ask again', run, hosts);
    run.reopen(targets);
    return this.#send(query, run, parts, options);
  }

  async #send(query: ApprovedQuery, run: Run, parts: readonly Part[], options: LaunchOptions): Promise<Launched> {
    const round = this.#round(run, parts, options);
    await round.dispatch(query);
    return { run, ended: round.ended, problem: () => round.problem };
  }

  /**
   * Takes up a run that an earlier process left open, as far as its sources can. Hosts of a source that cannot are silent,
   * with the reason. Returns false when the run is not open, was taken up already, or its process still lives.
   */
  rejoin(run: Run, connectors: readonly Connector[]): boolean {
    const { pid } = run.record;
    const { processes } = this.#deps;
    const isOthers = pid !== undefined && pid !== processes.pid && processes.isAlive(pid);
    if (!run.open || this.#rounds.has(run.id) || isOthers) return false;
    const known: Part[] = [];
    for (const [source, own] of Map.groupBy(run.targets, ({ host }) => host.source)) {
      const connector = connectors.find(({ id }) => id === source);
      const remoteId = run.remoteIds.get(source)?.split(',').at(-1);
      const hosts = own.map(({ host }) => host);
      if (connector?.liveQuery?.rejoin && remoteId !== undefined) known.push({ connector, backend: connector.liveQuery, hosts, remoteId });
      else for (const { id } of hosts) run.silence(source, id, 'timed_out', `${source} cannot take up a run of an earlier process`);
    }
    const left = Math.max(0, run.record.startedAt + run.record.timeoutMs - this.#deps.clock.now());
    const options: LaunchOptions = { timeoutMs: left, offline: 'wait' };
    const round = this.#round(run, known, options);
    round.resume();
    return true;
  }

  #round(run: Run, parts: readonly Part[], options: LaunchOptions): Round {
    const round: Round = new Round(run, parts, options, this.#deps, () => this.#rounds.get(run.id)?.at(-1) ?? round);
    this.#rounds.set(run.id, [...(this.#rounds.get(run.id) ?? []), round]);
    return round;
  }

  #audit(action: string, run: Run, hosts: readonly Host[]): void {
    const { template, digest, params, sources } = run.record;
    const named = hosts.map(({ source, id, hostname }) => ({ source, id, hostname }));
    this.#deps.audit.write(action, { run: run.id, template, digest, params, sources, hosts: named });
  }

  async cancel(runId: string): Promise<void> {
    const round = this.#rounds.get(runId)?.at(-1);
    if (!round?.run.open) return;
    this.#deps.audit.write('cancel', { run: runId });
    await round.finish('cancelled');
  }

  /** `keepOpen`: runs that another process can take up go on on their servers; all others end. */
  async stop(keepOpen: boolean): Promise<void> {
    await Promise.all([...this.#rounds.values()].flat().map(round => (keepOpen && round.canBeRejoined ? round.abandon() : round.leave())));
  }
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
