import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../../src/core/model.ts';
import type { LaunchOptions } from '../../../src/core/ports.ts';
import { isAbort } from '../../../src/core/problem.ts';
import { type Fault, faults, send, TOKEN } from '../../fakes/osctrl.ts';
import type { Reply } from '../../fakes/osctrl-routes.ts';
import { allHosts, contractQuery } from '../contract.ts';
import { forTest, never, type Setup, type SetupOptions } from './support.ts';

const POST = /^POST \/api\/v1\/queries\/[^/]+$/;
const OPTIONS: LaunchOptions = { timeoutMs: 60_000, offline: 'wait' };

/** A fleet of four of which two are picked. Nodes fetch queries only when the test says so. */
async function fleet(
  options: SetupOptions = {},
): Promise<Setup & { picked: Host[]; uuids: string[]; launch(over?: Partial<LaunchOptions>): Promise<string> }> {
  const setup = await forTest(options);
  const { world } = setup.fake;
  world.polling = false;
  const uuids = [world.addNode('web-1').uuid, world.addNode('web-2').uuid];
  world.addNode('web-3');
  world.addNode('gone-1', 'gone');
  const picked = (await allHosts(setup.connector)).filter(host => uuids.includes(host.id));
  const launch = async (over: Partial<LaunchOptions> = {}) =>
    (await setup.live.launch(contractQuery(), picked, { ...OPTIONS, ...over }, never())).remoteId;
  return { ...setup, picked, uuids, launch };
}

/** UUIDs that any query has reached once every node has asked for its queries. */
function reachedByAny({ fake: { world } }: Setup): string[] {
  world.poll();
  return world.queries.flatMap(query => world.reached(query.name)).sort();
}

const posted = ({ fake }: Setup) => fake.requests.filter(({ method, path }) => POST.test(`${method} ${path}`));

describe('launch', () => {
  it.each(['head', '0.5.4', '0.5.1'] as const)(
    'sends the picked uuids and nothing else that could mean a target (%s)',
    async generation => {
      const setup = await fleet({ generation });
      const name = await setup.launch();
      expect(posted(setup).map(({ body }) => body)).toEqual([
        { query: 'SELECT pid, name FROM processes', uuid_list: setup.uuids, exp_hours: 1 },
      ]);
      expect(setup.fake.world.query(name).expected).toBe(2);
      expect(reachedByAny(setup)).toEqual(setup.uuids);
    },
  );

  it.each([
    [1_000, 1],
    [60_000, 1],
    [3_539_000, 1],
    [3_600_000, 2],
  ])('lets a query of %i ms live for %i whole hours', async (timeoutMs, hours) => {
    const setup = await fleet();
    await setup.launch({ timeoutMs });
    expect(posted(setup)[0]?.body).toMatchObject({ exp_hours: hours });
  });

  it('names a host once that was picked twice', async () => {
    const setup = await fleet();
    const [first] = setup.picked;
    if (!first) throw new Error('nobody picked');
    await setup.live.launch(contractQuery(), [first, first], OPTIONS, never());
    expect(posted(setup)[0]?.body).toMatchObject({ uuid_list: [first.uuid] });
  });

  it('refuses an empty pick without asking the server, which would take it for all', async () => {
    const setup = await fleet();
    await expect(setup.live.launch(contractQuery(), [], OPTIONS, never())).rejects.toMatchObject({ kind: 'usage' });
    expect(posted(setup)).toEqual([]);
  });

  it('leaves offline hosts out when told to, and asks nobody when all are', async () => {
    const setup = await fleet();
    const hosts = await allHosts(setup.connector);
    await setup.live.launch(contractQuery(), hosts, { ...OPTIONS, offline: 'skip' }, never());
    expect(posted(setup)[0]?.body).toMatchObject({ uuid_list: hosts.filter(host => host.hostname !== 'gone-1').map(host => host.uuid) });
    const gone = hosts.filter(host => host.hostname === 'gone-1');
    await expect(setup.live.launch(contractQuery(), gone, { ...OPTIONS, offline: 'skip' }, never())).rejects.toMatchObject({
      kind: 'usage',
    });
    expect(posted(setup)).toHaveLength(1);
  });

  it('runs for an account that may query but not list, on hosts named by uuid', async () => {
    const setup = await fleet();
    setup.fake.accounts.set(TOKEN, { username: 'responder', admin: false, rights: { user: false, query: true, admin: false } });
    await setup.connector.check(never());
    const hosts = setup.connector.hostsByUuid?.(setup.uuids.map(uuid => uuid.toLowerCase())) ?? [];
    await setup.live.launch(contractQuery(), hosts, OPTIONS, never());
    expect(reachedByAny(setup)).toEqual(setup.uuids);
  });

  it('refuses for an account without the query right, before anything is sent', async () => {
    const setup = await fleet();
    setup.fake.accounts.set(TOKEN, { username: 'viewer', admin: false, rights: { user: true, query: false, admin: false } });
    await expect(setup.launch()).rejects.toMatchObject({ kind: 'auth', message: expect.stringContaining("run by 'viewer'") });
    expect(posted(setup)).toEqual([]);
    expect(setup.live.blocked?.()).toContain('query right');
  });

  it('does not stay blocked when the account was given the right', async () => {
    const setup = await fleet();
    setup.fake.accounts.set(TOKEN, { username: 'viewer', admin: false, rights: { user: true, query: false, admin: false } });
    await expect(setup.launch()).rejects.toMatchObject({ kind: 'auth' });
    setup.fake.accounts.set(TOKEN, { username: 'viewer', admin: false, rights: { user: true, query: true, admin: false } });
    setup.clock.advance(10 * 60_000);
    expect(setup.live.blocked?.()).toBeUndefined();
    expect(setup.fake.world.query(await setup.launch()).creator).toBe('viewer');
  });

  it('does not find itself blocked before it knows, nor when it may run', async () => {
    const setup = await fleet();
    expect(setup.live.blocked?.()).toBeUndefined();
    await setup.launch();
    expect(setup.live.blocked?.()).toBeUndefined();
  });
});

