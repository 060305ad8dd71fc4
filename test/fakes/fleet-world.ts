/** What a fake Fleet knows, and how it writes it down: values of our own in the captured shapes (contracts/fleet.md). */

/** How a host treats a live query that reaches it. `silent` holds its answer back until it is released. */
export type LiveBehaviour = 'rows' | 'empty' | 'error' | 'denylisted' | 'failed without a message' | 'silent';

export type FakeHost = {
  readonly id: number;
  readonly hostname: string;
  /** What the JSON says; the server itself knows only these two. */
  status: 'online' | 'offline';
  /** Epoch ms; null is the zero time. */
  seenTime: number | null;
  teamId: number | null;
  platform: string;
  labels: readonly string[];
  live: LiveBehaviour;
  rows: readonly (Readonly<Record<string, unknown>> | null)[];
  error: string;
};

export type FakeReport = {
  readonly id: number;
  name: string;
  query: string;
  teamId: number | null;
  /** Seconds; 0 is not scheduled. */
  interval: number;
  logging: 'snapshot' | 'differential';
  discardData: boolean;
  clipped: boolean;
  rows: { readonly hostId: number; readonly fetchedAt: number; readonly columns: Readonly<Record<string, unknown>> }[];
};

export type Role = 'admin' | 'maintainer' | 'observer_plus' | 'observer' | 'gitops';

export type FakeUser = {
  readonly id: number;
  readonly email: string;
  readonly password: string;
  /** The API token from the account page. */
  readonly token: string;
  globalRole: Role | null;
  teams: readonly { readonly id: number; readonly role: Role }[];
  login: 'password' | 'sso' | 'mfa' | 'forced reset';
};

export type FakeActivity = {
  readonly id: number;
  readonly type: string;
  readonly at: number;
  readonly details: Readonly<Record<string, unknown>>;
};

/** `old`: up to 4.81. `4.82`: answers carry both names. `new only`: what may come after. */
export type Names = 'old' | '4.82' | 'new only';

export const TEAMS = [
  { id: 1, name: 'Workstations', description: '' },
  { id: 2, name: 'Servers', description: '' },
] as const;

const zulu = (ms: number | null): string => (ms === null ? '0001-01-01T00:00:00Z' : `${new Date(ms).toISOString().slice(0, 19)}Z`);

const NEWER: Readonly<Record<string, string>> = {
  team_id: 'fleet_id',
  team_name: 'fleet_name',
  teams: 'fleets',
  available_teams: 'available_fleets',
  query_id: 'report_id',
  queries: 'reports',
  live_query_disabled: 'live_reporting_disabled',
  query_reports_disabled: 'discard_reports_data',
};

/** The value as a server of that age writes it. Rows of hosts are nobody's names and stay as they are. */
export function renamed(value: unknown, names: Names): unknown {
  if (names === 'old' || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(item => renamed(item, names));
  const entries = Object.entries(value).flatMap(([name, inner]) => {
    const written = name === 'columns' || name === 'rows' ? inner : renamed(inner, names);
    const newer = NEWER[name];
    if (newer === undefined) return [[name, written]];
    return names === 'new only'
      ? [[newer, written]]
      : [
          [name, written],
          [newer, written],
        ];
  });
  return Object.fromEntries(entries);
}

export function hostRecord(host: FakeHost, withLabels: boolean): Record<string, unknown> {
  const team = TEAMS.find(({ id }) => id === host.teamId);
  return {
    id: host.id,
    hostname: host.hostname,
    display_name: host.hostname,
    display_text: host.hostname,
    computer_name: host.hostname,
    uuid: `0000FA4E-0000-4000-8000-${String(host.id).padStart(12, '0')}`,
    hardware_serial: `SN${host.id}`,
    platform: host.platform,
    os_version: 'Ubuntu 22.04.5 LTS',
    osquery_version: '5.19.0',
    orbit_version: null,
    status: host.status,
    seen_time: zulu(host.seenTime),
    created_at: '2026-11-01T00:00:00Z',
    primary_ip: `192.0.2.${host.id % 250}`,
    public_ip: '127.0.0.1',
    distributed_interval: 10,
    config_tls_refresh: 30,
    uptime: 87_121_000_000_000,
    team_id: host.teamId,
    team_name: team?.name ?? null,
    issues: { failing_policies_count: 0, total_issues_count: 0 },
    software: null,
    ...(withLabels ? { labels: host.labels.map((name, index) => ({ id: index + 11, name, label_type: 'regular' })) } : {}),
  };
}

export const reportRecord = (report: FakeReport): Record<string, unknown> => ({
  id: report.id,
  name: report.name,
  query: report.query,
  description: '',
  team_id: report.teamId,
  interval: report.interval,
  platform: '',
  logging: report.logging,
  discard_data: report.discardData,
  saved: true,
  observer_can_run: false,
  packs: [],
});

export const reportRows = (report: FakeReport, hosts: readonly FakeHost[], teamId: number | undefined) =>
  report.rows.flatMap(({ hostId, fetchedAt, columns }) => {
    const host = hosts.find(({ id }) => id === hostId);
    if (!host || (teamId !== undefined && host.teamId !== teamId)) return [];
    return [{ host_id: hostId, host_name: host.hostname, last_fetched: zulu(fetchedAt), columns }];
  });

export const activityRecord = ({ id, type, at, details }: FakeActivity): Record<string, unknown> => ({
  id,
  created_at: new Date(at).toISOString(),
  type,
  actor_full_name: 'Ada',
  actor_id: 1,
  actor_email: 'ada@example.com',
  actor_api_only: false,
  fleet_initiated: false,
  details,
});

export const userRecord = (user: FakeUser): Record<string, unknown> => ({
  id: user.id,
  name: user.email.split('@')[0],
  email: user.email,
  global_role: user.globalRole,
  teams: user.teams.map(({ id, role }) => ({ ...TEAMS.find(team => team.id === id), role, secrets: null, policies: null })),
  api_only: false,
  sso_enabled: user.login === 'sso',
  mfa_enabled: user.login === 'mfa',
  force_password_reset: user.login === 'forced reset',
});

const MAY_QUERY: readonly Role[] = ['admin', 'maintainer', 'observer_plus'];

/** Hosts that a user sees, or may run a query of their own on. */
export function hostsOf(user: FakeUser, hosts: readonly FakeHost[], toQuery: boolean): FakeHost[] {
  const may = (role: Role) => !toQuery || MAY_QUERY.includes(role);
  if (user.globalRole) return may(user.globalRole) ? [...hosts] : [];
  return hosts.filter(host => user.teams.some(({ id, role }) => id === host.teamId && may(role)));
}

export const mayRunAdHoc = ({ globalRole, teams }: FakeUser): boolean =>
  globalRole ? MAY_QUERY.includes(globalRole) : teams.some(({ role }) => MAY_QUERY.includes(role));
