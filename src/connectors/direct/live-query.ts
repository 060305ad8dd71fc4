/** Live queries over the distributed queue: launching them, and bringing the nodes' answers to whoever listens. */
import { randomBytes } from 'node:crypto';
import type { ApprovedQuery } from '../../core/launch-policy.ts';
import type { Host, HostAnswer } from '../../core/model.ts';
import type { Clock, EndReason, LaunchOptions, LiveQueryBackend, LiveUpdate, SilentHosts } from '../../core/ports.ts';
import { Problem } from '../../core/problem.ts';
import { clean, cleanRow } from '../../core/sanitize.ts';
import { shortAge } from '../../core/time.ts';
import { Bell } from './bell.ts';
import type { Node, NodeRegistry } from './nodes.ts';
import type { QueryResult } from './protocol.ts';
import type { DistributedQueue } from './queue.ts';

/** Rows kept of one answer. More than this is no live query but a table dump. */
const MAX_ROWS = 100_000;
const MAX_ERROR = 1_000;
/** How long late answers of an ended run are taken. */
const LATE_MS = 24 * 3_600_000;
const NAMES_IN_REMARK = 5;

type LiveRun = {
  readonly hosts: ReadonlyMap<string, Host>;
  /** Answers that nobody has fetched yet. */
  readonly answers: HostAnswer[];
  readonly arrival: Bell;
  /** Targets that have not answered. */
  open: number;
  readonly launchedAt: number;
  endedAt: number | null;
};

export type LiveQueryDeps = {
  readonly source: string;
  readonly queue: DistributedQueue;
  readonly nodes: NodeRegistry;
  readonly clock: Clock;
  /** Whether a node is online now. */
  online(node: Node): boolean;
  /** Resolves once the endpoint answers hosts. */
  ready(): Promise<unknown>;
};

export class DirectLiveQueries implements LiveQueryBackend {
  /** The queue is in memory: a run does not outlive its process. */
  readonly rejoin = false;
  readonly #deps: LiveQueryDeps;
  readonly #runs = new Map<string, LiveRun>();

  constructor(deps: LiveQueryDeps) {
    this.#deps = deps;
  }

  async launch(
    query: ApprovedQuery,
    hosts: readonly Host[],
    _options: LaunchOptions,
    signal: AbortSignal,
  ): Promise<{ readonly remoteId: string }> {
    signal.throwIfAborted();
    if (hosts.length === 0) throw new Problem('usage', 'No host was picked, so nothing was sent.', { source: this.#deps.source });
    await this.#deps.ready();
    signal.throwIfAborted();
    this.#dropOldRuns();
    const remoteId = `rollcall_${randomBytes(16).toString('hex')}`;
    const targets = new Map(hosts.map(host => [host.id, host]));
    this.#runs.set(remoteId, {
      hosts: targets,
      answers: [],
      arrival: new Bell(),
      open: targets.size,
      launchedAt: this.#deps.clock.now(),
      endedAt: null,
    });
    this.#deps.queue.enqueue(
      remoteId,
      query.sql,
      [...targets.keys()].filter(id => this.#deps.nodes.node(id)),
    );
    return { remoteId };
  }

  async *updates(remoteId: string, _hosts: readonly Host[], options: LaunchOptions, signal: AbortSignal): AsyncIterable<LiveUpdate> {
    const run = this.#runs.get(remoteId);
    if (!run) {
      throw new Problem('unreachable', 'The direct endpoint does not know this run any more: it was started again since. Launch it anew.', {
        source: this.#deps.source,
        transient: false,
      });
    }
    try {
      yield* this.#silentNow(run, options);
      while (!signal.aborted && this.#runs.get(remoteId) === run) {
        for (const answer of run.answers.splice(0)) yield { kind: 'answer', answer };
        if (run.open === 0 && run.answers.length === 0) return;
        if (run.answers.length === 0) await run.arrival.wait(signal);
      }
    } finally {
      this.#drop(remoteId, run);
    }
  }