/** Everything that can come back instead of the name of a good query. `creates`: whether the server has made it all the same. */
const ODD_REPLIES: ReadonlyArray<readonly [title: string, strike: Fault['strike'], creates: boolean]> = [
  ['401', faults.json({ error: 'unauthorized', code: 'unauthorized' }, 401), false],
  ['403', faults.json({ error: 'no access' }, 403), false],
  ['404', faults.status(404, '404 page not found'), false],
  ['302', faults.status(302, '', { location: '/forbidden' }), false],
  ['429', faults.status(429, 'too many requests', { 'retry-after': '1' }), false],
  ['413', faults.status(413, 'too large'), false],
  ['500 of a wrong environment', faults.json({ error: 'error getting environment' }, 500), false],
  ['500 and nothing made', faults.json({ error: 'error creating query' }, 500), false],
  ['502 and nothing made', faults.status(502, '<html>Bad gateway</html>'), false],
  ['504 of a proxy, and the query was made', faults.status(504, 'timeout'), true],
  ['a reset before', faults.reset(), false],
  ['a reset after', faults.reset(), true],
  ['a stall before', faults.stall(), false],
  ['a stall after', faults.stall(), true],
  ['half an answer', faults.truncated(), true],
  ['an empty 200', faults.json({}), true],
  ['an empty name', faults.json({ query_name: '' }), true],
  ['a name that is a path', faults.json({ query_name: '../../environments/dev' }), true],
  ['the name of nothing', faults.json({ query_name: 'query_none' }), false],
  ['a number for a name', faults.json({ query_name: 7 }), true],
  ['null', faults.json(null), true],
  ['a list', faults.json(['query_1']), true],
  ['a login page', faults.html(), false],
  ['a text', faults.status(200, '✅'), false],
];

