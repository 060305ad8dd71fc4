/** osctrl: hosts, live queries and their results through osctrl-api (contracts/osctrl.md). */
import { z } from 'zod';
import type { Host } from '../../core/model.ts';
import type { Connector, SourceReport } from '../../core/ports.ts';
import { baseUrl, type ConnectorDeps, type ConnectorModule, pollIntervalSeconds } from '../module.ts';
import { OsctrlApi } from './api.ts';
import { checkAccount } from './check.ts';
import { Directory } from './directory.ts';
import { QueryResultsFeed } from './feed.ts';
import { type Listing, listHosts } from './hosts.ts';
import { OsctrlLiveQuery } from './live-query.ts';
import { hostOfUuid } from './normalise.ts';
import { isUuid, Session } from './session.ts';

/** `environment`: name or UUID; osctrl 0.5.1 and older take the UUID only. */
export const osctrlSettings = z.object({
  /** Of osctrl-api, or of the proxy before it; an `/api/v1` at its end is left out. */
  base_url: baseUrl.transform(url => url.replace(/\/api(\/v1)?$/, '')),
  environment: z
    .string()
    .trim()
    .default('')
    .transform(name => name || 'prod'),
  poll_interval_seconds: pollIntervalSeconds,
});
export type OsctrlSettings = z.output<typeof osctrlSettings>;

class OsctrlConnector implements Connector {
  readonly kind = 'osctrl';
  readonly id: string;
  readonly feeds: readonly [QueryResultsFeed];
  readonly liveQuery: OsctrlLiveQuery;
  readonly #session: Session;
  readonly #directory: Directory;
  readonly #insecure: boolean;
  #listing: Listing = { skipped: 0, shared: 0 };

  constructor(settings: OsctrlSettings, { id, http, clock, secret, log, insecure }: ConnectorDeps) {
    this.id = id;
    this.#insecure = insecure;
    const api = new OsctrlApi({ source: id, http: http({ baseUrl: settings.base_url }), clock, secret }, settings.environment);
    this.#session = new Session(api, settings.environment);
    this.#directory = new Directory(this.#session);
    this.feeds = [new QueryResultsFeed(this.#session, this.#directory, log, settings.poll_interval_seconds * 1_000)];
    this.liveQuery = new OsctrlLiveQuery(this.#session);
  }

  check(signal: AbortSignal): Promise<SourceReport> {
    return checkAccount(this.#session, signal);
  }

  async *hosts(signal: AbortSignal): AsyncGenerator<readonly Host[]> {
    const done = (listing: Listing) => {
      this.#listing = listing;
      this.#directory.listed();
    };
    for await (const page of listHosts(this.#session, signal, done)) {
      this.#directory.add(page);
      yield page;
    }
  }

  hostsByUuid(uuids: readonly string[]): Host[] {
    const distinct = new Set(uuids.filter(isUuid).map(uuid => uuid.toUpperCase()));
    return [...distinct].map(uuid => hostOfUuid(uuid, this.id));
  }

  remarks(): readonly string[] {
    const { skipped, shared } = this.#listing;
    return [
      ...(this.#insecure ? ['TLS is not verified: whoever is in between can read and change everything.'] : []),
      ...(shared > 0 ? [`${shared} nodes have the uuid of another node and are left out: osctrl cannot address them apart.`] : []),
      ...(skipped > 0 ? [`${skipped} node records could not be read.`] : []),
      ...this.feeds[0].remarks,
    ];
  }
}

export const osctrl: ConnectorModule<OsctrlSettings> = {
  kind: 'osctrl',
  title: 'osctrl',
  settings: osctrlSettings,
  create: (settings, deps) => new OsctrlConnector(settings, deps),
};
