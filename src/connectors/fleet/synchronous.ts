/**
 * The way without a WebSocket: each host is asked by a request of its own that waits for the answer (contracts/fleet.md
 * 7). Slower, offline hosts cannot be waited for, and a host that fails without a text looks like one without rows.
 */
import type { Host } from '../../core/model.ts';
import type { Clock, EndReason, LaunchOptions, LiveUpdate } from '../../core/ports.ts';
import { isAbort, Problem, toProblem } from '../../core/problem.ts';
import { hostQueryReply } from './api.ts';
import type { FleetClient } from './client.ts';
import { Mailbox } from './mailbox.ts';
import { CONNECTION_LOST, cleanRows, failedAnswer, hostCount, isOffline, offlineReason, type RemoteRun } from './remote-run.ts';

const AT_ONCE = 6;
/** ms for one host. The server's own window is 25 s unless it was configured otherwise. */
const EXCHANGE_MS = 90_000;
const DOING = 'asking a host';

export type SynchronousDeps = {
  readonly remoteId: string;
  readonly client: FleetClient;
  readonly sql: string;
  readonly hosts: readonly Host[];
  readonly clock: Clock;
  /** Why there is no WebSocket. */
  readonly why: string;
};

export class SynchronousRun implements RemoteRun {
  readonly remoteId: string;
  readonly #deps: SynchronousDeps;
  readonly #mail = new Mailbox<LiveUpdate>();
  readonly #stop = new AbortController();
  readonly #queue: Host[];
  #problem: Problem | undefined;

  constructor(deps: SynchronousDeps) {
    this.#deps = deps;
    this.remoteId = deps.remoteId;
    this.#queue = [...deps.hosts];
  }

  async *updates({ offline }: LaunchOptions, signal: AbortSignal): AsyncGenerator<LiveUpdate> {
    const stopped = AbortSignal.any([signal, this.#stop.signal]);
    try {
      this.#note(
        `Fleet '${this.#deps.client.source}' gives no WebSocket here (${this.#deps.why}): its hosts are asked one by one, ${AT_ONCE} at a time, each for as long as the server waits (25 s by default). A host that fails without a message looks as if it had no rows.`,
      );
      if (offline === 'skip') this.#skipOffline();
      void Promise.all(Array.from({ length: AT_ONCE }, () => this.#work(stopped))).then(() => this.#mail.end());
      yield* this.#mail.read(stopped);
      if (this.#problem) throw this.#problem;
    } finally {
      this.close();
    }
  }

  end(reason: EndReason): string | undefined {
    const unasked = this.#queue.splice(0).length;
    if (reason !== 'deadline') this.close();
    return unasked > 0 ? `${hostCount(unasked)} of Fleet '${this.#deps.client.source}' had not been asked yet.` : undefined;
  }

  close(): void {
    this.#stop.abort();
  }

  #note(text: string): void {
    this.#mail.add({ kind: 'note', text });
  }

  #silent(host: Host, state: 'offline' | 'timed_out', reason: string): void {
    this.#mail.add({ kind: 'silent', state, hostIds: [host.id], reason });
  }

  #skipOffline(): void {
    const now = this.#deps.clock.now();
    const all = this.#queue.splice(0);
    this.#queue.push(...all.filter(host => !isOffline(host)));
    for (const host of all.filter(isOffline)) this.#silent(host, 'offline', offlineReason(host, now));
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let host = this.#queue.shift(); host && !signal.aborted; host = this.#queue.shift()) {
      try {
        await this.#ask(host, signal);
      } catch (thrown) {
        if (isAbort(thrown)) return;
        this.#failed(host, toProblem(thrown));
      }
    }
  }

  /** One refusal of the account is a refusal for all; any other failure is this host's own. */
  #failed(host: Host, problem: Problem): void {
    if (problem.kind === 'unreachable') {
      this.#note(problem.message);
      this.#silent(host, 'timed_out', problem.detail.startsWith('HTTP 4') ? 'not answered (Fleet refused to ask it)' : CONNECTION_LOST);
      return;
    }
    this.#problem ??= problem;
    this.#queue.length = 0;
  }

  async #ask(host: Host, signal: AbortSignal): Promise<void> {
    const { client, sql, clock } = this.#deps;
    const reply = await client.post(`/hosts/${host.id}/query`, { query: sql }, DOING, signal, { timeoutMs: EXCHANGE_MS });
    const { rows, status, error } = client.read(reply, hostQueryReply, DOING);
    const at = clock.now();
    if (/disabled by administrator/i.test(error)) {
      throw new Problem(
        'auth',
        `Fleet '${client.source}' runs no live queries: they are disabled in its settings. An admin can enable them.`,
        {
          source: client.source,
        },
      );
    }
    if (rows) {
      this.#mail.add({
        kind: 'answer',
        answer: error ? failedAnswer(host.id, at, error) : { hostId: host.id, at, state: 'rows', rows: cleanRows(rows) },
      });
    } else if (status === 'offline') this.#silent(host, 'offline', offlineReason({ ...host, status }, at));
    else this.#silent(host, 'timed_out', 'no answer within the time that Fleet waits for a host');
  }
}