describe('an odd reply to the create', () => {
  it.each(ODD_REPLIES)('%s: reaches no more than the picked hosts, and the POST is never repeated', async (_, strike, creates) => {
    const setup = await fleet();
    setup.fake.faults.push({ match: POST, times: 1, afterwards: creates, strike });
    const outcome = await setup.launch().catch((thrown: unknown) => thrown);
    expect(posted(setup)).toHaveLength(1);
    const reached = reachedByAny(setup);
    if (typeof outcome === 'string') {
      // Adopted: the query that the server had made.
      expect(creates).toBe(true);
      expect(setup.fake.world.reached(outcome)).toEqual(setup.uuids);
      expect(reached).toEqual(setup.uuids);
    } else {
      expect(outcome).toMatchObject({ name: 'Problem', transient: false });
      expect(reached).toEqual([]);
    }
  });

  it.each(ODD_REPLIES.filter(([, , creates]) => creates))(
    '%s: the query that was made all the same is found and followed',
    async (_, strike) => {
      const setup = await fleet();
      setup.fake.faults.push({ match: POST, times: 1, afterwards: true, strike });
      const name = await setup.launch();
      expect(setup.fake.world.query(name)).toMatchObject({ expected: 2, expired: false });
    },
  );

  it.each(['0.5.4', '0.5.1'] as const)('is found on %s too', async generation => {
    const setup = await fleet({ generation });
    setup.fake.faults.push({ match: POST, times: 1, afterwards: true, strike: faults.reset() });
    expect(setup.fake.world.query(await setup.launch()).expected).toBe(2);
  });

  it('waits for a query that is still being made', async () => {
    const setup = await fleet();
    const { world } = setup.fake;
    setup.fake.faults.push({
      match: POST,
      times: 1,
      afterwards: true,
      strike: (response, reply) => {
        const [query] = world.queries;
        const whole = { expected: query?.expected, targets: query?.targets };
        if (query) Object.assign(query, { expected: 0, targets: [] });
        const finish = {
          match: /list\/active/,
          times: 1,
          afterwards: true,
          strike: (later: ServerResponse, list: Reply | undefined) => {
            if (query) Object.assign(query, whole);
            if (list) send(later, list);
          },
        };
        setup.fake.faults.push(finish);
        faults.reset()(response, reply);
      },
    });
    expect(world.query(await setup.launch())).toMatchObject({ expected: 2, expired: false });
  });

  it('says that the query may run when nothing can be found out', async () => {
    const setup = await fleet();
    setup.fake.faults.push(
      { match: POST, times: 1, strike: faults.reset() },
      { match: /list\/active/, times: 1_000, strike: faults.status(503, 'down') },
    );
    await expect(setup.launch()).rejects.toMatchObject({ kind: 'unreachable', message: expect.stringContaining('may or may not run') });
  });

  it('does not say that when the server was not there at all', async () => {
    const setup = await fleet();
    await setup.launch();
    await setup.fake.stop();
    // Connections that were open before are noticed to be gone.
    await expect(allHosts(setup.connector)).rejects.toMatchObject({ kind: 'unreachable' });
    await expect(setup.launch()).rejects.toMatchObject({ detail: 'refused', message: expect.not.stringContaining('may or may not') });
  });

  it('does not take an older query, or one of somebody else, for its own', async () => {
    const setup = await fleet();
    const sql = contractQuery().sql;
    const like = { expected: 2, pending: [], targets: setup.uuids.map(value => ({ type: 'uuid', value })) };
    setup.fake.world.addQuery(sql, 'dev', 'responder', { ...like, createdAt: setup.clock.now() - 60_000 });
    setup.fake.world.addQuery(sql, 'dev', 'colleague', like);
    setup.fake.world.addQuery('SELECT 1', 'dev', 'responder', like);
    setup.fake.faults.push({ match: POST, times: 1, strike: faults.reset() });
    await expect(setup.launch()).rejects.toMatchObject({ kind: 'unreachable' });
    expect(setup.fake.world.queries.map(query => query.expired)).toEqual([false, false, false]);
  });

  it('does not take the run before for the one whose reply was lost', async () => {
    const setup = await fleet();
    const first = await setup.launch();
    setup.fake.faults.push({ match: POST, times: 1, afterwards: true, strike: faults.reset() });
    const second = await setup.launch();
    expect(second).not.toBe(first);
    expect(setup.fake.world.queries).toHaveLength(2);
  });
});

