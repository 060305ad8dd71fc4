/** Starts live queries on Fleet and keeps track of those that run. */
import { randomUUID } from 'node:crypto';
import type { ApprovedQuery } from '../../core/launch-policy.ts';
import type { Host } from '../../core/model.ts';
import type { Clock, EndReason, HttpReply, LaunchOptions, LiveQueryBackend, LiveUpdate, Log, TextSocket } from '../../core/ports.ts';
import { isAbort, Problem, toProblem } from '../../core/problem.ts';
import type { Account } from './account.ts';
import { campaignReply } from './api.ts';
import { CampaignRun, MAX_FRAME_BYTES } from './campaign.ts';
import type { FleetClient } from './client.ts';
import { reasonIn } from './fleet-problem.ts';
import { hostCount, type RemoteRun } from './remote-run.ts';
import { SynchronousRun } from './synchronous.ts';

const DOING = 'starting a live query';

export type LiveQueryOptions = {
  readonly client: FleetClient;
  readonly account: Account;
  readonly clock: Clock;
  readonly log: Log;
  /** Of these hosts the `count` that the account may not query or that are gone; undefined when they cannot be told. */
  leftOut(hosts: readonly Host[], count: number, signal: AbortSignal): Promise<readonly Host[] | undefined>;
};

type Opened = { readonly socket: TextSocket } | { readonly why: string };

export class FleetLiveQueries implements LiveQueryBackend {
  /** A campaign dies with its socket. */
  readonly rejoin = false;
  readonly #options: LiveQueryOptions;
  readonly #runs = new Map<string, RemoteRun>();

  constructor(options: LiveQueryOptions) {
    this.#options = options;
  }

  blocked(): string | undefined {
    return this.#options.account.blocked();
  }

  async launch(
    query: ApprovedQuery,
    hosts: readonly Host[],
    _options: LaunchOptions,
    signal: AbortSignal,
  ): Promise<{ readonly remoteId: string }> {
    signal.throwIfAborted();
    const { client, account } = this.#options;
    if (hosts.length === 0) throw new Problem('usage', 'No host was picked, so nothing was sent.', { source: client.source });
    // Whatever can be found out without harm is, before the one POST that counts.
    await account.proveLiveQueries(signal);
    // The socket comes first: a campaign that nobody listens to is lost, and without a socket none may be started.
    const opened = await this.#open(signal);
    const run =
      'socket' in opened
        ? await this.#startCampaign(query.sql, hosts, opened.socket, signal)
        : this.#oneByOne(query.sql, hosts, opened.why);
    this.#runs.set(run.remoteId, run);
    return { remoteId: run.remoteId };
  }

  async *updates(remoteId: string, _hosts: readonly Host[], options: LaunchOptions, signal: AbortSignal): AsyncGenerator<LiveUpdate> {
    const run = this.#runs.get(remoteId);
    if (!run) {
      const message = `Fleet '${this.#options.client.source}' cannot take up a live query of an earlier time again. Launch it anew.`;
      throw new Problem('unreachable', message, { source: this.#options.client.source, transient: false });
    }
    try {
      yield* run.updates(options, signal);
    } finally {
      this.#runs.delete(remoteId);
    }
  }

  async end(remoteId: string, reason: EndReason, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    return this.#runs.get(remoteId)?.end(reason);
  }

  close(): void {
    for (const run of this.#runs.values()) run.close();
    this.#runs.clear();
  }

  async #open(signal: AbortSignal): Promise<Opened> {
    const { client, log } = this.#options;
    try {
      return { socket: await client.openSocket(MAX_FRAME_BYTES, signal) };
    } catch (thrown) {
      if (isAbort(thrown)) throw thrown;
      const problem = toProblem(thrown);
      log.write('warn', problem.message, { source: client.source, detail: problem.detail });
      return { why: problem.detail || 'it could not be opened' };
    }
  }

  #oneByOne(sql: string, hosts: readonly Host[], why: string): RemoteRun {
    const { client, clock } = this.#options;
    return new SynchronousRun({ remoteId: `host by host ${randomUUID()}`, client, sql, hosts, clock, why });
  }

  async #startCampaign(sql: string, hosts: readonly Host[], socket: TextSocket, signal: AbortSignal): Promise<RemoteRun> {
    const { client, clock, leftOut } = this.#options;
    try {
      const { campaign } = this.#campaignIn(await this.#dispatch(sql, hosts, signal), hosts);
      socket.send(JSON.stringify({ type: 'select_campaign', data: { campaign_id: campaign.id } }));
      return new CampaignRun({
        source: client.source,
        campaignId: campaign.id,
        socket,
        hosts,
        targeted: campaign.Metrics?.TotalHosts,
        clock,
        leftOut: (count, stopped) => leftOut(hosts, count, stopped),
      });
    } catch (thrown) {
      socket.close();
      throw thrown;
    }
  }

  /** Explicit ids, nothing else: labels and teams are sets that the server would resolve anew. */
  async #dispatch(sql: string, hosts: readonly Host[], signal: AbortSignal): Promise<HttpReply> {
    const selected = { hosts: hosts.map(({ id }) => Number(id)), labels: [], teams: [] };
    try {
      return await this.#options.client.post('/queries/run', { query: sql, selected }, DOING, signal);
    } catch (thrown) {
      throw thrown instanceof Problem && thrown.kind === 'unreachable' ? this.#uncertain(thrown) : thrown;
    }
  }

  #campaignIn(reply: HttpReply, hosts: readonly Host[]) {
    const { client, account } = this.#options;
    if (reply.status === 400 && /no hosts targeted/i.test(reasonIn(reply))) {
      const meaning = account.restricted
        ? 'they are outside of the teams that this account may query'
        : 'they are no longer enrolled. List the hosts again';
      throw new Problem(
        account.restricted ? 'auth' : 'usage',
        `Fleet '${client.source}' takes none of the ${hostCount(hosts.length)} picked: ${meaning}. Nothing was started.`,
        {
          source: client.source,
          detail: `HTTP 400 ${reasonIn(reply)}`,
        },
      );
    }
    try {
      return client.read(reply, campaignReply, DOING);
    } catch (thrown) {
      const unsure = thrown instanceof Problem && (reply.status === 200 || reply.status === 408 || reply.status >= 500);
      throw unsure ? this.#uncertain(thrown) : thrown;
    }
  }

  /** The one POST that must never be repeated. */
  #uncertain(problem: Problem): Problem {
    return new Problem('unreachable', `${problem.message} The query may or may not have been started; it is not sent a second time.`, {
      source: this.#options.client.source,
      detail: problem.detail,
      transient: false,
      cause: problem,
    });
  }
}
