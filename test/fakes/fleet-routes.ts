/** The fake Fleet's API, route by route: what it answers and what it refuses (contracts/fleet.md 2 to 8). */
import { z } from 'zod';
import type { FakeFleet } from './fleet.ts';
import * as world from './fleet-world.ts';

export type Reply = { readonly status: number; readonly body: unknown };
export type Asked = { readonly method: string; readonly url: URL; readonly authorization: string | undefined; readonly body: unknown };

type Request = { readonly user: world.FakeUser; readonly id: number; readonly query: URLSearchParams; readonly body: unknown };
type Handler = (fleet: FakeFleet, request: Request) => Reply | Promise<Reply>;

class Refusal extends Error {
  readonly reply: Reply;
  constructor(status: number, message: string, reason = message) {
    super(message);
    const uuid = '00000000-0000-4000-8000-000000000000';
    // A permission that the settings deny comes without the list of errors.
    const errors = message === 'Permission Denied' ? {} : { errors: [{ name: 'base', reason }] };
    this.reply = { status, body: { message, ...errors, uuid } };
  }
}

const ok = (body: unknown): Reply => ({ status: 200, body });
const forbidden = () => new Refusal(403, 'forbidden');
const redisIsDown = () => new Refusal(408, 'dial tcp 127.0.0.1:6379: connect: connection refused');

const ROUTES: readonly (readonly [method: string, path: RegExp, handler: Handler])[] = [
  ['POST', /^\/login$/, login],
  ['GET', /^\/me$/, me],
  ['GET', /^\/version$/, () => ok({ version: '4.77.0-fake', branch: 'unknown', revision: 'unknown' })],
  ['GET', /^\/config$/, config],
  ['GET', /^\/status\/live_query$/, liveStatus],
  ['GET', /^\/hosts$/, listHosts],
  ['POST', /^\/hosts\/(\d+)\/query$/, askHost],
  ['GET', /^\/queries$/, listReports],
  ['GET', /^\/queries\/(\d+)\/report$/, report],
  ['POST', /^\/queries\/run$/, run],
  ['GET', /^\/activities$/, listActivities],
];

/** An unknown route, version or id, and any trailing slash, is a 404 in plain text; a wrong method an empty 405. */
export async function answer(fleet: FakeFleet, { method, url, authorization, body }: Asked): Promise<Reply> {
  if (url.pathname === '/healthz') return { status: fleet.databaseDown ? 500 : 200, body: '' };
  const route = /^\/api\/(?:v1|2022-04|latest)\/fleet(\/.*[^/])$/.exec(url.pathname)?.[1];
  const known = ROUTES.flatMap(([wanted, pattern, handler]) => {
    const match = pattern.exec(route ?? '');
    return match ? [{ wanted, handler, id: Number(match[1]) }] : [];
  });
  if (known.length === 0) return { status: 404, body: '404 page not found\n' };
  const found = known.find(({ wanted }) => wanted === method);
  if (!found) return { status: 405, body: '' };
  try {
    const user = found.handler === login ? NOBODY : authenticate(fleet, authorization);
    return await found.handler(fleet, { user, id: found.id, query: url.searchParams, body });
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.reply;
    throw thrown;
  }
}

const NOBODY: world.FakeUser = { id: 0, email: '', password: '', token: '', globalRole: null, teams: [], login: 'password' };

/** Exactly one space, or the token is not seen. */
function authenticate(fleet: FakeFleet, authorization: string | undefined): world.FakeUser {
  if (!authorization) throw new Refusal(401, 'Authorization header required');
  const user = fleet.userOf(/^bearer (\S+)$/i.exec(authorization)?.[1] ?? '');
  if (!user || fleet.databaseDown) throw new Refusal(401, 'Authentication required');
  if (user.login === 'forced reset') throw new Refusal(401, 'password reset required');
  return user;
}

const credentials = z.object({ email: z.string(), password: z.string() });

function login(fleet: FakeFleet, { body }: Request): Reply {
  if (fleet.redisDown) throw redisIsDown();
  if (fleet.loginsLeft <= 0) throw new Refusal(429, 'limit exceeded, retry after: 1s');
  fleet.loginsLeft -= 1;
  const given = credentials.safeParse(body).data;
  if (!given) throw new Refusal(400, 'Bad request', 'json decoder error');
  const user = fleet.users.find(({ email, password }) => email === given.email && password === given.password);
  if (!user || user.login === 'sso' || fleet.databaseDown) throw new Refusal(401, 'Authentication failed');
  const noMfa = 'Your login client does not support MFA, please log in via the web interface.';
  if (user.login === 'mfa') throw new Refusal(400, 'Bad request', noMfa);
  return ok({ user: world.userRecord(user), available_teams: [], token: fleet.startSession(user) });
}

function me({ settings }: FakeFleet, { user }: Request): Reply {
  return ok({ user: world.userRecord(user), available_teams: settings.tier === 'premium' ? world.TEAMS : [] });
}

function config({ settings }: FakeFleet): Reply {
  const { tier, liveQueryDisabled, reportsDisabled } = settings;
  const server = { live_query_disabled: liveQueryDisabled, query_reports_disabled: reportsDisabled, query_report_cap: 0 };
  return ok({ license: { tier }, server_settings: server });
}

function liveStatus({ settings, redisDown }: FakeFleet): Reply {
  if (settings.liveQueryDisabled) throw new Refusal(403, 'Permission Denied');
  if (redisDown) throw redisIsDown();
  return ok({});
}

function teamIn(query: URLSearchParams): number | undefined {
  const team = query.get('team_id');
  return team === null ? undefined : Number(team);
}

