/** From what a connector read to what is stored and shown: severity, why, ATT&CK, the rules that matched, a stable id. */
import type { FilteredEvent } from './filter.ts';
import type { ConnectorKind, EventAction, EventKind, EventType, FeedEvent, RawEvent, Row, Severity } from './model.ts';
import { decide, type Facts, NO_RULES, type RuleSet } from './rules/compile.ts';
import type { Rule } from './rules/rule.ts';
import { severityOfTables } from './severity.ts';
import type { Platform } from './template.ts';
import { isoUtc } from './time.ts';
import { stateAt, type Triage, type TriageState } from './triage.ts';

/** ATT&CK techniques that a table is a direct witness of: what starts by itself, who may come in. */
const ATTACK_BY_TABLE: ReadonlyMap<string, string> = new Map([
  ['startup_items', 'T1547'],
  ['autoexec', 'T1547'],
  ['kernel_modules', 'T1547.006'],
  ['kernel_extensions', 'T1547.006'],
  ['system_extensions', 'T1547.006'],
  ['crontab', 'T1053.003'],
  ['scheduled_tasks', 'T1053.005'],
  ['launchd', 'T1543.001'],
  ['launchd_overrides', 'T1543.001'],
  ['systemd_units', 'T1543.002'],
  ['services', 'T1543.003'],
  ['wmi_event_filters', 'T1546.003'],
  ['wmi_filter_consumer_binding', 'T1546.003'],
  ['wmi_cli_event_consumers', 'T1546.003'],
  ['wmi_script_event_consumers', 'T1546.003'],
  ['appcompat_shims', 'T1546.011'],
  ['authorized_keys', 'T1098.004'],
  ['sudoers', 'T1548.003'],
  ['suid_bin', 'T1548.001'],
  ...[
    'browser_extensions',
    'chrome_extensions',
    'chrome_extension_content_scripts',
    'firefox_addons',
    'safari_extensions',
    'ie_extensions',
    'browser_plugins',
  ].map(table => [table, 'T1176'] as const),
]);

/** Digits of its key that name an event: a shorter name, which still is nobody else's. */
const ID_LENGTH = 24;

function attackOf(tables: readonly string[], matched: readonly Rule[]): readonly string[] {
  const found = tables.map(table => ATTACK_BY_TABLE.get(table.trim().toLowerCase())).filter(id => id !== undefined);
  return [...new Set([...found, ...matched.flatMap(({ attack }) => attack)])];
}

/** What rules see of an event, stored or not. `platform` of its host, where it is known. */
export function factsOfEvent(event: FilteredEvent, platform?: Platform): Facts {
  const { kind, table, tables = table === null ? [] : [table], action, queryName, row } = event;
  return { kind, tables, action, queryName, row, platform };
}

/**
 * The event that is stored and shown. `seenAt`: epoch ms at which rollcall first saw it. The table gives the severity
 * (or the connector, where it judged), then the rules speak. The same record gives the same id.
 */
export function judge(raw: RawEvent, seenAt: number, rules: RuleSet = NO_RULES, platform?: Platform): FeedEvent {
  const { tables, judged, ...event } = raw;
  const { table, ...byTable } = severityOfTables(tables);
  const base = judged ?? byTable;
  const matched = rules.matching({ ...event, tables, platform });
  const { severity, by } = decide(base.severity, matched);
  return {
    ...event,
    id: raw.dedupeKey.slice(0, ID_LENGTH),
    seenAt,
    severity,
    severityReason: by ? `rule ${by.id}: ${severity} (${base.reason})` : base.reason,
    table,
    ...(tables.length > 1 && { tables }),
    attack: attackOf(tables, matched),
    ...(matched.length > 0 && { rules: matched.map(({ id }) => id) }),
  };
}

/** `at`, `until`: RFC 3339. `reason`: the words of the decision; `comments`: how many there are. */
export type TriageJson = {
  state: TriageState;
  who: string | null;
  at: string | null;
  until: string | null;
  reason: string;
  comments: number;
};

/** An event as scripts get it (interface.md "feed"). */
export type EventJson = {
  id: string;
  dedupe_key: string;
  time: string;
  seen_at: string;
  source: string;
  connector: ConnectorKind;
  category: 'endpoint';
  kind: EventKind;
  event_type: EventType;
  severity: Severity;
  severity_reason: string;
  title: string;
  hostname: string;
  host_id: string;
  host_uuid: string;
  osquery_table: string | null;
  query_name: string | null;
  action: EventAction | null;
  attack: readonly string[];
  row: Row;
  raw: unknown;
  rules: readonly string[];
  new: 'host' | 'fleet' | null;
  triage: TriageJson;
};

/** Where an event stands at `now` (epoch ms); what nobody touched is new. */
export function triageToJson(triage: Triage | undefined, now: number): TriageJson {
  const { who = null, at, until, reason = '', comments = 0 } = triage ?? {};
  const iso = (time: number | null | undefined) => (time === null || time === undefined ? null : isoUtc(time));
  return { state: stateAt(triage, now), who, at: iso(at), until: iso(until), reason, comments };
}

/**
 * The documented object, keys in the documented order. `raw` is the server's own record: print it with `safeJson`. `now`
 * (epoch ms) says whether a sleeping event sleeps.
 */
export const eventToJson = (event: FeedEvent, triage?: Triage, now = 0): EventJson => ({
  id: event.id,
  dedupe_key: event.dedupeKey,
  time: isoUtc(event.time),
  seen_at: isoUtc(event.seenAt),
  source: event.source,
  connector: event.connector,
  category: 'endpoint',
  kind: event.kind,
  event_type: event.eventType,
  severity: event.severity,
  severity_reason: event.severityReason,
  title: event.title,
  hostname: event.hostname,
  host_id: event.hostId,
  host_uuid: event.hostUuid,
  osquery_table: event.table,
  query_name: event.queryName,
  action: event.action,
  attack: event.attack,
  row: event.row,
  raw: event.raw,
  rules: event.rules ?? [],
  new: event.isNew ?? null,
  triage: triageToJson(triage, now),
});
