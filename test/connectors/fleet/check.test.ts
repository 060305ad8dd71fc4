import { describe, expect, it } from 'vitest';
import { allHosts } from '../contract.ts';
import { failure } from './live.ts';
import { connectForTest, fleetForTest, never } from './support.ts';

describe('testing a Fleet source', () => {
  it('asks the route that the documents promise', async () => {
    const fleet = await fleetForTest();
    await connectForTest(fleet).connector.check(never());
    expect(fleet.requests[0]).toMatchObject({ method: 'GET', path: '/api/v1/fleet/me' });
  });

  it('says user, role, version and tier, and what the account may do', async () => {
    const fleet = await fleetForTest();
    expect(await connectForTest(fleet).connector.check(never())).toEqual({
      version: '4.77.0-fake (Fleet premium)',
      account: 'ada <ada@example.com>, global admin (teams: Workstations, Servers)',
      can: ['list hosts', 'read reports', 'run live queries', 'cancel live queries'],
      cannot: [],
      remarks: [],
    });
  });

  it.each(['old', '4.82', 'new only'] as const)('says the teams of a team’s user (names of %s)', async names => {
    const fleet = await fleetForTest();
    fleet.settings.names = names;
    const user = fleet.addUser('bo@example.com', [{ id: 2, role: 'observer' }]);
    const report = await connectForTest(fleet, { secret: user.token }).connector.check(never());
    expect(report.account).toBe('bo <bo@example.com>, observer of Servers');
    expect(report.cannot).toEqual([
      expect.stringMatching(/^run live queries: .*in any of its teams/),
      expect.stringMatching(/^cancel live queries/),
    ]);
  });

  it('says on which teams a live query may be run, when not on all', async () => {
    const fleet = await fleetForTest();
    const teams = [
      { id: 1, role: 'maintainer' },
      { id: 2, role: 'observer' },
    ] as const;
    const user = fleet.addUser('bo@example.com', teams);
    const report = await connectForTest(fleet, { secret: user.token }).connector.check(never());
    expect(report.can).toContain('run live queries, on hosts of Workstations only');
  });

  it('says what a gitops account may not do', async () => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', 'gitops');
    const report = await connectForTest(fleet, { secret: user.token }).connector.check(never());
    expect(report.cannot.join('\n')).toMatch(/list hosts: .*forbidden[\s\S]*run live queries: the role gitops/);
  });

  it('says that live queries are disabled, or that Redis is gone, without failing', async () => {
    const fleet = await fleetForTest();
    fleet.settings.liveQueryDisabled = true;
    const { connector } = connectForTest(fleet);
    expect((await connector.check(never())).cannot[0]).toMatch(/^run live queries: .*disabled/);
    fleet.settings.liveQueryDisabled = false;
    fleet.redisDown = true;
    expect((await connector.check(never())).cannot[0]).toMatch(/^run live queries: .*Redis/);
  });

  it('fails for a team that does not exist', async () => {
    const fleet = await fleetForTest();
    expect(await failure(connectForTest(fleet, { teamId: 9 }).connector.check(never()))).toMatchObject({ kind: 'usage' });
  });

  it('remarks on TLS without verification and on an expired licence', async () => {
    const fleet = await fleetForTest();
    fleet.settings.licenseExpired = true;
    const { connector } = connectForTest(fleet, { insecure: true });
    await connector.check(never());
    expect(connector.remarks?.().join()).toMatch(/TLS.*licence has expired/);
  });
});

const ROUTES = { 'testing it': /\/me$/, 'listing hosts': /\/hosts\?/ } as const;

describe.each(Object.entries(ROUTES))('faults while %s', (what, route) => {
  const run = async (fault: Parameters<Awaited<ReturnType<typeof fleetForTest>>['fault']>[1], times = 100) => {
    const fleet = await fleetForTest();
    fleet.addHost('web-1');
    fleet.fault(route, fault, times);
    const { connector } = connectForTest(fleet);
    const work = what === 'listing hosts' ? allHosts(connector) : connector.check(never());
    return { work, tries: () => fleet.count(route) };
  };

  it.each([
    ['a 429', { kind: 'reply', status: 429, headers: { 'retry-after': '2' } }],
    ['an empty 500', { kind: 'reply', status: 500 }],
    ['a 503', { kind: 'reply', status: 503, text: 'busy' }],
    ['a reset', { kind: 'reset' }],
    ['half an answer', { kind: 'truncated' }],
  ] as const)('is tried again after %s', async (_name, fault) => {
    const { work, tries } = await run(fault, 2);
    await work;
    expect(tries()).toBeGreaterThanOrEqual(3);
  });

  it.each([
    ['a 429', { kind: 'reply', status: 429, headers: { 'retry-after': '2' } }, 'unreachable', /limits the rate/],
    [
      'a Retry-After beyond all patience',
      { kind: 'reply', status: 429, headers: { 'retry-after': '3000' } },
      'unreachable',
      /try again in 3000 s/,
    ],
    ['an empty 500', { kind: 'reply', status: 500 }, 'unreachable', /lost its database/],
    [
      'a 401 in text/plain',
      {
        kind: 'reply',
        status: 401,
        headers: { 'content-type': 'text/plain' },
        text: '{"message":"Authentication required","errors":[{"name":"base","reason":"Authentication required"}]}',
      },
      'auth',
      /\(Authentication required\).*token/,
    ],
    ['a 403', { kind: 'reply', status: 403, text: '{"message":"forbidden"}' }, 'auth', /role/],
    [
      'a redirect to a log-in page',
      { kind: 'reply', status: 302, headers: { location: '/login' } },
      'unreachable',
      /redirects are not followed/,
    ],
    ['a plain 404', { kind: 'reply', status: 404, text: '404 page not found\n' }, 'unreachable', /not the API/],
    ['a page instead of JSON', { kind: 'reply', status: 200, text: '<html>' }, 'unreachable', /no JSON/],
    ['JSON of something else', { kind: 'reply', status: 200, text: '[1,2]' }, 'unreachable', /shape we do not know/],
    ['a body that is too large', { kind: 'huge', bytes: 65 * 2 ** 20 }, 'unreachable', /more than 64 MiB/],
  ] as const)('gives up at %s that stays, in plain words', async (_name, fault, kind, words) => {
    const { work, tries } = await run(fault);
    const problem = await failure(work);
    expect(problem).toMatchObject({ kind, source: 'prod-fleet' });
    expect(problem.message).toMatch(words);
    expect(problem.message).not.toMatch(/\n/);
    expect(tries()).toBeLessThanOrEqual(4);
  });
});
