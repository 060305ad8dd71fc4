/**
 * One campaign: a live query bound to one WebSocket (contracts/fleet.md 1.1, 6). The server says how many hosts are
 * targeted, never which; a socket that drops ends the campaign for good. Closing it is the only way to stop a query.
 */
import type { Host, HostAnswer } from '../../core/model.ts';
import type { Clock, EndReason, LaunchOptions, LiveUpdate, TextSocket } from '../../core/ports.ts';
import { isAbort, toProblem } from '../../core/problem.ts';
import { clean } from '../../core/sanitize.ts';
import { parseJson } from '../http-problem.ts';
import { frame, type ResultFrame, resultFrame, totalsFrame } from './api.ts';
import { Mailbox } from './mailbox.ts';
import { CONNECTION_LOST, cleanRows, failedAnswer, hostCount, isOffline, namesOf, offlineUpdates, type RemoteRun } from './remote-run.ts';

/** Bytes of one frame at most: a frame holds all rows of a host, and 200,000 rows are some 33 MB. */
export const MAX_FRAME_BYTES = 128 * 2 ** 20;
/** How long after its deadline a run still takes late answers. */
export const LATE_MS = 15 * 60_000;
/** Offline hosts that were waited for are named this many ms before the deadline, or they would be plain time-outs. */
const BEFORE_DEADLINE_MS = 250;

export type CampaignDeps = {
  readonly source: string;
  readonly campaignId: number;
  readonly socket: TextSocket;
  readonly hosts: readonly Host[];
  /** How many hosts the server said, at dispatch, that it targets. */
  readonly targeted: number | undefined;
  readonly clock: Clock;
  /** Of `hosts`, the `count` that the server left out; undefined when they cannot be told. */
  leftOut(count: number, signal: AbortSignal): Promise<readonly Host[] | undefined>;
};

export class CampaignRun implements RemoteRun {
  readonly remoteId: string;
  readonly #deps: CampaignDeps;
  readonly #waiting: Map<string, Host>;
  readonly #mail = new Mailbox<LiveUpdate>();
  readonly #stop = new AbortController();
  #narrowed = false;

  constructor(deps: CampaignDeps) {
    this.#deps = deps;
    this.remoteId = `campaign ${deps.campaignId}`;
    this.#waiting = new Map(deps.hosts.map(host => [host.id, host]));
  }

  async *updates(options: LaunchOptions, signal: AbortSignal): AsyncGenerator<LiveUpdate> {
    try {
      this.#tellOffline(options);
      if (this.#deps.targeted !== undefined) this.#compare(this.#deps.targeted);
      this.#endIfComplete();
      void this.#listen();
      yield* this.#mail.read(AbortSignal.any([signal, this.#stop.signal]));
    } finally {
      this.close();
    }
  }

  end(reason: EndReason): string | undefined {
    const { source } = this.#deps;
    if (this.#stop.signal.aborted) return undefined;
    if (reason === 'deadline' && this.#waiting.size > 0) {
      void this.#after(LATE_MS, () => this.close());
      return `Hosts of Fleet '${source}' that have not answered may still run the query; late answers are taken for ${LATE_MS / 60_000} min while rollcall is open.`;
    }
    const online = [...this.#waiting.values()].filter(host => !isOffline(host)).length;
    this.close();
    return online > 0
      ? `${hostCount(online)} may have fetched the query from Fleet '${source}' already and still run it; the answers are dropped.`
      : undefined;
  }

  /** Ends the campaign on the server as well. */
  close(): void {
    this.#stop.abort();
    this.#mail.end();
    this.#deps.socket.close();
  }

  async #listen(): Promise<void> {
    const { socket } = this.#deps;
    try {
      for await (const text of socket.messages) this.#take(text);
      if (!this.#stop.signal.aborted) this.#lose('The connection was closed.');
    } catch (thrown) {
      if (this.#stop.signal.aborted || isAbort(thrown)) return;
      const problem = toProblem(thrown);
      const tooLarge = `One host's answer is larger than ${MAX_FRAME_BYTES / 2 ** 20} MiB, the most that is taken; Fleet sends it in one piece. Ask for fewer rows or columns.`;
      this.#lose(problem.detail === 'too large' ? tooLarge : problem.message);
    }
  }

  #take(text: string): void {
    const { type, data } = frame.safeParse(parseJson(text)).data ?? {};
    if (type === 'result') this.#takeResult(data);
    else if (type === 'totals') this.#takeTotals(data);
    // Whether the socket closes now or stays open in silence, nothing comes any more (contracts/fleet.md 6).
    else if (type === 'error') this.#lose(`Fleet says: ${clean(typeof data === 'string' ? data : 'an error without a text', 300)}.`);
    // A status "finished" only says that the others are offline at present; they may still answer.
    else if (type !== 'status') this.#noteUnreadable();
  }

  #takeTotals(data: unknown): void {
    const totals = totalsFrame.safeParse(data).data;
    if (totals) this.#compare(totals.count);
  }

  #takeResult(data: unknown): void {
    const result = resultFrame.safeParse(data).data;
    if (!result) {
      this.#noteUnreadable();
      return;
    }
    const hostId = String(result.host.id);
    if (!this.#waiting.delete(hostId)) return;
    this.#mail.add({ kind: 'answer', answer: answerOf(hostId, result, this.#deps.clock.now()) });
    this.#endIfComplete();
  }

  #noteUnreadable(): void {
    this.#note(`Fleet '${this.#deps.source}' sent something during the live query that cannot be read; it was left out.`);
  }

  #endIfComplete(): void {
    if (this.#waiting.size === 0) this.#mail.end();
  }

  #note(text: string): void {
    this.#mail.add({ kind: 'note', text });
  }