describe('a host that the server does not know any more', () => {
  it('is told, and the orphan that the failed create leaves is expired', async () => {
    const setup = await fleet();
    setup.fake.world.nodes.shift();
    await expect(setup.launch()).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/does not know one of the hosts.*was expired/),
    });
    expect(setup.fake.world.queries).toEqual([expect.objectContaining({ expired: true, expected: 0 })]);
  });

  it('leaves the orphan by name where the account may not expire it', async () => {
    const setup = await fleet();
    setup.fake.accounts.set(TOKEN, { username: 'responder', admin: false, rights: { user: true, query: true, admin: false } });
    setup.fake.world.nodes.shift();
    await expect(setup.launch()).rejects.toThrow(/query_\w+ is left on the server, without a target/);
  });
});

describe('a created query that is not the ordered one', () => {
  const wrong: ReadonlyArray<readonly [title: string, change: (setup: Setup, uuid: string) => Parameters<typeof Object.assign>[1]]> = [
    ['counts the whole fleet', ({ fake }) => ({ expected: 4, pending: fake.world.nodes.map(node => node.id), targets: [] })],
    ['counts nobody', () => ({ expected: 0, pending: [] })],
    ['counts one less', () => ({ expected: 1 })],
    ['holds other SQL', () => ({ query: 'SELECT * FROM shadow' })],
    ['has a platform among its targets', () => ({ targets: [{ type: 'platform', value: 'ubuntu' }] })],
    ['has a tag among its targets that is called like a picked host', (_, uuid) => ({ targets: [{ type: 'tag', value: uuid }] })],
    ['has a uuid among its targets that was not picked', () => ({ targets: [{ type: 'uuid', value: 'FFFF' }] })],
  ];

  it.each(wrong)('%s: is expired at once and reported', async (_, change) => {
    const setup = await fleet();
    const { world } = setup.fake;
    setup.fake.faults.push({
      match: POST,
      times: 1,
      afterwards: true,
      strike: (response, reply) => {
        const [query] = world.queries;
        if (query) Object.assign(query, change(setup, setup.uuids[0] ?? ''));
        if (reply) send(response, reply);
      },
    });
    await expect(setup.launch()).rejects.toMatchObject({
      kind: 'unreachable',
      transient: false,
      message: expect.stringContaining('was expired'),
    });
    expect(reachedByAny(setup)).toEqual([]);
  });

  it('is reported loudly where it cannot be expired', async () => {
    const setup = await fleet();
    setup.fake.accounts.set(TOKEN, { username: 'responder', admin: false, rights: { user: true, query: true, admin: false } });
    setup.fake.faults.push({
      match: /GET .*\/queries\/dev\/query_/,
      times: 1,
      strike: faults.json({ id: 1, name: 'q', query: contractQuery().sql, expected: 4 }),
    });
    await expect(setup.launch()).rejects.toThrow(/counts 4 hosts where 2 were picked.*could not be expired: hosts may run it/);
  });
});

describe('a launch that is stopped', () => {
  it('leaves nothing running when it is stopped while the create is under way', async () => {
    const setup = await fleet();
    const stop = new AbortController();
    setup.fake.faults.push({
      match: POST,
      times: 1,
      afterwards: true,
      strike: (response, reply) => {
        stop.abort();
        if (reply) send(response, reply);
      },
    });
    await expect(setup.live.launch(contractQuery(), setup.picked, OPTIONS, stop.signal)).rejects.toSatisfy(isAbort);
    expect(setup.fake.world.queries).toEqual([expect.objectContaining({ expired: true })]);
    expect(reachedByAny(setup)).toEqual([]);
  });

  it('leaves nothing running when the reply is lost besides', async () => {
    const setup = await fleet();
    const stop = new AbortController();
    setup.fake.faults.push({
      match: POST,
      times: 1,
      afterwards: true,
      strike: (response, reply) => {
        stop.abort();
        faults.reset()(response, reply);
      },
    });
    await expect(setup.live.launch(contractQuery(), setup.picked, OPTIONS, stop.signal)).rejects.toSatisfy(isAbort);
    expect(setup.fake.world.queries).toEqual([expect.objectContaining({ expired: true })]);
  });
});
