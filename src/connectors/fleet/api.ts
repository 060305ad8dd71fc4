/**
 * What Fleet answers, as captured (contracts/fleet.md). Only what is used is described; the rest may be anything.
 * From 4.82 on, reports and fleets are the new names of queries and teams (contracts/fleet.md 11): either is read.
 */
import { z } from 'zod';

const OLDER_NAMES = [
  ['fleet_id', 'team_id'],
  ['fleet_name', 'team_name'],
  ['fleets', 'teams'],
  ['available_fleets', 'available_teams'],
  ['report_id', 'query_id'],
  ['reports', 'queries'],
  ['live_reporting_disabled', 'live_query_disabled'],
  ['discard_reports_data', 'query_reports_disabled'],
] as const;

/** The record with every newer name present under its older one too. */
function withOlderNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const named: Record<string, unknown> = { ...value };
  for (const [newer, older] of OLDER_NAMES) if (Object.hasOwn(named, newer) && !Object.hasOwn(named, older)) named[older] = named[newer];
  return named;
}

const record = <S extends z.core.$ZodLooseShape>(shape: S) => z.preprocess(withOlderNames, z.object(shape));

const id = z.int().nonnegative();
const text = z
  .string()
  .nullish()
  .transform(value => value ?? '');
const flag = z
  .boolean()
  .nullish()
  .transform(value => value ?? false);
/** Empty lists come as `[]`, `null` or not at all (contracts/fleet.md 8). */
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform(items => items ?? []);

/** The error body; `errors` and `uuid` may be absent, and its content type is often text/plain. */
export const errorBody = z.object({
  message: text,
  errors: list(z.object({ name: text, reason: text })),
});

export const loginReply = record({ token: text, message: text, user: record({ force_password_reset: flag }).nullish() });

const team = record({ id, name: text, role: text });
export const meReply = record({
  user: record({ name: text, email: text, global_role: text, teams: list(team), api_only: flag, force_password_reset: flag }),
  available_teams: list(record({ id, name: text })),
});
export type Me = z.infer<typeof meReply>;

export const versionReply = z.object({ version: text });

export const configReply = record({
  license: record({ tier: text }).nullish(),
  server_settings: record({ live_query_disabled: flag, query_reports_disabled: flag }).nullish(),
});

export const hostsReply = record({ hosts: list(z.unknown()) });
/** `status` is "online" or "offline" in every version seen; seen_time `0001-01-01T00:00:00Z` means never. */
export const fleetHost = record({
  id,
  hostname: text,
  display_name: text,
  computer_name: text,
  uuid: text,
  platform: text,
  os_version: text,
  osquery_version: text,
  status: text,
  seen_time: text,
  primary_ip: text,
  public_ip: text,
  team_id: id.nullish(),
  team_name: text,
  labels: list(record({ name: text })),
});
export type FleetHost = z.infer<typeof fleetHost>;

export const queriesReply = record({ queries: list(z.unknown()), meta: record({ has_next_results: flag }).nullish() });
export const fleetQuery = record({
  id,
  name: text,
  query: text,
  team_id: id.nullish(),
  /** Seconds; 0 is not scheduled. */
  interval: z.number().nullish(),
  logging: text,
  discard_data: flag,
});
export type FleetQuery = z.infer<typeof fleetQuery>;

export const reportReply = record({ report_clipped: flag, results: list(z.unknown()) });
/** One row of one host; a host without rows is absent. */
export const reportRow = record({ host_id: id, host_name: text, last_fetched: text, columns: z.unknown() });

export const activitiesReply = record({ activities: list(z.unknown()) });
export const activity = record({
  id,
  created_at: text,
  type: text,
  actor_full_name: text,
  actor_email: text,
  details: z.unknown(),
});
export type Activity = z.infer<typeof activity>;

/** Answer to a dispatch; the metrics' keys are capitals. */
export const campaignReply = record({ campaign: record({ id, Metrics: z.object({ TotalHosts: z.int() }).nullish() }) });

/** Frames of the campaign's WebSocket (contracts/fleet.md 6). */
export const frame = z.object({ type: z.string(), data: z.unknown() });
export const totalsFrame = record({ count: z.int(), online: z.int().nullish(), offline: z.int().nullish() });
/** `stats` is null exactly when the host failed; versions up to 4.40 send none at all. */
export const resultFrame = record({
  host: record({ id }),
  rows: list(z.unknown()),
  stats: z.unknown(),
  error: text,
});
export type ResultFrame = z.infer<typeof resultFrame>;

/** Answer of `POST /hosts/{id}/query`: `rows` is null when the host did not answer. */
export const hostQueryReply = record({ rows: z.array(z.unknown()).nullish(), status: text, error: text });
