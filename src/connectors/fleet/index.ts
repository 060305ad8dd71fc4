/** FleetDM: hosts, posture and report events, live queries over campaigns. The server's behaviour: contracts/fleet.md. */
import { z } from 'zod';
import type { Host } from '../../core/model.ts';
import type { Connector } from '../../core/ports.ts';
import { isAbort, toProblem } from '../../core/problem.ts';
import { baseUrl, type ConnectorDeps, type ConnectorModule, pollIntervalSeconds } from '../module.ts';
import { Account } from './account.ts';
import { activitiesFeed } from './activities.ts';
import { FleetClient } from './client.ts';
import { HostDirectory, type Listing, listHosts } from './hosts.ts';
import { FleetLiveQueries } from './live-query.ts';
import { hostsLeftOut } from './narrowing.ts';
import { postureFeed } from './posture.ts';
import { ReportsFeed } from './reports.ts';
import { Session } from './session.ts';

/** As a flag gives it; an empty one is none. */
const wholeNumber = z
  .string()
  .trim()
  .regex(/^\d{0,9}$/, 'must be a whole number')
  .transform(text => (text === '' ? undefined : Number(text)));

export const fleetSettings = z.strictObject({
  /** Address of the server; `/api` is added by us, and left out where it stands already. */
  base_url: baseUrl.transform(url => url.replace(/\/api(\/(v1|latest)(\/fleet)?)?$/, '')),
  /** Only this team's hosts and reports; 0 is "no team". Premium. */
  team_id: z.union([z.int().nonnegative(), wholeNumber]).optional(),
  /** Log in as this account, with the secret as its password. Without it the secret is an API token. */
  email: z.string().trim().min(1).optional(),
  poll_interval_seconds: pollIntervalSeconds,
  /** Also read who did what in Fleet, as info events. */
  activities: z.boolean().default(false),
});
export type FleetSettings = z.infer<typeof fleetSettings>;

/** A listing that only serves to look hosts up is not repeated within this time. */
const LOOK_UP_EVERY_MS = 60_000;
/** Listing may keep the server busy for a twentieth of the time. */
const LISTING_SHARE = 20;

class FleetConnector implements Connector {
  readonly id: string;
  readonly kind = 'fleetdm';
  readonly feeds: Connector['feeds'];
  readonly liveQuery: FleetLiveQueries;
  readonly #deps: ConnectorDeps;
  readonly #session: Session;
  readonly #account: Account;
  readonly #reports: ReportsFeed;
  readonly #listing: Listing;
  readonly #everyMs: number;
  #lookedUpAt = Number.NEGATIVE_INFINITY;
  #lookUp: Promise<void> = Promise.resolve();
  /** ms that the last listing took. */
  #listingTook = 0;

  constructor(settings: FleetSettings, deps: ConnectorDeps) {
    const { id: source, clock, log, store, secret } = deps;
    const { base_url: baseUrl, team_id: teamId, email } = settings;
    const everyMs = settings.poll_interval_seconds * 1_000;
    const now = () => clock.now();
    const http = deps.http({ baseUrl });
    this.id = source;
    this.#everyMs = everyMs;
    this.#deps = deps;
    this.#session = new Session({ source, email, baseUrl, secret, http, clock, store });
    const client = new FleetClient({ source, http, clock, session: this.#session });
    this.#account = new Account(client, teamId);
    this.#listing = { client, directory: new HostDirectory(), teamId, labels: false, now };
    this.#reports = new ReportsFeed({
      client,
      directory: this.#listing.directory,
      teamId,
      everyMs,
      store,
      log,
      now,
      teams: signal => this.#account.teams(signal),
      learnHosts: signal => this.#lookUpHosts(signal),
    });
    const posture = postureFeed({ source, everyMs, store, now, list: signal => listHosts(this.#listing, signal) });
    const serverName = new URL(baseUrl).hostname;
    const activities = settings.activities ? [activitiesFeed({ client, everyMs, serverName, now })] : [];
    this.feeds = [posture, this.#reports, ...activities];
    this.liveQuery = new FleetLiveQueries({
      client,
      account: this.#account,
      clock,
      log,
      leftOut: (hosts, count, signal) => hostsLeftOut(hosts, count, this.#account, this.#listing, log, signal),
    });
  }

  /** A minute; more where listing is much work for the server, but never more than the poll interval. */
  get hostsEveryMs(): number {
    return Math.min(this.#everyMs, Math.max(60_000, this.#listingTook * LISTING_SHARE));
  }

  check(signal: AbortSignal) {
    return this.#account.check(signal);
  }

  /** Learns on the way what the account may do: `liveQuery.blocked` asks without an exchange. */
  async *hosts(signal: AbortSignal): AsyncGenerator<readonly Host[]> {
    await this.#account.refresh(signal);
    const startedAt = this.#deps.clock.now();
    for await (const { hosts, skipped, skippedSample } of listHosts({ ...this.#listing, labels: true }, signal)) {
      if (skipped > 0) this.#deps.log.write('warn', 'hosts skipped', { source: this.id, count: skipped, sample: skippedSample ?? '' });
      yield hosts.map(({ host }) => host);
    }
    this.#listingTook = this.#deps.clock.now() - startedAt;
  }

  remarks(): readonly string[] {
    const insecure = this.#deps.insecure ? ['TLS is not verified: whoever is in between can read and change everything.'] : [];
    return [...insecure, ...this.#account.remarks(), ...this.#reports.remarks()];
  }

  async close(): Promise<void> {
    this.liveQuery.close();
    this.#session.close();
  }

  /** One listing serves everybody who waits for it. */
  #lookUpHosts(signal: AbortSignal): Promise<void> {
    const now = this.#deps.clock.now();
    if (now - this.#lookedUpAt >= LOOK_UP_EVERY_MS) {
      this.#lookedUpAt = now;
      this.#lookUp = this.#listOnce(signal);
    }
    return this.#lookUp;
  }

  /** Events are worth more than the uuids in them: a failure is logged only. */
  async #listOnce(signal: AbortSignal): Promise<void> {
    try {
      const pages = listHosts(this.#listing, signal);
      while (!(await pages.next()).done) signal.throwIfAborted();
    } catch (thrown) {
      if (isAbort(thrown)) throw thrown;
      this.#deps.log.write('warn', toProblem(thrown).message, { source: this.id });
    }
  }
}

export const fleetdm: ConnectorModule<FleetSettings> = {
  kind: 'fleetdm',
  title: 'FleetDM',
  settings: fleetSettings,
  create: (settings, deps) => new FleetConnector(settings, deps),
};
