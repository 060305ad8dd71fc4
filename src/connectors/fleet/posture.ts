/**
 * Host events: a change of a host's status against the state that was kept, and hosts that are new. Fleet itself has no
 * such history; the first listing of a source sets the state and says nothing.
 */
import { z } from 'zod';
import { dedupeKey } from '../../core/dedupe.ts';
import type { Host, HostStatus, RawEvent, Severity } from '../../core/model.ts';
import type { Cursor, EventBatch, EventFeed, KeyValueStore } from '../../core/ports.ts';
import { isoUtc } from '../../core/time.ts';
import { parseJson } from '../http-problem.ts';
import { type HostPage, MISSING_AFTER_MS, type SeenHost } from './hosts.ts';

/** The documented severities (contracts/aisoc.md 1.3). */
const SEVERITY: Readonly<Record<HostStatus, Severity>> = { online: 'info', offline: 'low', missing: 'medium', unknown: 'info' };

/**
 * `turn` counts a host's changes. It is part of a change's identity, so that the same change, found again after a crash
 * or by a second process before the state was kept, has the same key, and the next one another.
 */
const keptState = z.object({ status: z.enum(['online', 'offline', 'missing', 'unknown']), turn: z.int() });
type KeptState = z.infer<typeof keptState>;

/** Epoch ms of the last complete listing; none while the first one is under way. */
const cursorShape = z.object({ complete: z.int().nullable() });

export type PostureOptions = {
  readonly source: string;
  readonly everyMs: number;
  readonly store: KeyValueStore;
  /** Epoch ms. */
  readonly now: () => number;
  list(signal: AbortSignal): AsyncIterable<HostPage>;
};

type Change = { readonly seen: SeenHost; readonly next: KeptState; readonly event: RawEvent | undefined };

export function postureFeed(options: PostureOptions): EventFeed {
  const { source, everyMs, store, now, list } = options;
  const space = `fleetdm.${source}.posture`;

  async function* read(from: Cursor | undefined, _since: number, signal: AbortSignal): AsyncGenerator<EventBatch> {
    const before = lastListing(from);
    const startedAt = now();
    const unfinished = JSON.stringify({ complete: before });
    for await (const { hosts, ...skipped } of list(signal)) {
      const changes = hosts.flatMap(seen => changeOf(seen, stateIn(store.get(space, seen.host.id))) ?? []);
      yield { events: changes.flatMap(change => change.event ?? []), ...skipped, cursor: unfinished };
      // The events are on disk now; only then may the state that they came from be given up.
      for (const { seen, next } of changes) store.set(space, seen.host.id, JSON.stringify(next));
    }
    yield { events: [], skipped: 0, cursor: JSON.stringify({ complete: startedAt }) };

    function changeOf(seen: SeenHost, kept: KeptState | undefined): Change | undefined {
      const { status } = seen.host;
      if (kept?.status === status) return undefined;
      const next = { status, turn: (kept?.turn ?? 0) + 1 };
      if (!kept && before === null) return { seen, next, event: undefined };
      const event = hostEvent(seen, kept, next, changedAt(seen.host, before ?? startedAt, now()));
      return { seen, next, event };
    }
  }

  return { name: 'posture', cadence: { everyMs }, read };
}

const lastListing = (cursor: Cursor | undefined): number | null => cursorShape.safeParse(parseJson(cursor ?? '')).data?.complete ?? null;

const stateIn = (text: string | undefined): KeptState | undefined => keptState.safeParse(parseJson(text ?? '')).data;

/** Fleet takes a host for offline its polling interval and this grace after its last sign of life. */
const OFFLINE_GRACE_MS = 60_000;
const AFTER_LAST_SEEN: Readonly<Record<HostStatus, number>> = {
  online: 0,
  offline: OFFLINE_GRACE_MS,
  missing: MISSING_AFTER_MS,
  unknown: 0,
};

/** When the status changed (epoch ms): reckoned from the last sign of life, and certainly between the two listings. */
function changedAt({ status, lastSeen }: Host, before: number, now: number): number {
  const reckoned = lastSeen === null ? now : lastSeen + AFTER_LAST_SEEN[status];
  return Math.min(Math.max(reckoned, before), Math.max(now, before));
}

function titleOf({ status, lastSeen }: Host, kept: KeptState | undefined): string {
  const seen = lastSeen === null ? 'never seen' : `last seen ${isoUtc(lastSeen)}`;
  if (!kept) return `new host, ${status}, ${seen}`;
  return `host ${status}, was ${kept.status}, ${seen}`;
}

function hostEvent({ host, raw }: SeenHost, kept: KeptState | undefined, next: KeptState, time: number): RawEvent {
  const severity = kept ? SEVERITY[host.status] : 'info';
  return {
    dedupeKey: dedupeKey(['host_status', host.source, host.id, kept?.status ?? 'new', next.status, next.turn]),
    time,
    source: host.source,
    connector: 'fleetdm',
    kind: 'host',
    eventType: 'host_status',
    title: titleOf(host, kept),
    hostname: host.hostname,
    hostId: host.id,
    hostUuid: host.uuid,
    tables: [],
    queryName: null,
    action: null,
    row: {
      status: host.status,
      previous: kept?.status ?? null,
      last_seen: host.lastSeen === null ? null : isoUtc(host.lastSeen),
      platform: host.platform,
      os_version: host.osVersion,
      ip: host.ip,
    },
    raw,
    judged: { severity, reason: kept ? `host status ${host.status}: ${severity}` : 'new host: info' },
  };
}
