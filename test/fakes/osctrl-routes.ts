/** The routes of the fake osctrl-api and the shapes they answer with. */
import type { FakeAccount } from './osctrl.ts';
import type { FakeNode, FakeQuery, FakeResult, Order, World } from './osctrl-world.ts';

export type Reply = { readonly status: number; readonly headers: Record<string, string>; readonly body: string };

export type Asked = {
  readonly method: string;
  readonly url: URL;
  readonly body: unknown;
  readonly account: FakeAccount | undefined;
  readonly acceptsJson: boolean;
};

export const text = (status: number, body: string): Reply => ({ status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body });

const json = (status: number, value: unknown): Reply => ({
  status,
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  body: JSON.stringify(value),
});

const fail = (status: number, error: string): Reply => json(status, { error });
const CHECK_MARK = text(200, '✅');

const ZERO_TIME = '0001-01-01T00:00:00Z';
/** Go writes microseconds and no trailing zeros. */
const goTime = (ms: number | null): string => (ms === null ? ZERO_TIME : new Date(ms).toISOString().replace('Z', '123Z'));

const WORDS: Readonly<Record<string, string>> = { id: 'ID', uuid: 'UUID', ip: 'IP', cpu: 'CPU' };
const pascal = (name: string): string =>
  name
    .split('_')
    .map(word => WORDS[word] ?? `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');

/** A record as this generation writes it. */
function written(world: World, record: Record<string, unknown>): Record<string, unknown> {
  if (world.generation !== '0.5.1') return record;
  return { ...Object.fromEntries(Object.entries(record).map(([name, value]) => [pascal(name), value])), DeletedAt: null };
}

function nodeRecord(world: World, node: FakeNode): Record<string, unknown> {
  const names = { hostname: node.hostname, localname: `${node.hostname}.local`, environment: node.environment };
  const versions = { platform: node.platform, platform_version: '22.04', osquery_version: '5.12.1', cpu: 'a cpu', memory: '8589934592' };
  const seen = { last_seen: goTime(node.lastSeen), ip_address: '127.10.0.2', bytes_received: 1313, environment_id: 1 };
  const secrets = world.generation === '0.5.1' ? { node_key: 'NODE-KEY-SECRET', raw_enrollment: '{"enroll_secret":"ENROLL-SECRET"}' } : {};
  return written(world, { id: node.id, uuid: node.uuid, ...names, ...versions, ...seen, ...secrets });
}

function queryRecord(world: World, query: FakeQuery, withTargets = false): Record<string, unknown> {
  const { id, name, creator, query: sql, expected, executions, errors, active, hidden, completed, deleted, expired, type } = query;
  const times = { created_at: goTime(query.createdAt), updated_at: goTime(query.updatedAt), expiration: goTime(query.expiration) };
  const flags = { active, hidden, protected: false, completed, deleted, expired };
  const targets = withTargets && world.generation !== '0.5.1' ? { targets: query.targets } : {};
  return {
    ...written(world, { id, name, creator, query: sql, expected, executions, errors, type, ...flags, ...times, path: '', target: '' }),
    ...targets,
  };
}

/** What a query that does not exist looks like. */
const NO_QUERY: FakeQuery = {
  id: 0,
  createdAt: Date.parse(ZERO_TIME),
  updatedAt: Date.parse(ZERO_TIME),
  name: '',
  creator: '',
  query: '',
  environment: '',
  expected: 0,
  executions: 0,
  errors: 0,
  active: false,
  completed: false,
  expired: false,
  deleted: false,
  hidden: false,
  type: '',
  expiration: null,
  targets: [],
  pending: [],
  delivered: [],
};

const resultRecord = ({ id, createdAt, uuid, environment, name, status, data }: FakeResult) => ({
  id,
  created_at: goTime(createdAt),
  uuid,
  environment,
  name,
  status,
  data,
});

function paged<T>(
  items: readonly T[],
  { searchParams }: URL,
  size: number,
  most: number,
  write: (item: T) => unknown,
  emptyPages = 0,
): Reply {
  const number = (name: string) => Number.parseInt(searchParams.get(name) ?? '', 10) || 0;
  const page_size = Math.min(number('page_size') > 0 ? number('page_size') : size, most);
  const page = Math.max(1, number('page'));
  const shown = items.slice((page - 1) * page_size, page * page_size);
  const total_pages = items.length === 0 ? emptyPages : Math.ceil(items.length / page_size);
  return json(200, { items: shown.map(write), page, page_size, total_items: items.length, total_pages });
}

const newestFirst = (one: { createdAt: number }, other: { createdAt: number }) => other.createdAt - one.createdAt;

const LISTS: Readonly<Record<string, (query: FakeQuery) => boolean>> = {
  all: query => !query.deleted && !query.hidden,
  'all-full': query => !query.deleted,
  active: query => query.active && !query.completed && !query.deleted && !query.expired,
  completed: query => !query.active && query.completed && !query.deleted && !query.expired,
  expired: query => !query.active && query.expired && !query.deleted,
};

function listQueries(world: World, environment: string, target: string, url: URL): Reply {
  const wanted = LISTS[target];
  if (!wanted) return fail(400, 'invalid target');
  const found = world.queries.filter(query => query.environment === environment && query.type === 'query' && wanted(query));
  if (world.generation === '0.5.1') {
    if (found.length === 0) return fail(404, 'no queries');
    return json(
      200,
      found.map(query => queryRecord(world, query)),
    );
  }
  return paged(found.toSorted(newestFirst), url, 50, 500, query => queryRecord(world, query));
}

function showResults(world: World, environment: string, name: string, url: URL): Reply {
  const found = world.results.filter(result => result.name === name).toSorted((one, other) => one.createdAt - other.createdAt);
  if (world.generation === '0.5.1') return json(200, Object.fromEntries(found.map(({ uuid, data }) => [uuid, data])));
  if (!world.queries.some(query => query.name === name && query.environment === environment)) return fail(404, 'query not found');
  const since = Date.parse(url.searchParams.get('since') ?? '');
  const later = Number.isNaN(since) ? found : found.filter(({ createdAt }) => createdAt > since);
  return paged(later, url, 100, 1_000, resultRecord);
}

function runQuery(world: World, environment: string, { body, account }: Asked): Reply {
  if (typeof body !== 'object' || body === null) return fail(500, 'error parsing POST body');
  const order = body as Order;
  if (order.exp_hours !== undefined && !Number.isInteger(order.exp_hours)) return fail(500, 'error parsing POST body');
  if (!order.query) return fail(400, 'query can not be empty');
  const made = world.create(order, environment, account?.username ?? '');
  return made ? json(200, { query_name: made.name }) : fail(500, 'error creating query');
}

function actOnQuery(world: World, action: string, name: string): Reply {
  const query = world.queries.find(candidate => candidate.name === name);
  if (!query) return fail(404, 'query not found');
  const change = { expire: { expired: true }, complete: { completed: true }, delete: { deleted: true } }[action];
  if (!change) return json(200, { message: '' });
  Object.assign(query, change, { active: false });
  if (action === 'expire') query.pending = [];
  return json(200, { message: `query ${name} ${action}d successfully` });
}

function listNodes(world: World, environment: string, rest: readonly string[], url: URL): Reply {
  const write = (node: FakeNode) => nodeRecord(world, node);
  const [kind] = rest;
  if (kind === undefined) {
    const nodes = world.nodes.filter(node => node.environment === environment);
    const sorted =
      url.searchParams.get('sort') === 'uuid' ? nodes.toSorted((one, other) => (one.uuid < other.uuid ? -1 : 1)) : nodes.toReversed();
    return paged(sorted, url, 50, 500, write, 1);
  }
  // 0.5.1 forgets the environment.
  const nodes = world.generation === '0.5.1' ? world.nodes : world.nodes.filter(node => node.environment === environment);
  return nodes.length === 0 ? fail(404, 'no nodes') : json(200, nodes.map(write));
}

const refused = ({ acceptsJson }: Asked, world: World): Reply => {
  const page = { 'content-type': 'text/html; charset=utf-8', location: '/forbidden' };
  if (world.generation === '0.5.1') return { status: 403, headers: page, body: '<a href="/forbidden">Forbidden</a>.' };
  return acceptsJson ? json(401, { error: 'unauthorized', code: 'unauthorized' }) : { status: 302, headers: page, body: '' };
};

/** Routes without an environment. Undefined: there is none of that name. */
function globalRoute(world: World, path: string, account: FakeAccount): Reply | undefined {
  const old = world.generation === '0.5.1';
  if (path === '/checks-auth') return CHECK_MARK;
  if (path === '/features') return world.generation === 'head' ? json(200, { posture: false, accelerated: true }) : undefined;
  if (path === '/environments')
    return old && !account.admin
      ? fail(403, 'no access')
      : json(
          200,
          world.environments.map(env => written(world, env)),
        );
  if (path !== '/users/me') return undefined;
  if (old) return fail(500, 'error getting user');
  const [dev] = world.environments;
  const token_expire = goTime(world.now() + 30 * 86_400_000);
  return json(200, { username: account.username, admin: account.admin, token_expire, permissions: { [dev?.uuid ?? '']: account.rights } });
}

function environmentRoute(world: World, asked: Asked, account: FakeAccount, parts: readonly string[]): Reply | undefined {
  const [area, env, ...rest] = parts;
  if (env === undefined || !/^(environments|nodes|queries)$/.test(area ?? '')) return undefined;
  const old = world.generation === '0.5.1';
  const found = world.environments.find(({ uuid, name }) => uuid === env || (name === env && !old));
  if (!found)
    return area === 'queries' || rest.length > 0 || old
      ? fail(rest[0] === 'all' ? 400 : 500, 'error getting environment')
      : fail(404, 'environment not found');
  const { user, query, admin } = account.admin ? { user: true, query: true, admin: true } : account.rights;
  const may = found.name !== 'dev' ? account.admin : area === 'queries' ? query || admin : rest.length > 0 ? admin : user || admin;
  if (!may) return fail(403, 'no access');
  if (area === 'environments') return json(200, written(world, found));
  if (area === 'nodes') return rest.length === 0 && old ? undefined : listNodes(world, found.name, rest, asked.url);
  const [first, name = ''] = rest;
  if (asked.method === 'POST') {
    if (first === undefined) return runQuery(world, found.name, asked);
    return admin ? actOnQuery(world, first, name) : fail(403, 'no access');
  }
  if (first === 'list' && name !== '') return listQueries(world, found.name, name, asked.url);
  if (first === 'results') return showResults(world, found.name, name, asked.url);
  const shown = world.queries.find(candidate => candidate.name === first && candidate.environment === found.name);
  return json(200, queryRecord(world, shown ?? NO_QUERY, true));
}

export function answerRoute(world: World, asked: Asked): Reply {
  const path = asked.url.pathname.replace(/^\/api\/v1/, '');
  const unknown = world.generation === '0.5.1' && asked.method === 'GET' ? CHECK_MARK : text(404, '404 page not found\n');
  if (path === asked.url.pathname) return unknown;
  if (path === '/login/environments') return world.generation === '0.5.1' ? CHECK_MARK : json(200, world.environments);
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  // 0.5.1 answers a route that it does not have before it looks at the token.
  const known =
    /^(checks-auth|environments|users|nodes|queries)$/.test(parts[0] ?? '') || (parts[0] === 'features' && world.generation === 'head');
  if (!known) return unknown;
  if (!asked.account) return refused(asked, world);
  return globalRoute(world, path, asked.account) ?? environmentRoute(world, asked, asked.account, parts) ?? unknown;
}