  /** A host that took the query is silent; one that has not been heard of since the launch is offline. */
  silentAtDeadline(remoteId: string): readonly SilentHosts[] {
    const { queue, nodes, clock } = this.#deps;
    const launchedAt = this.#runs.get(remoteId)?.launchedAt ?? 0;
    const { delivered, undelivered } = queue.unanswered(remoteId);
    const never = undelivered.map((id): SilentHosts => {
      const lastSeen = nodes.node(id)?.lastSeen ?? 0;
      const away = lastSeen < launchedAt;
      const reason = away ? `offline: last seen ${shortAge(clock.now() - lastSeen)} ago` : 'has not asked for queries since the launch';
      return { kind: 'silent', state: away ? 'offline' : 'timed_out', hostIds: [id], reason };
    });
    return [{ kind: 'silent', state: 'timed_out', hostIds: delivered, reason: 'took the query and has not answered' }, ...never];
  }

  async end(remoteId: string, _reason: EndReason, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    const run = this.#runs.get(remoteId);
    if (!run) return undefined;
    run.endedAt ??= this.#deps.clock.now();
    const { delivered } = this.#deps.queue.withdraw(remoteId);
    if (delivered.length === 0) return undefined;
    const names = delivered.map(id => run.hosts.get(id)?.hostname ?? id);
    const more = names.length > NAMES_IN_REMARK ? ` and ${names.length - NAMES_IN_REMARK} more` : '';
    return `${names.slice(0, NAMES_IN_REMARK).join(', ')}${more} had already taken the query and may still run it.`;
  }

  /** What a node wrote. Only answers to queries that were delivered to it and are still open are taken. */
  take(node: Node, results: ReadonlyMap<string, QueryResult>): void {
    const { queue, clock } = this.#deps;
    for (const [id, result] of results) {
      const run = this.#runs.get(id);
      if (!run || !queue.answer(id, node.id)) continue;
      run.open -= 1;
      run.answers.push(answerOf(node.id, result, clock.now()));
      run.arrival.ring();
    }
  }

  /** Hosts that will not answer, told at once: those that are not enrolled any more and, when asked to skip them, those offline. */
  *#silentNow(run: LiveRun, options: LaunchOptions): Iterable<LiveUpdate> {
    const { nodes, clock, online } = this.#deps;
    const gone = [...run.hosts.keys()].filter(id => !nodes.node(id));
    if (gone.length > 0) yield { kind: 'silent', state: 'offline', hostIds: gone, reason: 'not enrolled any more' };
    if (options.offline !== 'skip') return;
    for (const id of run.hosts.keys()) {
      const node = nodes.node(id);
      if (!node || online(node)) continue;
      yield { kind: 'silent', state: 'offline', hostIds: [id], reason: `offline, last seen ${shortAge(clock.now() - node.lastSeen)} ago` };
    }
  }

  #drop(remoteId: string, run: LiveRun): void {
    this.#deps.queue.forget(remoteId);
    this.#runs.delete(remoteId);
    run.arrival.ring();
  }

  #dropOldRuns(): void {
    const oldest = this.#deps.clock.now() - LATE_MS;
    for (const [id, run] of this.#runs) if (run.endedAt !== null && run.endedAt < oldest) this.#drop(id, run);
  }
}

function answerOf(hostId: string, { rows, status, message }: QueryResult, at: number): HostAnswer {
  if (status !== 0) {
    const error = clean(message.trim(), MAX_ERROR) || `the query failed with status ${status}`;
    return { hostId, at, state: /\bdenylisted\b/i.test(error) ? 'denylisted' : 'error', error };
  }
  const kept = rows
    .slice(0, MAX_ROWS)
    .map(cleanRow)
    .filter(row => row !== undefined);
  const note = rows.length > MAX_ROWS ? { note: `only the first ${MAX_ROWS} of ${rows.length} rows are kept` } : {};
  return { hostId, at, state: 'rows', rows: kept, ...note };
}
