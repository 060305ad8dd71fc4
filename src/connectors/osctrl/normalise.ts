/** osctrl's records as rollcall's. Everything they say is hostile text and is cleaned here. */
import { contentKey } from '../../core/dedupe.ts';
import type { Host, HostAnswer, RawEvent, Row } from '../../core/model.ts';
import { clean, cleanRow } from '../../core/sanitize.ts';
import { titleOf } from '../../core/title.ts';
import { parseJson } from '../http-problem.ts';
import { answerShape, type OsctrlNode } from './shapes.ts';

/**
 * A node is online that spoke within this time. osctrl's own "active" (72 h by default) promises no answer; a node polls
 * every 60 s by default and `last_seen` is written up to 60 s late (contracts/osctrl.md 4).
 */
const ONLINE_MS = 10 * 60_000;

const NAME = 255;

/** 0.5.1 keeps the port that a node came from. */
const PORT = /(?<=^\d+\.\d+\.\d+\.\d+|\]):\d+$/;

/** osctrl keeps uuids in upper case, whatever case a host or a person writes. */
export const hostIdOf = (uuid: string): string => clean(uuid, NAME).toUpperCase();

/** `now`: the server's clock, epoch ms. `online`, `offline`, or `unknown` for a node that enrolled and never spoke since. */
export function toHost(node: OsctrlNode, source: string, now: number): Host {
  const id = hostIdOf(node.uuid);
  const hostname = clean(node.hostname, NAME) || clean(node.localname, NAME) || id;
  const seen = node.last_seen;
  return {
    id,
    source,
    kind: 'osctrl',
    hostname,
    displayName: clean(node.localname, NAME) || hostname,
    uuid: id,
    platform: clean(node.platform, NAME),
    osVersion: clean(node.platform_version, NAME),
    osqueryVersion: clean(node.osquery_version, NAME),
    status: seen === null ? 'unknown' : now - seen <= ONLINE_MS ? 'online' : 'offline',
    lastSeen: seen,
    ip: clean(node.ip_address.replace(PORT, ''), NAME),
    labels: [],
  };
}

/** A host of which only the uuid is known. */
export function hostOfUuid(uuid: string, source: string): Host {
  const id = hostIdOf(uuid);
  const unknown = { platform: '', osVersion: '', osqueryVersion: '', status: 'unknown', lastSeen: null, ip: '', labels: [] } as const;
  return { id, source, kind: 'osctrl', hostname: id, displayName: id, uuid: id, ...unknown };
}

/** One host's answer to one query. */
export type HostResult = {
  readonly uuid: string;
  /** Epoch ms, the server's clock. */
  readonly at: number;
  readonly status: number;
  /** Text of an `answerShape`. */
  readonly data: string;
};

export type Decoded = {
  readonly rows: readonly Row[];
  readonly raw: readonly unknown[];
  readonly skipped: number;
  readonly message: string;
};

/** The rows of an answer; undefined when `data` cannot be read. Rows that are no objects are counted. */
export function decode(data: string): Decoded | undefined {
  const parsed = answerShape.safeParse(parseJson(data));
  if (!parsed.success) return undefined;
  const rows: Row[] = [];
  const raw: unknown[] = [];
  for (const item of parsed.data.result ?? []) {
    const row = cleanRow(item);
    if (!row) continue;
    rows.push(row);
    raw.push(item);
  }
  return { rows, raw, skipped: (parsed.data.result?.length ?? 0) - rows.length, message: clean(parsed.data.message ?? '') };
}

/** The answer of a host to a live query; `at` as the caller's clock has it. An answer that cannot be read is an error. */
export function toAnswer(result: HostResult, at: number): HostAnswer {
  const hostId = hostIdOf(result.uuid);
  const decoded = decode(result.data);
  if (result.status !== 0) {
    const error = decoded?.message || `osquery gave status ${result.status} and no message`;
    return { hostId, at, state: /\bdenylisted\b/i.test(error) ? 'denylisted' : 'error', error };
  }
  if (!decoded) return { hostId, at, state: 'error', error: 'it answered, but what osctrl kept of the answer cannot be read' };
  const { rows, skipped } = decoded;
  return { hostId, at, state: 'rows', rows, ...(skipped > 0 ? { note: `${skipped} rows could not be read` } : {}) };
}

/** What all events of one query share. */
export type QueryFacts = { readonly name: string; readonly creator: string; readonly sql: string; readonly tables: readonly string[] };

/** Longest SQL text kept with each event. */
const RAW_SQL = 8_192;

/**
 * One event per row. A query of osctrl runs once, under a name of its own, so a row is source, host, query and content
 * (interface.md "Identity"): the host that answers the same query twice is not news, another run of the same SQL is.
 */
export function toEvents(result: HostResult, { rows, raw }: Decoded, query: QueryFacts, source: string, hostname: string): RawEvent[] {
  const hostId = hostIdOf(result.uuid);
  const queryName = clean(query.name, NAME);
  const { name, creator } = query;
  const record = { name, creator, query: query.sql.slice(0, RAW_SQL) };
  return rows.map((row, index) => ({
    dedupeKey: contentKey({ source, host: hostId, query: queryName, row }),
    time: result.at,
    source,
    connector: 'osctrl',
    kind: 'query_row',
    eventType: 'osquery_query_row',
    title: titleOf({ tables: query.tables, queryName, action: null, row }),
    hostname,
    hostId,
    hostUuid: hostId,
    tables: query.tables,
    queryName,
    action: null,
    row,
    raw: { query: record, uuid: result.uuid, created_at: new Date(result.at).toISOString(), row: raw[index] },
  }));
}
