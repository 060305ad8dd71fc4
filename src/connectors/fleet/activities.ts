/** Fleet's own audit trail as info events: who ran which live query, who changed what. Off unless the settings ask for it. */
import { dedupeKey } from '../../core/dedupe.ts';
import type { RawEvent } from '../../core/model.ts';
import type { Cursor, EventBatch, EventFeed } from '../../core/ports.ts';
import { clean, cleanRow } from '../../core/sanitize.ts';
import { type Activity, activitiesReply, activity } from './api.ts';
import type { FleetClient, Parameters } from './client.ts';
import { fleetTime } from './hosts.ts';

const PAGE = 100;
const DOING = 'reading its activities';

export type ActivityOptions = {
  readonly client: FleetClient;
  readonly everyMs: number;
  /** Stands where other events have their host: an activity is the server's own. */
  readonly serverName: string;
  /** Epoch ms. */
  readonly now: () => number;
};

type Page = { readonly items: readonly unknown[]; readonly found: readonly { readonly known: Activity; readonly raw: unknown }[] };

/** The cursor is the id of the newest activity that was read; `after` goes on from it (contracts/fleet.md 8). */
export function activitiesFeed({ client, everyMs, serverName, now }: ActivityOptions): EventFeed {
  async function page(parameters: Parameters, signal: AbortSignal): Promise<Page> {
    const { activities: items } = await client.get(
      '/activities',
      { order_key: 'id', per_page: PAGE, ...parameters },
      activitiesReply,
      DOING,
      signal,
    );
    return { items, found: items.flatMap(raw => ({ known: activity.safeParse(raw).data, raw })).filter(isKnown) };
  }

  /** Events of a page, oldest first. `before` is the cursor's id so far. */
  function batch({ items, found }: Page, before: number, since = 0): EventBatch {
    const all = found.map(({ known, raw }) => activityEvent(known, raw, { source: client.source, serverName, now: now() }));
    const newest = Math.max(before, ...found.map(({ known }) => known.id));
    return { events: all.filter(({ time }) => time >= since), skipped: items.length - found.length, cursor: String(newest) };
  }

  /** Newest first, back to `since`; given oldest first, so that a cursor never skips what is still to come. */
  async function firstPages(since: number, signal: AbortSignal): Promise<Page[]> {
    const pages: Page[] = [];
    for (let number = 0; ; number += 1) {
      const { items, found } = await page({ order_direction: 'desc', page: number }, signal);
      pages.unshift({ items, found: found.toReversed() });
      if (items.length < PAGE || found.some(({ known }) => (fleetTime(known.created_at) ?? since) < since)) return pages;
    }
  }

  async function* read(from: Cursor | undefined, since: number, signal: AbortSignal): AsyncGenerator<EventBatch> {
    let last = Number(from ?? 0);
    if (from === undefined) {
      for (const first of await firstPages(since, signal)) {
        const got = batch(first, last, since);
        last = Number(got.cursor);
        yield got;
      }
      return;
    }
    for (;;) {
      const next = await page({ after: last }, signal);
      const got = batch(next, last);
      yield got;
      if (next.items.length < PAGE || Number(got.cursor) === last) return;
      last = Number(got.cursor);
    }
  }

  return { name: 'activities', cadence: { everyMs }, read };
}

const isKnown = (item: { known: Activity | undefined; raw: unknown }): item is { known: Activity; raw: unknown } =>
  item.known !== undefined;

type Context = { readonly source: string; readonly serverName: string; readonly now: number };

function activityEvent(known: Activity, raw: unknown, { source, serverName, now }: Context): RawEvent {
  const actor = clean(known.actor_full_name || known.actor_email || 'Fleet', 120);
  const what = clean(known.type.replaceAll('_', ' '), 80);
  const details = cleanRow(known.details) ?? {};
  const subject = details.query_name ?? details.query_sql ?? '';
  return {
    dedupeKey: dedupeKey(['activity', source, known.id]),
    time: fleetTime(known.created_at) ?? now,
    source,
    connector: 'fleetdm',
    kind: 'status',
    eventType: 'agent_status',
    title: clean(`${actor}: ${what}${subject ? `: ${subject}` : ''}`, 200),
    hostname: serverName,
    hostId: '',
    hostUuid: '',
    tables: [],
    queryName: null,
    action: null,
    row: { actor, activity: what, ...details },
    raw,
    judged: { severity: 'info', reason: 'activity of a Fleet user: info' },
  };
}