function listHosts({ settings, orderKeys, hosts }: FakeFleet, { user, query }: Request): Reply {
  if (user.globalRole === 'gitops') throw forbidden();
  const teamId = teamIn(query);
  const knownTeam = settings.tier === 'premium' && world.TEAMS.some(({ id }) => id === teamId);
  if (teamId && !knownTeam) throw new Refusal(400, 'Bad request', 'team is invalid');
  const key = query.get('order_key');
  const after = query.get('after');
  if (key !== null && !orderKeys.includes(key)) {
    throw new Refusal(422, 'Validation Failed', `Error 1054 (42S22): Unknown column '${key}' in 'order clause'`);
  }
  if (after !== null && key === 'id') {
    throw new Refusal(422, 'Validation Failed', "Error 1052 (23000): Column 'id' in where clause is ambiguous");
  }
  const perPage = Number(query.get('per_page') ?? hosts.length + 1);
  if (!(perPage > 0)) throw new Refusal(400, 'Bad request', 'invalid per_page value');
  const seen = world.hostsOf(user, hosts, false).filter(host => teamId === undefined || host.teamId === (teamId || null));
  const from = after === null ? Number(query.get('page') ?? 0) * perPage : 0;
  const page = seen.filter(host => after === null || host.id > Number(after)).slice(from, from + perPage);
  return ok({ hosts: page.map(host => world.hostRecord(host, query.get('populate_labels') === 'true')) });
}

/** Without a team the global ones only, with a team its own, and the global ones as well where those are asked for. */
function listReports({ reports }: FakeFleet, { user, query }: Request): Reply {
  const teamId = teamIn(query);
  if (teamId !== undefined && !user.globalRole && !user.teams.some(({ id }) => id === teamId)) throw forbidden();
  const inherited = query.get('merge_inherited') === 'true';
  const all = reports.filter(report => report.teamId === (teamId ?? null) || (inherited && report.teamId === null));
  const perPage = Number(query.get('per_page') ?? 20);
  const from = Number(query.get('page') ?? 0) * perPage;
  const meta = { has_next_results: all.length > from + perPage, has_previous_results: from > 0 };
  return ok({ queries: all.slice(from, from + perPage).map(world.reportRecord), count: all.length, meta });
}

function report({ reports, hosts }: FakeFleet, { id, query }: Request): Reply {
  const found = reports.find(candidate => candidate.id === id);
  if (!found) throw new Refusal(404, 'Resource Not Found', `Query ${id} was not found in the datastore`);
  return ok({ query_id: id, report_clipped: found.clipped, results: world.reportRows(found, hosts, teamIn(query)) });
}

const dispatch = z.object({
  query: z.string(),
  selected: z.object({ hosts: z.array(z.int()), labels: z.array(z.int()), teams: z.array(z.int()) }),
});

/** Unknown hosts and those of other teams are left out without a word; only when none is left it is an error. */
function run(fleet: FakeFleet, request: Request): Reply {
  liveStatus(fleet);
  const { user, body } = request;
  const { query, selected } = dispatch.parse(body);
  if (!world.mayRunAdHoc(user)) throw forbidden();
  const targets = world.hostsOf(user, fleet.hosts, true).filter(({ id }) => selected.hosts.includes(id));
  if (targets.length === 0) throw new Refusal(400, 'Bad request', 'no hosts targeted');
  const { id } = fleet.campaigns.start(user, query, targets);
  const online = targets.filter(({ status }) => status === 'online').length;
  const Metrics = {
    TotalHosts: targets.length,
    OnlineHosts: online,
    OfflineHosts: targets.length - online,
    MissingInActionHosts: 0,
    NewHosts: 0,
  };
  const times = { created_at: '0001-01-01T00:00:00Z', updated_at: '0001-01-01T00:00:00Z' };
  return ok({ campaign: { ...times, Metrics, id, query_id: id + 5, status: 0, user_id: user.id } });
}

const hostQuery = z.object({ query: z.string() });

/** 200 for whatever goes wrong with the host; an error without a text is no error here. */
async function askHost(fleet: FakeFleet, { user, id, body }: Request): Promise<Reply> {
  const { query } = hostQuery.parse(body);
  const host = fleet.hosts.find(candidate => candidate.id === id);
  if (!host) throw new Refusal(400, 'Bad request', `host not found: ${id}`);
  if (world.hostsOf(user, [host], true).length === 0) throw forbidden();
  const said = (rows: unknown, error?: string) =>
    ok({ host_id: id, rows, query, status: host.status, ...(error === undefined ? {} : { error }) });
  if (fleet.settings.liveQueryDisabled) return said(null, ': disabled by administrator');
  if (host.status === 'offline') return said(null);
  fleet.askedOneByOne.push(id);
  if (host.live === 'silent') {
    const late = new Promise<'late'>(resolve => setTimeout(resolve, fleet.restPeriodMs, 'late').unref());
    if ((await Promise.race([late, fleet.campaigns.released])) === 'late') return said(null, 'timeout waiting for results');
    return said(host.rows);
  }
  if (host.live === 'error') return said([], host.error);
  if (host.live === 'denylisted') return said([], 'distributed query is denylisted');
  return said(host.live === 'rows' ? host.rows : []);
}

function listActivities({ activities }: FakeFleet, { query }: Request): Reply {
  const after = query.get('after');
  const ordered = query.get('order_direction') === 'desc' ? activities.toReversed() : activities;
  const perPage = Number(query.get('per_page') ?? ordered.length);
  const from = after === null ? Number(query.get('page') ?? 0) * perPage : 0;
  const page = ordered.filter(({ id }) => after === null || id > Number(after)).slice(from, from + perPage);
  const meta = after === null ? { has_next_results: from + perPage < ordered.length } : null;
  return ok({ meta, activities: page.map(world.activityRecord) });
}
