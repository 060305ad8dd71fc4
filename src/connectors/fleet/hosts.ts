/** Hosts of a Fleet server: paging that works on its API, and its record as our `Host` (contracts/fleet.md 4). */
import type { Host, HostStatus } from '../../core/model.ts';
import { Problem } from '../../core/problem.ts';
import { clean } from '../../core/sanitize.ts';
import { parseTime } from '../../core/time.ts';
import { type FleetHost, fleetHost, hostsReply } from './api.ts';
import type { FleetClient, Parameters } from './client.ts';

const PAGE = 500;
const DAY_MS = 86_400_000;
/** Fleet's own limit: a host that was not seen for longer is missing. */
export const MISSING_AFTER_MS = 30 * DAY_MS;
const YEAR_2000 = Date.UTC(2000);

/** Epoch ms; null for Fleet's zero time and for anything that is no time. */
export function fleetTime(text: string): number | null {
  const ms = parseTime(text, 0);
  return ms === undefined || ms < YEAR_2000 ? null : ms;
}

/** The JSON knows only online and offline; missing is a filter there, so it is computed here the way the filter is. */
export function statusOf({ status }: Pick<FleetHost, 'status'>, lastSeen: number | null, now: number): HostStatus {
  if (status === 'online' || status === 'new') return 'online';
  if (status === 'missing' || status === 'mia') return 'missing';
  if (lastSeen !== null && now - lastSeen > MISSING_AFTER_MS) return 'missing';
  return status === 'offline' ? 'offline' : 'unknown';
}

/** A host as listed: ours, its team, and the server's record. */
export type SeenHost = { readonly host: Host; readonly teamId: number | null; readonly raw: unknown };

export type HostPage = { readonly hosts: readonly SeenHost[]; readonly skipped: number; readonly skippedSample?: string };

function toHost(found: FleetHost, source: string, now: number): Host {
  const lastSeen = fleetTime(found.seen_time);
  const name = clean(found.hostname || found.computer_name || found.uuid || `host ${found.id}`, 255);
  const labels = found.labels.map(label => clean(label.name, 255)).filter(label => label !== '');
  return {
    id: String(found.id),
    source,
    kind: 'fleetdm',
    hostname: name,
    displayName: clean(found.display_name || found.computer_name, 255) || name,
    uuid: clean(found.uuid, 255),
    platform: clean(found.platform, 64),
    osVersion: clean(found.os_version, 255),
    osqueryVersion: clean(found.osquery_version, 64),
    status: statusOf(found, lastSeen, now),
    lastSeen,
    ip: clean(found.primary_ip || found.public_ip, 64),
    labels: found.team_name ? [...labels, `team:${clean(found.team_name, 255)}`] : labels,
  };
}

/** What the connector has learnt about hosts from any listing; other parts look names up in it. */
export class HostDirectory {
  readonly #known = new Map<string, SeenHost>();

  learn(hosts: readonly SeenHost[]): void {
    for (const { host, teamId } of hosts) this.#known.set(host.id, { host, teamId, raw: undefined });
  }

  find(id: string): SeenHost | undefined {
    return this.#known.get(id);
  }
}

export type Listing = {
  readonly client: FleetClient;
  readonly directory: HostDirectory;
  readonly teamId: number | undefined;
  /** Labels cost the server some seconds per thousand hosts. */
  readonly labels: boolean;
  /** Epoch ms. */
  readonly now: () => number;
};

/** All hosts, page by page. Throws `Problem`. */
export async function* listHosts(listing: Listing, signal: AbortSignal): AsyncGenerator<HostPage> {
  const { client, directory, teamId, labels, now } = listing;
  const common: Parameters = { per_page: PAGE, team_id: teamId, disable_issues: true, populate_labels: labels || undefined };
  for await (const items of pages(client, common, signal)) {
    const read = items.map(raw => ({ raw, parsed: fleetHost.safeParse(raw) }));
    const hosts = read.flatMap(({ raw, parsed: { data } }) =>
      data ? [{ host: toHost(data, client.source, now()), teamId: data.team_id ?? null, raw }] : [],
    );
    const sample = read.find(({ parsed }) => !parsed.success);
    directory.learn(hosts);
    const skippedSample = sample && clean(JSON.stringify(sample.raw) ?? '', 500);
    yield { hosts, skipped: read.length - hosts.length, ...(skippedSample === undefined ? {} : { skippedSample }) };
  }
}

const highestId = (items: readonly unknown[]): number =>
  Math.max(-1, ...items.map(item => (typeof item === 'object' && item && 'id' in item && typeof item.id === 'number' ? item.id : -1)));

/**
 * `order_key=h.id&after=` is the one cursor that works: `id` is ambiguous, anything else skips ties (contracts/fleet.md
 * 1.7). A version that does not know it answers 422 and is read by page numbers.
 */
async function* pages(client: FleetClient, common: Parameters, signal: AbortSignal): AsyncGenerator<readonly unknown[]> {
  const fetch = async (parameters: Parameters) =>
    (await client.get('/hosts', { ...common, ...parameters }, hostsReply, 'listing the hosts', signal)).hosts;
  let after = 0;
  let byNumber = false;
  for (let page = 0; ; page += 1) {
    const items = byNumber
      ? await fetch({ order_key: 'id', page })
      : await fetch({ order_key: 'h.id', after }).catch(thrown => {
          if (page > 0 || !(thrown instanceof Problem) || !thrown.detail.startsWith('HTTP 422')) throw thrown;
          byNumber = true;
          return fetch({ order_key: 'id', page });
        });
    if (items.length > 0) yield items;
    if (items.length < PAGE) return;
    const last = highestId(items);
    if (!byNumber && last <= after) {
      throw new Problem(
        'unreachable',
        `Fleet '${client.source}' gives the same page of hosts again: it does not page by id, so its hosts cannot be listed.`,
        {
          source: client.source,
          transient: false,
        },
      );
    }
    after = last;
  }
}
