/** One sending of a run: to its sources, through their answers, to its end and the last late answer. */
import type { ApprovedQuery } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import type { Clock, Connector, EndReason, LaunchOptions, LiveQueryBackend, LiveUpdate, Log, RunStore } from '../core/ports.ts';
import { isAbort, Problem, toProblem } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { EngineObserver } from './api.ts';

export type RoundDeps = {
  readonly store: RunStore;
  readonly observer: EngineObserver;
  readonly clock: Clock;
  readonly log: Log;
};

/** The hosts of one source, and the source's own id of the run once it was sent. */
export type Part = {
  readonly connector: Connector;
  readonly backend: LiveQueryBackend;
  readonly hosts: readonly Host[];
  remoteId?: string;
};

/** Time that `end` calls may take when rollcall is left. */
const GOODBYE_MS = 3_000;

/** Shares its `Run` with the rounds before and after it. */
export class Round {
  readonly run: Run;
  readonly ended: Promise<void>;
  problem: Problem | undefined;
  readonly #parts: readonly Part[];
  readonly #options: LaunchOptions;
  readonly #deps: RoundDeps;
  /** The last round of the run: only it says who is silent and when the run has ended. */
  readonly #current: () => Round;
  readonly #stop = new AbortController();
  readonly #streams: Promise<void>[] = [];
  #resolveEnded: () => void = () => undefined;
  #finishing: Promise<void> | undefined;

  constructor(run: Run, parts: readonly Part[], options: LaunchOptions, deps: RoundDeps, current: () => Round) {
    this.run = run;
    this.#parts = parts;
    this.#options = options;
    this.#deps = deps;
    this.#current = current;
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
      if (!this.#stop.signal.aborted) this.#silenceAll(part, 'the source has no more answers');
    } catch (thrown) {
      if (!isAbort(thrown) && !this.#stop.signal.aborted) this.#lose(part, toProblem(thrown));
    }
    this.#changed();
    this.#current().endWhenAllAnswered();
  }

  #fold({ connector }: Part, update: LiveUpdate): void {
    const { store } = this.#deps;
    if (update.kind === 'note') this.run.note(update.text);
    else if (update.kind === 'silent') {
      for (const id of update.hostIds) this.#silence(connector.id, id, update.state, update.reason);
    } else if (this.run.answer(connector.id, update.answer)) store.saveAnswer(this.run.id, connector.id, update.answer);
    this.#changed();
    this.#current().endWhenAllAnswered();
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
    this.#silenceAll(part, `not answered (${problem.message})`);
  }

  #silenceAll({ hosts }: Part, reason: string): void {
    for (const host of hosts) this.#silence(host.source, host.id, 'timed_out', reason);
  }

  /** An earlier round knows nothing of hosts that were asked again since. */
  #silence(source: string, hostId: string, state: 'offline' | 'timed_out', reason: string): void {
    if (this.#current() === this) this.run.silence(source, hostId, state, reason);
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
        for (const id of hostIds) this.#silence(connector.id, id, state, reason);
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