  /** What came is kept; the rest cannot come, and joining again would wait for ever. */
  #lose(why: string): void {
    const waiting = [...this.#waiting.values()];
    this.#note(
      `The live query on Fleet '${this.#deps.source}' was cut off: ${why} It cannot be taken up again; run it anew on the hosts that have not answered.`,
    );
    this.#mail.add(...offlineUpdates(waiting.filter(isOffline), this.#deps.clock.now()));
    const hostIds = waiting.filter(host => !isOffline(host)).map(({ id }) => id);
    if (hostIds.length > 0) this.#mail.add({ kind: 'silent', state: 'timed_out', hostIds, reason: CONNECTION_LOST });
    this.#mail.end();
  }

  #tellOffline({ offline, timeoutMs }: LaunchOptions): void {
    const { clock, source } = this.#deps;
    const away = [...this.#waiting.values()].filter(isOffline);
    if (away.length === 0) return;
    if (offline === 'skip') {
      this.#mail.add(...offlineUpdates(away, clock.now()));
      for (const { id } of away) this.#waiting.delete(id);
      return;
    }
    this.#note(
      `${hostCount(away.length)} of Fleet '${source}' ${away.length === 1 ? 'is' : 'are'} offline and waited for: ${namesOf(away)}.`,
    );
    void this.#after(Math.max(0, timeoutMs - BEFORE_DEADLINE_MS), () => {
      this.#mail.add(
        ...offlineUpdates(
          away.filter(({ id }) => this.#waiting.has(id)),
          clock.now(),
        ),
      );
    });
  }

  async #after(ms: number, act: () => void): Promise<void> {
    try {
      await this.#deps.clock.sleep(ms, this.#stop.signal);
    } catch (thrown) {
      if (isAbort(thrown)) return;
      throw thrown;
    }
    act();
  }

  /** A user who sees some teams only gets fewer hosts than picked, and the server does not say so (contracts/fleet.md 6). */
  #compare(targeted: number): void {
    const { hosts } = this.#deps;
    if (this.#narrowed || targeted >= hosts.length) return;
    this.#narrowed = true;
    void this.#tellLeftOut(hosts.length - targeted);
  }

  async #tellLeftOut(count: number): Promise<void> {
    const { source, hosts, leftOut } = this.#deps;
    const why = 'outside of this account’s teams, or no longer enrolled';
    const left = await leftOut(count, this.#stop.signal);
    const names = left ? `: ${namesOf(left)}` : '';
    this.#note(`Fleet '${source}' left out ${count} of the ${hostCount(hosts.length)} picked${names} (${why}).`);
    if (!left) return;
    const hostIds = left.flatMap(({ id }) => (this.#waiting.delete(id) ? [id] : []));
    this.#mail.add({ kind: 'silent', state: 'timed_out', hostIds, reason: `not asked: Fleet left it out (${why})` });
    this.#endIfComplete();
  }
}

/**
 * A host that failed without a text comes as no rows with `stats: null`; a success has stats (contracts/fleet.md 1.4).
 * The two columns that the server adds to every row are taken out.
 */
function answerOf(hostId: string, { rows, stats, error }: ResultFrame, at: number): HostAnswer {
  if (error !== '' || (rows.length === 0 && stats === null)) return failedAnswer(hostId, at, error);
  const own = rows.map(row => {
    if (typeof row !== 'object' || row === null) return row;
    const { host_hostname: _hostname, host_display_name: _displayName, ...columns } = row as Record<string, unknown>;
    return columns;
  });
  return { hostId, at, state: 'rows', rows: cleanRows(own) };
}
