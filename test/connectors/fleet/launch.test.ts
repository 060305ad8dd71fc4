import { describe, expect, it } from 'vitest';
import { allHosts, answersIn, contractQuery } from '../contract.ts';
import { failure, RUN, start, startOn, updatesOf, WAIT } from './live.ts';
import { connectForTest, fleetForTest, never } from './support.ts';

describe('starting a live query', () => {
  it.each([
    ['observer', /observer may not run/],
    ['gitops', /gitops may not run/],
  ] as const)('is blocked for the role %s before anything is sent', async (role, words) => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', role);
    const { connector, live } = connectForTest(fleet, { secret: user.token });
    expect(live.blocked?.()).toBeUndefined();
    await connector.check(never());
    expect(live.blocked?.()).toMatch(words);
  });

  it.each(['admin', 'maintainer', 'observer_plus'] as const)('is open to the role %s', async role => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', role);
    const { connector, live } = connectForTest(fleet, { secret: user.token });
    await connector.check(never());
    expect(live.blocked?.()).toBeUndefined();
  });

  it.each(['old', '4.82', 'new only'] as const)('is blocked where live queries are disabled (names of %s)', async names => {
    const fleet = await fleetForTest();
    fleet.addHost('a');
    fleet.settings.names = names;
    fleet.settings.liveQueryDisabled = true;
    const { connector, live } = connectForTest(fleet);
    const hosts = await allHosts(connector);
    expect(live.blocked?.()).toMatch(/disabled in Fleet’s settings/);
    const problem = await failure(live.launch(contractQuery(), hosts, WAIT, never()));
    expect(problem).toMatchObject({ kind: 'auth' });
    expect(fleet.count(RUN)).toBe(0);
    fleet.settings.liveQueryDisabled = false;
    await allHosts(connector);
    expect(live.blocked?.()).toBeUndefined();
  });

  it('does not start when Redis is gone', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a');
    fleet.redisDown = true;
    const problem = await failure(start(fleet));
    expect(problem).toMatchObject({ kind: 'unreachable' });
    expect(problem.message).toMatch(/lost its Redis/);
    expect(fleet.count(RUN)).toBe(0);
  });

  it.each([
    ['an empty 500', { kind: 'reply', status: 500 }],
    ['a 502 of a proxy', { kind: 'reply', status: 502, text: '<html>' }],
    ['a lost Redis', { kind: 'reply', status: 408, text: '{"message":"dial tcp: refused"}' }],
    ['a reset', { kind: 'reset' }],
    ['half an answer', { kind: 'truncated' }],
    ['an answer that never ends', { kind: 'stalled' }],
    ['another page', { kind: 'reply', status: 200, text: '<html>sign in</html>' }],
    ['a campaign without an id', { kind: 'reply', status: 200, text: '{"campaign":{}}' }],
  ] as const)('is never sent twice after %s, and says that it may have started', async (_what, fault) => {
    const fleet = await fleetForTest();
    fleet.addHost('a');
    fleet.fault(RUN, fault, 100);
    const problem = await failure(start(fleet));
    expect(problem).toMatchObject({ kind: 'unreachable', transient: false });
    expect(problem.message).toMatch(/may or may not have been started; it is not sent a second time/);
    expect(fleet.count(RUN)).toBe(1);
  });

  it.each([
    [
      'a refusal by role',
      { kind: 'reply', status: 403, text: '{"message":"forbidden","errors":[{"name":"base","reason":"forbidden"}]}' },
      'auth',
      /role may not/,
    ],
    ['a 402', { kind: 'reply', status: 402, text: '{"message":"Requires Fleet Premium license"}' }, 'auth', /Fleet Premium/],
    [
      'a 422',
      { kind: 'reply', status: 422, text: '{"message":"Validation Failed","errors":[{"name":"query","reason":"too long"}]}' },
      'unreachable',
      /\(too long\)/,
    ],
    [
      'a redirect',
      { kind: 'reply', status: 302, headers: { location: 'https://elsewhere.example/' } },
      'unreachable',
      /redirects are not followed/,
    ],
  ] as const)('is sent once and nothing more is claimed after %s', async (_what, fault, kind, words) => {
    const fleet = await fleetForTest();
    fleet.addHost('a');
    fleet.fault(RUN, fault, 100);
    const problem = await failure(start(fleet));
    expect(problem).toMatchObject({ kind });
    expect(problem.message).toMatch(words);
    expect(problem.message).not.toMatch(/may or may not/);
    expect(fleet.count(RUN)).toBe(1);
  });

  it('renews an ended session before the one exchange that counts', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a');
    const user = fleet.addUser('bo@example.com', 'admin');
    const connected = connectForTest(fleet, { email: user.email, secret: user.password });
    const hosts = await allHosts(connected.connector);
    fleet.endSessions();
    const started = await startOn(connected, hosts);
    expect(answersIn(await updatesOf(started))).toHaveLength(1);
    expect(fleet.count(RUN)).toBe(1);
  });
});
