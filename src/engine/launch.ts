/** Runs live queries: sends to a fixed set of hosts, folds answers in, ends at the deadline, goes on with late answers. */
import type { ApprovedQuery } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import type { AuditLog, Clock, Connector, EndReason, LaunchOptions, LiveQueryBackend, LiveUpdate, Log, RunStore } from '../core/ports.ts';
import { isAbort, Problem, toProblem } from '../core/problem.ts';
import { Run, type Target } from '../core/run.ts';
import type { EngineObserver, Launched } from './api.ts';

export type LauncherDeps = {
  readonly store: RunStore;
  readonly observer: EngineObserver;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Log;
  /** A new run's id: unique, short, sortable by time. */
  readonly newRunId: () => string;
  /** This process, and whether another one lives. */
  readonly processes: { readonly pid: number; isAlive(pid: number): boolean };
};

type Part = { readonly connector: Connector; readonly backend: LiveQueryBackend; readonly hosts: readonly Host[]; remoteId?: string };

/** Time that `end` calls may take when rollcall is left. */
const GOODBYE_MS = 3_000;

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
   * with the reason. Returns false when the run is not open, was taken up
   * already, or its process still lives.
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
    const round = new Round(run, parts, options, this.#deps, () => this.#rounds.get(run.id)?.at(-1)?.endWhenAllAnswered());
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

/** One sending of a run, from dispatch to the last late answer. */
class Round {
  readonly run: Run;
  readonly ended: Promise<void>;
  problem: Problem | undefined;
  readonly #parts: readonly Part[];
  readonly #options: LaunchOptions;
  readonly #deps: LauncherDeps;
  /** Tells the current round that an answer came, perhaps late to an earlier one. */
  readonly #answered: () => void;
  readonly #stop = new AbortController();
  readonly #streams: Promise<void>[] = [];
  #resolveEnded: () => void = () => undefined;
  #finishing: Promise<void> | undefined;

  constructor(run: Run, parts: readonly Part[], options: LaunchOptions, deps: LauncherDeps, answered: () => void) {
    this.run = run;
    this.#parts = parts;
    this.#options = options;
    this.#deps = deps;
    this.#answered = answered;
    this.ended = new Promise(resolve => {
      this.#resolveEnded = resolve;
    });
  }

  /** Sends the query. Throws when no source took it; a source that refused while others took it is noted on the run. */
  async dispatch(query: ApprovedQuery): Promise<void> {
    const failures: Problem[] = [];
    const sending = this.#parts.map(async part => {
      try {
        const { remoteId } = await part.backend.launch(query, part.hosts, this.#options, this.#stop.signal);
        part.remoteId = remoteId;
        this.run.sent(part.connector.id, remoteId);
        this.#streams.push(this.#follow(part, remoteId));
      } catch (thrown) {
        const problem = toProblem(thrown);
        failures.push(problem);
        this.#lose(part, problem);
      }
    });
    await Promise.all(sending);
    this.#deps.store.saveRun(this.run);
    this.#changed();
    if (this.#parts.every(part => part.remoteId === undefined)) {
      await this.finish('deadline');
      throw failures[0] ?? new Problem('bug', 'The query was sent to no source.');
    }
    void this.#watchDeadline();
    this.endWhenAllAnswered();
  }

  /** Listens for the answers of a run that was sent by an earlier process. */
  resume(): void {
    for (const part of this.#parts) if (part.remoteId !== undefined) this.#streams.push(this.#follow(part, part.remoteId));
    this.#changed();
    void this.#watchDeadline();
    this.endWhenAllAnswered();
  }

  get canBeRejoined(): boolean {
    return this.#parts.every(({ backend, remoteId }) => backend.rejoin && remoteId !== undefined);
  }

  /** Stops listening and leaves the run open, for another process to take up. */
  async abandon(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#streams);
  }

  async #watchDeadline(): Promise<void> {
    try {
      await this.#deps.clock.sleep(this.#options.timeoutMs, this.#stop.signal);
    } catch (thrown) {
      if (isAbort(thrown)) return;
      throw thrown;
    }
    await this.finish('deadline');
  }

  async #follow(part: Part, remoteId: string): Promise<void> {
    try {
      for await (const update of part.backend.updates(remoteId, part.hosts, this.#options, this.#stop.signal)) this.#fold(part, update);
      if (!this.#stop.signal.aborted) this.#silence(part, 'timed_out', 'the source has no more answers');
    } catch (thrown) {
      if (!isAbort(thrown) && !this.#stop.signal.aborted) this.#lose(part, toProblem(thrown));
    }
    this.#changed();
    this.#answered();
  }

  #fold({ connector }: Part, update: LiveUpdate): void {
    const { store } = this.#deps;
    if (update.kind === 'note') this.run.note(update.text);
    else if (update.kind === 'silent') {
      for (const id of update.hostIds) this.run.silence(connector.id, id, update.state, update.reason);
    } else if (this.run.answer(connector.id, update.answer)) store.saveAnswer(this.run.id, connector.id, update.answer);
    this.#changed();
    this.#answered();
  }

  /** The part's answers are cut off: says so on the run and beside every host that had not answered. */
  #lose(part: Part, problem: Problem): void {
    this.problem ??= problem;
    this.#deps.log.write('error', problem.message, {
      run: this.run.id,
      source: part.connector.id,
      kind: problem.kind,
      detail: problem.detail,
    });
    this.run.note(problem.message);
    this.#silence(part, 'timed_out', `not answered (${problem.message})`);
  }

  #silence(part: Part, state: 'timed_out', reason: string): void {
    for (const host of part.hosts) this.run.silence(host.source, host.id, state, reason);
  }

  endWhenAllAnswered(): void {
    if (this.run.open && this.run.tally.waiting === 0) void this.finish('answered');
  }

  /** Ends the run here, then tells the servers; their remarks become notes. */
  finish(reason: EndReason): Promise<void> {
    this.#finishing ??= this.#finish(reason);
    return this.#finishing;
  }

  async #finish(reason: EndReason): Promise<void> {
    const { clock, store } = this.#deps;
    if (reason === 'deadline') this.#askForSilent();
    this.run.end(clock.now(), reason === 'cancelled' ? 'cancelled' : 'ended', this.#options.timeoutMs);
    store.saveRun(this.run);
    this.#changed();
    const settled = this.#parts.map(part => this.#endRemote(part, reason));
    await Promise.all(settled);
    store.saveRun(this.run);
    this.#changed();
    this.#resolveEnded();
    if (this.run.tally.timedOut === 0) this.#stop.abort();
  }

  /** Lets the sources say what they know of the hosts that have not answered. */
  #askForSilent(): void {
    for (const { connector, backend, remoteId } of this.#parts) {
      if (remoteId === undefined) continue;
      for (const { hostIds, state, reason } of backend.silentAtDeadline?.(remoteId) ?? []) {
        for (const id of hostIds) this.run.silence(connector.id, id, state, reason);
      }
    }
  }

  async #endRemote({ connector, backend, remoteId }: Part, reason: EndReason): Promise<void> {
    if (remoteId === undefined) return;
    const { log } = this.#deps;
    try {
      const remark = await backend.end(remoteId, reason, this.#stop.signal);
      if (remark) this.run.note(remark);
    } catch (thrown) {
      if (isAbort(thrown)) return;
      const problem = toProblem(thrown);
      log.write('warn', problem.message, { run: this.run.id, source: connector.id, detail: problem.detail });
      this.run.note(`The run could not be ended on ${connector.id}: hosts that had not answered may still run it.`);
    }
  }

  /** rollcall is being left: ends what is open, stops listening for late answers. */
  async leave(): Promise<void> {
    const goodbye = new AbortController();
    const patience = this.#deps.clock.sleep(GOODBYE_MS, goodbye.signal).catch(() => undefined);
    await Promise.race([this.finish('cancelled'), patience]);
    this.#stop.abort();
    await Promise.race([Promise.all(this.#streams), patience]);
    goodbye.abort();
  }

  #changed(): void {
    this.#deps.observer.run(this.run);
  }
}
