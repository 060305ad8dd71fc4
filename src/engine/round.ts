/** One sending of a run: to the sources of its hosts, through their answers, to its deadline and the last late answer. */
import type { ApprovedQuery } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import type { Clock, Connector, EndReason, LaunchOptions, LiveQueryBackend, LiveUpdate, Log, RunStore } from '../core/ports.ts';
import { isAbort, type Problem, toProblem } from '../core/problem.ts';
import { bucketOf, type Run, type Sending } from '../core/run.ts';
import type { EngineObserver } from './api.ts';

export type RoundDeps = {
  readonly store: RunStore;
  readonly observer: EngineObserver;
  readonly clock: Clock;
  readonly log: Log;
};

/** The hosts of one source, and the source's own id of the sending once it took the query. */
export type Part = {
  readonly connector: Connector;
  readonly backend: LiveQueryBackend;
  readonly hosts: readonly Host[];
  remoteId?: string;
};

/** Shares its `Run` with the rounds before, beside and after it; answers only for the hosts that none has asked since. */
export class Round {
  readonly run: Run;
  readonly sending: Sending;
  problem: Problem | undefined;
  readonly #parts: readonly Part[];
  readonly #options: LaunchOptions;
  readonly #deps: RoundDeps;
  readonly #changed: () => void;
  readonly #stop = new AbortController();
  readonly #streams: Promise<void>[] = [];
  #closedFor: EndReason | undefined;
  #closing: Promise<void> = Promise.resolve();

  /** `changed` is called whenever the run has changed by this round. */
  constructor(run: Run, sending: Sending, parts: readonly Part[], options: LaunchOptions, deps: RoundDeps, changed: () => void) {
    this.run = run;
    this.sending = sending;
    this.#parts = parts;
    this.#options = options;
    this.#deps = deps;
    this.#changed = changed;
  }

  /** Whether any source took the query. */
  get wasSent(): boolean {
    return this.#parts.some(({ remoteId }) => remoteId !== undefined);
  }

  get isClosed(): boolean {
    return this.#closedFor !== undefined;
  }

  get canBeRejoined(): boolean {
    return this.#parts.every(({ backend, remoteId }) => backend.rejoin && remoteId !== undefined);
  }

  /** Sends the query. A source that does not take it is noted on the run; the first such failure becomes the `problem`. */
  async dispatch(query: ApprovedQuery): Promise<void> {
    await Promise.all(this.#parts.map(part => this.#send(query, part)));
    this.#deps.store.saveRun(this.run);
    if (!this.isClosed) void this.#watchDeadline(this.#options.timeoutMs);
    this.#changed();
  }

  async #send(query: ApprovedQuery, part: Part): Promise<void> {
    try {
      const { remoteId } = await part.backend.launch(query, part.hosts, this.#options, this.#stop.signal);
      part.remoteId = remoteId;
      this.run.sent(this.sending, part.connector.id, remoteId);
      this.#streams.push(this.#follow(part, remoteId));
      // It was called off while the server was taking it.
      if (this.#closedFor) await this.#endRemote(part, this.#closedFor);
    } catch (thrown) {
      this.#lose(part, toProblem(thrown));
    }
  }

  /** Listens for the answers of a sending of an earlier process. */
  resume(query: ApprovedQuery | undefined): void {
    for (const part of this.#parts) if (part.remoteId !== undefined) this.#streams.push(this.#takeUp(part, part.remoteId, query));
    void this.#watchDeadline(this.#options.timeoutMs);
  }

  async #takeUp(part: Part, remoteId: string, query: ApprovedQuery | undefined): Promise<void> {
    const waiting = part.hosts.filter(({ source, id }) => this.run.target(source, id)?.state === 'waiting');
    try {
      if (query && waiting.length > 0) await part.backend.takeUp?.(remoteId, query, waiting, this.#stop.signal);
    } catch (thrown) {
      this.#lose(part, toProblem(thrown));
      this.#changed();
      return;
    }
    await this.#follow(part, remoteId);
  }

  async #watchDeadline(ms: number): Promise<void> {
    try {
      await this.#deps.clock.sleep(ms, this.#stop.signal);
    } catch (thrown) {
      if (isAbort(thrown)) return;
      throw thrown;
    }
    await this.close('deadline');
  }

  async #follow(part: Part, remoteId: string): Promise<void> {
    try {
      for await (const update of part.backend.updates(remoteId, part.hosts, this.#options, this.#stop.signal)) this.#fold(part, update);
      if (!this.#stop.signal.aborted) this.#silenceAll(part, 'the source has no more answers');
    } catch (thrown) {
      if (!isAbort(thrown) && !this.#stop.signal.aborted) this.#lose(part, toProblem(thrown));
    }
    this.#changed();
  }

  #fold({ connector }: Part, update: LiveUpdate): void {
    if (update.kind === 'note') this.run.note(update.text);
    else if (update.kind === 'silent') {
      for (const id of update.hostIds) this.#silence(connector.id, id, update.state, update.reason);
    } else {
      const target = this.run.answer(connector.id, update.answer);
      if (target) this.#deps.store.saveAnswer(this.run.id, connector.id, update.answer, target.late);
    }
    this.#changed();
  }

  /** The part's answers are cut off: says so on the run and beside every host that had not answered. */
  #lose(part: Part, problem: Problem): void {
    this.problem ??= problem;
    const { message, kind, detail } = problem;
    this.#deps.log.write('error', message, { run: this.run.id, source: part.connector.id, kind, detail });
    this.run.note(message);
    this.#silenceAll(part, `not answered (${message})`);
  }

  #silenceAll({ hosts }: Part, reason: string): void {
    for (const host of hosts) this.#silence(host.source, host.id, 'timed_out', reason);
  }

  #silence(source: string, hostId: string, state: 'offline' | 'timed_out', reason: string): void {
    if (this.run.target(source, hostId)?.sending === this.sending) this.run.silence(source, hostId, state, reason);
  }

  closeWhenAnswered(): void {
    if (!this.isClosed && this.run.standing(this.sending).open === 0) void this.close('answered');
  }

  /** Gives up those that still wait, then tells the servers; their remarks become notes. Only the first call counts. */
  close(reason: EndReason): Promise<void> {
    if (this.#closedFor === undefined) {
      this.#closedFor = reason;
      this.#closing = Promise.resolve().then(() => this.#close(reason));
    }
    return this.#closing;
  }

  async #close(reason: EndReason): Promise<void> {
    if (reason === 'deadline') this.#askForSilent();
    this.run.expire(this.sending);
    this.#deps.store.saveRun(this.run);
    this.#changed();
    await Promise.all(this.#parts.map(part => this.#endRemote(part, reason)));
    if (this.run.targetsOf(this.sending).every(({ state }) => bucketOf(state) !== 'timedOut')) this.#stop.abort();
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

  /** Stops listening, for late answers too. Resolves when nothing more will come. */
  async leave(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#streams);
  }
}
