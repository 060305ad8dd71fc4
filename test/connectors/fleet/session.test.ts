import { describe, expect, it } from 'vitest';
import { allHosts } from '../contract.ts';
import { failure } from './live.ts';
import { connectForTest, fleetForTest, MemoryStore, never } from './support.ts';

const LOGIN = /^POST .*\/login$/;

describe('a session', () => {
  it('sends an API token as it is and never logs in', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('web-1');
    const { connector } = connectForTest(fleet);
    expect(await allHosts(connector)).toHaveLength(1);
    expect(fleet.count(LOGIN)).toBe(0);
  });

  it('logs in once for everything that starts at the same time', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('web-1');
    const user = fleet.addUser('bo@example.com', 'admin');
    const { connector } = connectForTest(fleet, { email: user.email, secret: user.password });
    await Promise.all([connector.check(never()), allHosts(connector), allHosts(connector)]);
    expect(fleet.count(LOGIN)).toBe(1);
  });

  it('serves later processes from the log-in of the first, and keeps nothing in clear', async () => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', 'admin');
    const store = new MemoryStore();
    for (let run = 0; run < 3; run += 1) {
      await connectForTest(fleet, { email: user.email, secret: user.password, store }).connector.check(never());
    }
    expect(fleet.count(LOGIN)).toBe(1);
    const kept = JSON.stringify([...store.spaces].map(([name, space]) => [name, ...space]));
    expect(kept).toContain('session');
    expect(kept).not.toMatch(/SESSION1|passphrase/);
  });

  it('logs in anew, once, when the session has ended', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('web-1');
    const user = fleet.addUser('bo@example.com', 'admin');
    const { connector } = connectForTest(fleet, { email: user.email, secret: user.password });
    await allHosts(connector);
    fleet.endSessions();
    expect(await allHosts(connector)).toHaveLength(1);
    expect(fleet.count(LOGIN)).toBe(2);
  });

  it('does not open a kept session with another password', async () => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', 'admin');
    const store = new MemoryStore();
    await connectForTest(fleet, { email: user.email, secret: user.password, store }).connector.check(never());
    const other = connectForTest(fleet, { email: user.email, secret: 'guess', store });
    expect((await failure(other.connector.check(never()))).kind).toBe('auth');
  });

  it('takes a damaged kept session for none', async () => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', 'admin');
    const store = new MemoryStore();
    store.set('fleetdm.prod-fleet.session', user.email, '{"salt":"!"');
    await connectForTest(fleet, { email: user.email, secret: user.password, store }).connector.check(never());
    expect(fleet.count(LOGIN)).toBe(1);
  });

  it('waits as long as the rate limit says, then logs in', async () => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', 'admin');
    const { connector, clock } = connectForTest(fleet, { email: user.email, secret: user.password });
    const before = clock.now();
    fleet.fault(LOGIN, {
      kind: 'reply',
      status: 429,
      headers: { 'retry-after': '7' },
      text: '{"message":"limit exceeded, retry after: 7s"}',
    });
    await connector.check(never());
    expect(clock.now() - before).toBeGreaterThanOrEqual(7_000);
    expect(fleet.count(LOGIN)).toBe(2);
  });

  it('gives up when the rate limit stays, without storming it', async () => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', 'admin');
    fleet.loginsLeft = 0;
    const problem = await failure(connectForTest(fleet, { email: user.email, secret: user.password }).connector.check(never()));
    expect(problem).toMatchObject({ kind: 'unreachable', retryAfterMs: 1_000 });
    expect(problem.message).toMatch(/429.*limits the rate.*1 s/);
    expect(fleet.count(LOGIN)).toBeLessThanOrEqual(3);
  });

  it('does not repeat a refused log-in for a minute: every try takes from everybody’s limit', async () => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', 'admin');
    const { connector, clock } = connectForTest(fleet, { email: user.email, secret: 'wrong' });
    for (let turn = 0; turn < 3; turn += 1) expect((await failure(allHosts(connector))).kind).toBe('auth');
    expect(fleet.count(LOGIN)).toBe(1);
    await clock.advance(61_000);
    await failure(allHosts(connector));
    expect(fleet.count(LOGIN)).toBe(2);
  });

  it.each([
    ['sso', /single sign-on.*API token/],
    ['mfa', /verify this log-in by e-mail.*API token/],
    ['forced reset', /must set a new password first.*web page/],
  ] as const)('says what helps an account with %s', async (login, words) => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', 'admin', login);
    const problem = await failure(connectForTest(fleet, { email: user.email, secret: user.password }).connector.check(never()));
    expect(problem.kind).toBe('auth');
    expect(problem.message).toMatch(words);
    expect(problem.message).not.toContain(user.password);
  });

  it('reads a log-in that wants an e-mail to be confirmed (202)', async () => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', 'admin');
    fleet.fault(LOGIN, { kind: 'reply', status: 202, text: '{"message":"We sent an email to you."}' });
    const problem = await failure(connectForTest(fleet, { email: user.email, secret: user.password }).connector.check(never()));
    expect(problem.message).toMatch(/by e-mail.*API token/);
  });

  it('says what helps when a token is refused', async () => {
    const fleet = await fleetForTest();
    const problem = await failure(connectForTest(fleet, { secret: 'OLDTOKEN' }).connector.check(never()));
    expect(problem).toMatchObject({ kind: 'auth', transient: false });
    expect(problem.message).toMatch(/401.*unknown, expired or logged out/);
    expect(problem.message).not.toContain('OLDTOKEN');
  });

  it('does not take a lost database for a wrong token or password, and keeps its session', async () => {
    const fleet = await fleetForTest();
    const user = fleet.addUser('bo@example.com', 'admin');
    const { connector } = connectForTest(fleet, { email: user.email, secret: user.password });
    await connector.check(never());
    fleet.databaseDown = true;
    for (const other of [connector, connectForTest(fleet).connector]) {
      const problem = await failure(other.check(never()));
      expect(problem).toMatchObject({ kind: 'unreachable', transient: true });
      expect(problem.message).toMatch(/not healthy \(HTTP 500\).*lost its database/);
    }
    expect((await failure(connectForTest(fleet, { email: user.email, secret: user.password }).connector.check(never()))).kind).toBe(
      'unreachable',
    );
    const logins = fleet.count(LOGIN);
    fleet.databaseDown = false;
    await connector.check(never());
    expect(fleet.count(LOGIN)).toBe(logins);
  });

  it('never sends a token with characters that could split a header', async () => {
    const fleet = await fleetForTest();
    const problem = await failure(connectForTest(fleet, { secret: 'abc\r\nX-Evil: 1' }).connector.check(never()));
    expect(problem.kind).toBe('usage');
    expect(fleet.requests).toEqual([]);
  });

  it('says that Redis is gone when a log-in fails for that', async () => {
    const fleet = await fleetForTest();
    fleet.redisDown = true;
    const user = fleet.addUser('bo@example.com', 'admin');
    const problem = await failure(connectForTest(fleet, { email: user.email, secret: user.password }).connector.check(never()));
    expect(problem).toMatchObject({ kind: 'unreachable' });
    expect(problem.message).toMatch(/408.*lost its Redis/);
  });
});
