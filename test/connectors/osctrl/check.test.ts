import { describe, expect, it } from 'vitest';
import type { SourceReport } from '../../../src/core/ports.ts';
import { isAbort, Problem } from '../../../src/core/problem.ts';
import { type FakeAccount, faults, TOKEN } from '../../fakes/osctrl.ts';
import { DEV_UUID, forTest, never, type Setup, type SetupOptions } from './support.ts';

const account = (rights: Partial<FakeAccount['rights']>, admin = false): FakeAccount => ({
  username: 'responder',
  admin,
  rights: { user: false, query: false, admin: false, ...rights },
});

async function checkWith(prepare: (setup: Setup) => void, options: SetupOptions = {}): Promise<SourceReport | Problem> {
  const setup = await forTest(options);
  prepare(setup);
  return setup.connector.check(never()).catch((thrown: unknown) => {
    if (thrown instanceof Problem) return thrown;
    throw thrown;
  });
}

const nothing = () => undefined;

describe('check', () => {
  it.each([
    ['head', 'osctrl newer than 0.5.4'],
    ['0.5.4', 'osctrl 0.5.2 to 0.5.4'],
    ['0.5.1', 'osctrl 0.5.1 or older'],
  ] as const)('knows generation %s', async (generation, version) => {
    expect(await checkWith(nothing, { generation })).toMatchObject({ version });
  });

  it('says what an environment admin may do', async () => {
    expect(await checkWith(nothing)).toEqual({
      version: 'osctrl newer than 0.5.4',
      account: 'responder',
      can: ['list hosts', 'run live queries', 'cancel live queries'],
      cannot: [],
      remarks: [],
    });
  });

  it.each([
    ['user and query', { user: true, query: true }, ['list hosts', 'run live queries'], ['cancel live queries']],
    ['query only', { query: true }, ['run live queries'], ['list hosts', 'cancel live queries']],
    ['user only', { user: true }, ['list hosts'], ['run live queries', 'cancel live queries']],
  ])('says what an account with %s may and may not do', async (_, rights, can, cannot) => {
    const report = await checkWith(({ fake }) => fake.accounts.set(TOKEN, account(rights)));
    expect(report).toMatchObject({ can, cannot });
  });

  it.each([
    ['an environment admin', { user: true, query: true, admin: true }, ['list hosts', 'run live queries', 'cancel live queries'], []],
    ['a responder', { user: true, query: true }, ['run live queries'], ['list hosts', 'cancel live queries']],
  ])('finds out by trying what %s may do on 0.5.1, which does not tell', async (_, rights, can, cannot) => {
    const report = await checkWith(({ fake }) => fake.accounts.set(TOKEN, account(rights)), { generation: '0.5.1' });
    expect(report).toMatchObject({ can, cannot });
  });

  it('tells a query-only account that it must name hosts by uuid', async () => {
    const report = await checkWith(({ fake }) => fake.accounts.set(TOKEN, account({ query: true })));
    expect(report).toMatchObject({ remarks: [expect.stringContaining('by uuid only')] });
  });

  it('knows a super-admin without rights of its own', async () => {
    const report = await checkWith(({ fake }) => fake.accounts.set(TOKEN, account({}, true)));
    expect(report).toMatchObject({ cannot: [] });
  });

  it('refuses an account without any right in the environment', async () => {
    const problem = await checkWith(({ fake }) => fake.accounts.set(TOKEN, account({})));
    expect(problem).toMatchObject({ kind: 'auth', message: expect.stringContaining('authentication failed; check api_token') });
  });

  it.each(['head', '0.5.4', '0.5.1'] as const)('says that a token of %s is not valid', async generation => {
    const problem = await checkWith(({ fake }) => fake.accounts.clear(), { generation });
    expect(problem).toMatchObject({
      kind: 'auth',
      transient: false,
      message: expect.stringContaining('authentication failed; check api_token'),
    });
  });

  it.each(['head', '0.5.4'] as const)('names the environments that exist when ours does not (%s)', async generation => {
    const problem = await checkWith(nothing, { generation, environment: 'Dev' });
    expect(problem).toMatchObject({ kind: 'usage', message: expect.stringContaining("no environment 'Dev'") });
    expect(problem).toMatchObject({ message: expect.stringContaining('Known: dev, prod.') });
  });

  it('tells a 0.5.1 user to give the UUID, with the UUIDs where they may be read', async () => {
    const plain = await checkWith(nothing, { generation: '0.5.1', environment: 'staging' });
    expect(plain).toMatchObject({ kind: 'usage', message: expect.stringContaining('by its UUID only') });
    const asAdmin = await checkWith(({ fake }) => fake.accounts.set(TOKEN, account({}, true)), {
      generation: '0.5.1',
      environment: 'staging',
    });
    expect(asAdmin).toMatchObject({ kind: 'usage', message: expect.stringContaining('dev = af23a26d-0000-4000-8000-0000000000de') });
  });

  it('finds the UUID of a named environment on 0.5.1 for a super-admin', async () => {
    const options = { generation: '0.5.1', environment: 'dev' } as const;
    expect(await checkWith(({ fake }) => fake.accounts.set(TOKEN, account({}, true)), options)).toMatchObject({
      version: 'osctrl 0.5.1 or older',
    });
  });

  it('says so when the environment of a 0.5.1 does not exist', async () => {
    const problem = await checkWith(nothing, { generation: '0.5.1', environment: '00000000-0000-4000-8000-000000000000' });
    expect(problem).toMatchObject({ kind: 'usage', message: expect.stringContaining('no environment') });
  });

  it.each([DEV_UUID, DEV_UUID.toUpperCase()])('takes the environment by its UUID in any case: %s', async environment => {
    expect(await checkWith(nothing, { environment })).toMatchObject({ cannot: [] });
  });

  it.each([
    ['a login page with 200', faults.html()],
    ['a text with 200', faults.status(200, 'Hello')],
    ['another JSON API', faults.json({ hello: 'world' })],
    ['a redirect', faults.status(302, '', { location: 'https://sso.example/login' })],
  ])('calls %s no osctrl', async (_, strike) => {
    const problem = await checkWith(({ fake }) => fake.faults.push({ match: /./, times: 1_000, strike }));
    expect(problem).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('heck base_url') });
  });

  it('finds the generation without the rate-limited route', async () => {
    const limit = { match: /login\/environments/, times: 1_000, strike: faults.status(429, 'too many requests', { 'retry-after': '60' }) };
    for (const generation of ['head', '0.5.4', '0.5.1'] as const) {
      const report = await checkWith(({ fake }) => fake.faults.push(limit), { generation });
      expect(report).toHaveProperty('can', expect.arrayContaining(['list hosts', 'run live queries']));
      expect(report).toHaveProperty(
        'version',
        { head: 'osctrl newer than 0.5.4', '0.5.4': 'osctrl 0.5.2 to 0.5.4', '0.5.1': 'osctrl 0.5.1 or older' }[generation],
      );
    }
  });

  it('shows who a token of 0.5.1 is for, and that it ends soon, by what the token says', async () => {
    const claims = { username: 'ana\u001b', iss: 'osctrl-api', exp: Date.UTC(2026, 10, 21, 5, 0, 0) / 1_000 };
    const token = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;
    const prepare = ({ fake }: Setup) => fake.accounts.set(token, account({ user: true, query: true, admin: true }));
    expect(await checkWith(prepare, { generation: '0.5.1', token: () => token })).toMatchObject({
      account: 'ana␛',
      remarks: ['The token expires in 2h, at 2026-11-21T05:00:00.000Z.'],
    });
  });

  it('remarks on a clock that differs from the server’s', async () => {
    const clock = { ahead: 0 };
    const setup = await forTest({ now: () => Date.UTC(2026, 10, 21, 3, 10, 0) + clock.ahead });
    expect(await setup.connector.check(never())).toMatchObject({ remarks: [expect.stringContaining('clock is 10m behind')] });
    clock.ahead = -2 * 3_600_000;
    expect(await setup.connector.check(never())).toMatchObject({ remarks: [expect.stringContaining('clock is 1h ahead of')] });
  });

  it('asks again each time, so that an upgraded server or account is noticed', async () => {
    const { fake, connector } = await forTest();
    expect((await connector.check(never())).cannot).toEqual([]);
    fake.accounts.set(TOKEN, account({ user: true }));
    expect((await connector.check(never())).cannot).toContain('run live queries');
  });

  it('retries a server that is just starting', async () => {
    const report = await checkWith(({ fake }) => fake.faults.push({ match: /./, times: 2, strike: faults.status(503, 'starting') }));
    expect(report).toMatchObject({ cannot: [] });
  });

  it('gives up on a server that stays down, or is not there, within bounds', async () => {
    const down = await checkWith(({ fake }) => fake.faults.push({ match: /./, times: 1_000, strike: faults.status(503) }));
    expect(down).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('HTTP 503') });
    const setup = await forTest();
    await setup.fake.stop();
    await expect(setup.connector.check(never())).rejects.toMatchObject({ kind: 'unreachable', detail: 'refused' });
    expect(setup.clock.now() - Date.UTC(2026, 10, 21, 3, 0, 0)).toBeLessThan(45_000);
  });

  it('sends the token as a bearer, asks for JSON and sends no cookie', async () => {
    const { fake, connector } = await forTest();
    await connector.check(never());
    const asked = fake.requests.filter(({ path }) => !path.includes('login'));
    expect(asked.length).toBeGreaterThan(0);
    for (const { headers } of asked) {
      expect(headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, accept: 'application/json' });
      expect(headers).not.toHaveProperty('cookie');
    }
  });

  it('reads the token anew when it is refused, and says nothing of its value', async () => {
    const tokens = ['eyJ-stale', TOKEN];
    const setup = await forTest({ token: () => tokens.shift() ?? TOKEN });
    expect(await setup.connector.check(never())).toMatchObject({ cannot: [] });
    const bad = await forTest({ token: () => 'two\nlines' });
    const problem = await bad.connector.check(never()).catch((thrown: unknown) => thrown);
    expect(problem).toMatchObject({ kind: 'usage' });
    expect(String(problem)).not.toContain('two');
  });

  it('stops when told to while it waits', async () => {
    const { fake, connector } = await forTest({ patient: true });
    fake.faults.push({ match: /./, times: 1, strike: faults.stall() });
    const stop = new AbortController();
    const checking = connector.check(stop.signal);
    await expect.poll(() => fake.requests.length).toBe(1);
    stop.abort();
    await expect(checking).rejects.toSatisfy(isAbort);
  });
});
