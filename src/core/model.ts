/** The words of rollcall: what every room of the house talks about. Plain data, no behaviour. */

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One row as osquery sends it: every value a string; `null` where a server delivers one. Column order is kept. */
export type Row = Readonly<Record<string, string | null>>;

export type ConnectorKind = 'osctrl' | 'fleetdm' | 'direct';

export type HostStatus = 'online' | 'offline' | 'missing' | 'unknown';

/** One host of one source. `id` is unique within its source; hostnames are not. All text is already printable (`sanitize`). */
export type Host = {
  readonly id: string;
  readonly source: string;
  readonly kind: ConnectorKind;
  readonly hostname: string;
  readonly displayName: string;
  readonly uuid: string;
  /** osquery's `os_version.platform` where known ("ubuntu", "darwin", "windows"), else what the server says. */
  readonly platform: string;
  readonly osVersion: string;
  readonly osqueryVersion: string;
  readonly status: HostStatus;
  /** Epoch ms, null when the host never checked in. */
  readonly lastSeen: number | null;
  readonly ip: string;
  readonly labels: readonly string[];
};

export type EventKind = 'host' | 'query_row' | 'status';
export type EventType = 'osquery_query_row' | 'host_status' | 'agent_status';
export type EventAction = 'added' | 'removed' | 'snapshot';

/**
 * What a connector hands over: parsed, cleaned (`sanitize`) and typed, with its identity, but not yet judged.
 * `raw` is the server's own record, kept for evidence and never printed as it is.
 */
export type RawEvent = {
  /** Its identity over all sources, made by `core/dedupe.ts`; the beginning of it is the event's id. */
  readonly dedupeKey: string;
  /** Epoch ms of the thing itself (the result, the log line, the change), never of its query. */
  readonly time: number;
  readonly source: string;
  readonly connector: ConnectorKind;
  readonly kind: EventKind;
  readonly eventType: EventType;
  readonly title: string;
  readonly hostname: string;
  readonly hostId: string;
  readonly hostUuid: string;
  /** Tables that produced the row, most telling first; empty when unknown. From the SQL, or the query's name. */
  readonly tables: readonly string[];
  readonly queryName: string | null;
  readonly action: EventAction | null;
  readonly row: Row;
  readonly raw: unknown;
  /** Set by connectors whose severity does not come from a table: host status, agent status logs. */
  readonly judged?: { readonly severity: Severity; readonly reason: string };
};

/** An event as stored, shown and printed. */
export type FeedEvent = Omit<RawEvent, 'tables' | 'judged'> & {
  readonly id: string;
  /** Epoch ms at which rollcall first saw it. */
  readonly seenAt: number;
  readonly severity: Severity;
  readonly severityReason: string;
  readonly table: string | null;
  /** All tables that produced the row, where there is more than the one. */
  readonly tables?: readonly string[];
  readonly attack: readonly string[];
  /** Set when nothing like it was seen before: on this host, or in the whole fleet (and so on this host either). */
  readonly isNew?: 'host' | 'fleet';
  /** Ids of the rules that matched, where any did. */
  readonly rules?: readonly string[];
};

/** What one host said to a live query. `at` is epoch ms. */
export type HostAnswer =
  | { readonly hostId: string; readonly at: number; readonly state: 'rows'; readonly rows: readonly Row[]; readonly note?: string }
  | { readonly hostId: string; readonly at: number; readonly state: 'error' | 'denylisted'; readonly error: string };

export type HealthLevel = 'starting' | 'ok' | 'degraded' | 'down';

/** State of one source, or of one of its feeds, as the Sources screen shows it. */
export type Health = {
  readonly source: string;
  readonly kind: ConnectorKind;
  readonly level: HealthLevel;
  /** One sentence; empty when all is well. */
  readonly reason: string;
  /** Standing remarks that are not failures: "TLS is not verified", "report 7 is clipped, 3 h old". */
  readonly remarks: readonly string[];
  /** Epoch ms of the last successful exchange, and of the newest event. */
  readonly lastContact: number | null;
  readonly lastEvent: number | null;
  /** ms that the newest event of the last delivery took to come here; null before there was one. See `lagOf`. */
  readonly delay?: number | null;
  /** Epoch ms since which every polled feed was read to its end; null when one never was, absent where hosts send by themselves. */
  readonly caughtUpAt?: number | null;
  readonly events: number;
  readonly skipped: number;
  readonly reconnects: number;
  readonly version: string;
};
