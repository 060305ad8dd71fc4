/** Live queries that are out: who was asked, who has answered, and the answers that wait to be fetched. */
import type { HostAnswer, Row } from '../../core/model.ts';
import type { Clock, LaunchOptions, LiveUpdate, SilentHosts } from '../../core/ports.ts';
import { Problem } from '../../core/problem.ts';
import { clean, cleanRow } from '../../core/sanitize.ts';
import { shortAge } from '../../core/time.ts';
import { Bell } from './bell.ts';
import type { Carves } from './carves.ts';
import type { NewRun } from './desk.ts';
import type { Node, NodeRegistry } from './nodes.ts';
import { inTurns } from './pace.ts';
import type { QueryResult } from './protocol.ts';
import type { DistributedQueue } from './queue.ts';

/** Rows kept of one answer. More than this is no live query but a table dump. */
const MAX_ROWS = 100_000;
const MAX_ERROR = 1_000;
/** How long late answers of an ended run are taken. */
const LATE_MS = 24 * 3_600_000;
const NAMES_IN_REMARK = 5;
/** How long a node waits for the word that its answer is safe, ms; it sends again what it has none for. */
const PATIENCE_MS = 900;

/** An answer on its way to who follows the run: safe when that one asks for the next. */
type OnItsWay = { readonly answer: HostAnswer; readonly safe: PromiseWithResolvers<boolean> };

type OpenRun = {
  /** Hostnames by id. */
  readonly hosts: ReadonlyMap<string, string>;
  /** In the order of their arrival, by host. */
  readonly answers: Map<string, OnItsWay>;
  readonly arrival: Bell;
  readonly carve: string | undefined;
  /** Targets that have not answered. */
  open: number;
  readonly launchedAt: number;
  endedAt: number | null;
};

export type RunsDeps = {
  readonly source: string;
  readonly queue: DistributedQueue;
  readonly nodes: NodeRegistry;
  readonly carves: Carves;
  readonly clock: Clock;
  /** Whether a node is online now. */
  online(node: Node): boolean;
};

export class OpenRuns {
  readonly #deps: RunsDeps;
  readonly #runs = new Map<string, OpenRun>();

  constructor(deps: RunsDeps) {
    this.#deps = deps;
  }

