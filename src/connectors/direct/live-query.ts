/** Live queries of this process, on whichever desk there is: when the one that had them goes away, the next one takes them on. */
import { randomBytes } from 'node:crypto';
import { type ApprovedQuery, carvedPath } from '../../core/launch-policy.ts';
import type { Host } from '../../core/model.ts';
import type { AuditLog, EndReason, LaunchOptions, LiveQueryBackend, LiveUpdate, SilentHosts } from '../../core/ports.ts';
import { Problem } from '../../core/problem.ts';
import type { Desk, NewRun } from './desk.ts';

/** Does something at an endpoint that answers hosts; at the next one when the first goes away meanwhile. */
type AtDesk = <T>(work: (desk: Desk) => Promise<T>) => Promise<T>;

type OwnRun = {
  readonly carve: string | undefined;
  readonly sql: string;
  /** Hosts that have not answered. */
  readonly waiting: Map<string, Host>;
  desk: Desk;
  ended: boolean;
};

export class DirectLiveQueries implements LiveQueryBackend {
  readonly rejoin: boolean;
  readonly #source: string;
  readonly #at: AtDesk;
  readonly #audit: AuditLog | undefined;
  readonly #runs = new Map<string, OwnRun>();

  /** `lasting`: hosts are known again after a restart. */
  constructor(source: string, lasting: boolean, at: AtDesk, audit: AuditLog | undefined) {
    this.#source = source;
    this.rejoin = lasting;
    this.#at = at;
    this.#audit = audit;
  }

  async launch(
    query: ApprovedQuery,
    hosts: readonly Host[],
    _options: LaunchOptions,
    signal: AbortSignal,
  ): Promise<{ readonly remoteId: string }> {
    signal.throwIfAborted();
    if (hosts.length === 0) throw new Problem('usage', 'No host was picked, so nothing was sent.', { source: this.#source });
    const remoteId = `rollcall_${randomBytes(16).toString('hex')}`;
    const carve = carvedPath(query);
    if (carve !== undefined) this.#audit?.write('carve', { source: this.#source, path: carve, run: remoteId, hosts: namesOf(hosts) });
    await this.#begin(remoteId, query, hosts, false, signal);
    return { remoteId };
  }

  /** The queue was in the memory of a process that is gone: these hosts are told again, and may answer before that. */
  async takeUp(remoteId: string, query: ApprovedQuery, waiting: readonly Host[], signal: AbortSignal): Promise<void> {
    await this.#begin(remoteId, query, waiting, true, signal);
  }

  async #begin(remoteId: string, query: ApprovedQuery, hosts: readonly Host[], resumed: boolean, signal: AbortSignal): Promise<void> {
    const { sql } = query;
    const carve = carvedPath(query);
    const desk = await this.#launch({ id: remoteId, sql, hosts: namesOf(hosts), resumed, carve }, signal);
    this.#runs.set(remoteId, { sql, carve, waiting: new Map(hosts.map(host => [host.id, host])), desk, ended: false });
  }

  async *updates(remoteId: string, _hosts: readonly Host[], options: LaunchOptions, signal: AbortSignal): AsyncIterable<LiveUpdate> {
    const run = this.#runs.get(remoteId);
    if (!run) {
      throw new Problem('unreachable', 'The direct endpoint does not know this run any more: it was started again since. Launch it anew.', {
        source: this.#source,
        transient: false,
      });
    }
    try {
      while (!signal.aborted) {
        const lost = yield* this.#follow(remoteId, run, options, signal);
        if (!lost) return;
        yield { kind: 'note', text: 'The rollcall that held the endpoint has gone; hosts that had not answered are asked anew.' };
      }
    } finally {
      this.#runs.delete(remoteId);
    }
  }

  silentAtDeadline(remoteId: string): readonly SilentHosts[] {
    return this.#runs.get(remoteId)?.desk.silentAtDeadline(remoteId) ?? [];
  }

  async end(remoteId: string, reason: EndReason, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    const run = this.#runs.get(remoteId);
    if (!run) return undefined;
    run.ended = true;
    return run.desk.end(remoteId, reason, signal);
  }

  /** The updates of one desk. Returns true when it went away and the run was handed to the next one. */
  async *#follow(remoteId: string, run: OwnRun, options: LaunchOptions, signal: AbortSignal): AsyncGenerator<LiveUpdate, boolean> {
    const { desk } = run;
    try {
      for await (const update of desk.updates(remoteId, options, signal)) {
        if (update.kind === 'answer' && !run.waiting.delete(update.answer.hostId)) continue;
        yield update;
      }
    } catch (thrown) {
      if (!desk.gone.aborted || signal.aborted) throw thrown;
    }
    if (!desk.gone.aborted || signal.aborted || run.waiting.size === 0 || run.ended) return false;
    run.desk = await this.#launch(
      { id: remoteId, sql: run.sql, carve: run.carve, hosts: namesOf([...run.waiting.values()]), resumed: true },
      signal,
    );
    return true;
  }

  /** An endpoint that went away took its queue along, so that nothing is asked twice. */
  #launch(run: NewRun, signal: AbortSignal): Promise<Desk> {
    return this.#at(async desk => {
      await desk.launch(run, signal);
      return desk;
    });
  }
}

const namesOf = (hosts: readonly Host[]) => hosts.map(({ id, hostname }) => ({ id, hostname }));