  launch({ id, sql, hosts, resumed, carve }: NewRun): void {
    const { queue, nodes, clock } = this.#deps;
    this.#dropOld();
    const targets = new Map(hosts.map(host => [host.id, host.hostname]));
    this.#runs.set(id, {
      hosts: targets,
      answers: new Map(),
      arrival: new Bell(),
      carve,
      open: targets.size,
      launchedAt: clock.now(),
      endedAt: null,
    });
    const known = [...targets.keys()].filter(hostId => nodes.node(hostId));
    queue.enqueue(id, sql, known, resumed ? 'may have been told' : 'not told');
  }

  async *updates(id: string, options: LaunchOptions, signal: AbortSignal): AsyncIterable<LiveUpdate> {
    const run = this.#runs.get(id);
    if (!run) {
      throw new Problem('unreachable', 'The direct endpoint does not know this run any more: it was started again since. Launch it anew.', {
        source: this.#deps.source,
        transient: false,
      });
    }
    try {
      yield* this.#silentNow(run, options);
      while (!signal.aborted && this.#runs.get(id) === run) {
        for (const [hostId, { answer, safe }] of run.answers) {
          yield { kind: 'answer', answer };
          run.answers.delete(hostId);
          safe.resolve(true);
        }
        if (run.open === 0 && run.answers.size === 0) return;
        if (run.answers.size === 0) await run.arrival.wait(signal);
      }
    } finally {
      this.drop(id);
    }
  }

  /** A host that took the query is silent; one that has not been heard of since the launch is offline. */
  silentAtDeadline(id: string): readonly SilentHosts[] {
    const { queue, nodes, clock } = this.#deps;
    const launchedAt = this.#runs.get(id)?.launchedAt ?? 0;
    const { delivered, undelivered } = queue.unanswered(id);
    const never = undelivered.map((hostId): SilentHosts => {
      const lastSeen = nodes.node(hostId)?.lastSeen ?? 0;
      const away = lastSeen < launchedAt;
      const reason = away ? `offline: last seen ${shortAge(clock.now() - lastSeen)} ago` : 'has not asked for queries since the launch';
      return { kind: 'silent', state: away ? 'offline' : 'timed_out', hostIds: [hostId], reason };
    });
    return [{ kind: 'silent', state: 'timed_out', hostIds: delivered, reason: 'took the query and has not answered' }, ...never];
  }

  /** Delivers the query to nobody else. Returns a remark when hosts have it already. */
  end(id: string): string | undefined {
    const run = this.#runs.get(id);
    if (!run) return undefined;
    run.endedAt ??= this.#deps.clock.now();
    const { delivered } = this.#deps.queue.withdraw(id);
    if (delivered.length === 0) return undefined;
    const names = delivered.map(hostId => run.hosts.get(hostId) ?? hostId);
    const more = names.length > NAMES_IN_REMARK ? ` and ${names.length - NAMES_IN_REMARK} more` : '';
    return `${names.slice(0, NAMES_IN_REMARK).join(', ')}${more} had already taken the query and may still run it.`;
  }

  /**
   * What a node wrote. Only answers to queries that were delivered to it and are still open are taken. Resolves with whether
   * they are safe with who follows the run: a node deletes what it sent when we say yes.
   */
  async take(node: Node, results: ReadonlyMap<string, QueryResult>): Promise<boolean> {
    const { queue, carves, clock } = this.#deps;
    for (const [id, result] of results) {
      const run = this.#runs.get(id);
      if (!run || !queue.answer(id, node.id)) continue;
      if (run.carve !== undefined && result.status === 0) carves.announce(node, run.carve, id, result.rows);
      this.#answered(run, await inTurns(answerOf(node.id, result, clock.now())));
    }
    return this.#safe([...results.keys()].flatMap(id => this.#runs.get(id)?.answers.get(node.id) ?? []));
  }

  /** The node's answers cannot be taken as they are, and it would send them for ever: all that it holds have failed. */
  refuse(node: Node, error: string): void {
    const { queue, clock } = this.#deps;
    for (const id of queue.held(node.id)) {
      const run = this.#runs.get(id);
      if (run && queue.answer(id, node.id)) this.#answered(run, { hostId: node.id, at: clock.now(), state: 'error', error });
    }
  }

  #answered(run: OpenRun, answer: HostAnswer): void {
    const safe = Promise.withResolvers<boolean>();
    run.answers.set(answer.hostId, { answer, safe });
    run.open -= 1;
    run.arrival.ring();
  }

  async #safe(answers: readonly OnItsWay[]): Promise<boolean> {
    const patience = new AbortController();
    const late = this.#deps.clock.sleep(PATIENCE_MS, patience.signal).then(
      () => false,
      () => true,
    );
    const safe = Promise.all(answers.map(answer => answer.safe.promise)).then(all => all.every(Boolean));
    try {
      return await Promise.race([safe, late]);
    } finally {
      patience.abort();
    }
  }

  /** Forgets the run: nobody waits for its answers any more. */
  drop(id: string): void {
    const run = this.#runs.get(id);
    this.#deps.queue.forget(id);
    this.#runs.delete(id);
    for (const { safe } of run?.answers.values() ?? []) safe.resolve(false);
    run?.arrival.ring();
  }

  /** Hosts that will not answer, told at once: those that are not enrolled any more and, when asked to skip them, those offline. */
  *#silentNow(run: OpenRun, options: LaunchOptions): Iterable<LiveUpdate> {
    const { nodes, clock, online } = this.#deps;
    const gone = [...run.hosts.keys()].filter(id => !nodes.node(id));
    if (gone.length > 0) yield { kind: 'silent', state: 'offline', hostIds: gone, reason: 'not enrolled any more' };
    const blocked = [...run.hosts.keys()].filter(id => nodes.node(id)?.blocked);
    if (blocked.length > 0) yield { kind: 'silent', state: 'timed_out', hostIds: blocked, reason: 'blocked: it is not told of queries' };
    if (options.offline !== 'skip') return;
    for (const id of run.hosts.keys()) {
      const node = nodes.node(id);
      if (!node || online(node)) continue;
      yield { kind: 'silent', state: 'offline', hostIds: [id], reason: `offline, last seen ${shortAge(clock.now() - node.lastSeen)} ago` };
    }
  }

  #dropOld(): void {
    const oldest = this.#deps.clock.now() - LATE_MS;
    for (const [id, run] of this.#runs) if (run.endedAt !== null && run.endedAt < oldest) this.drop(id);
  }
}

function* answerOf(hostId: string, { rows, status, message }: QueryResult, at: number): Generator<void, HostAnswer> {
  if (status !== 0) {
    const error = clean(message.trim(), MAX_ERROR) || `the query failed with status ${status}`;
    return { hostId, at, state: /\bdenylisted\b/i.test(error) ? 'denylisted' : 'error', error };
  }
  const kept: Row[] = [];
  for (const row of rows.slice(0, MAX_ROWS)) {
    yield;
    const cleaned = cleanRow(row);
    if (cleaned) kept.push(cleaned);
  }
  const note = rows.length > MAX_ROWS ? { note: `only the first ${MAX_ROWS} of ${rows.length} rows are kept` } : {};
  return { hostId, at, state: 'rows', rows: kept, ...note };
}
