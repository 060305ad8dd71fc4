import { describe, expect, it } from 'vitest';
import type { LiveUpdate } from '../../../src/core/ports.ts';
import { faults, TOKEN } from '../../fakes/osctrl.ts';
import { answersIn } from '../contract.ts';
import { notes, OPTIONS, READ, run } from './live-run.ts';
import { never } from './support.ts';

describe('faults while answers are awaited', () => {
  it.each([
    ['5xx', faults.status(503, 'restarting')],
    ['429', faults.status(429, 'too many requests', { 'retry-after': '5' })],
    ['resets', faults.reset()],
    ['half answers', faults.truncated()],
    ['stalls', faults.stall()],
    ['a login page', faults.html()],
  ])('%s pass, and nothing is lost or doubled', async (_, strike) => {
    const { fake, follow, hosts } = await run(['answers', 'answers', 'fails']);
    fake.faults.push({ match: READ, times: 3, afterwards: true, strike });
    const updates = await follow();
    expect(
      answersIn(updates)
        .map(answer => answer.hostId)
        .sort(),
    ).toEqual(hosts.map(host => host.id).sort());
    expect(notes(updates)).toEqual([expect.stringContaining('Still trying')]);
  });

  it('a 429 is given the time that it asks for', async () => {
    const { fake, clock, follow } = await run(['answers']);
    fake.faults.push({ match: READ, times: 1, strike: faults.status(429, 'too many requests', { 'retry-after': '9' }) });
    const before = clock.now();
    expect(answersIn(await follow())).toHaveLength(1);
    expect(clock.now() - before).toBeGreaterThanOrEqual(9_000);
  });

  it('a restart of the server is survived', async () => {
    const { fake, follow, hosts } = await run(['answers', 'silent']);
    let restart: Promise<void> | undefined;
    const updates = await follow(seen => {
      if (!restart && answersIn(seen).length === 1) {
        restart = fake.stop().then(async () => {
          fake.world.release();
          await fake.start();
        });
      }
      return false;
    });
    await restart;
    expect(answersIn(updates)).toHaveLength(hosts.length);
  });

  it('a server that stays away ends the stream with a problem, within bounds', async () => {
    const { fake, clock, follow } = await run(['silent']);
    await fake.stop();
    const before = clock.now();
    await expect(follow()).rejects.toMatchObject({ kind: 'unreachable' });
    expect(clock.now() - before).toBeLessThan(45_000);
  });

  it('a token that is revoked ends it with what that means, and the answers before it stay', async () => {
    const { fake, follow, live, remoteId, hosts } = await run(['answers', 'silent']);
    const got: LiveUpdate[] = [];
    const read = async () => {
      for await (const update of live.updates(remoteId, hosts, OPTIONS, never())) {
        got.push(update);
        fake.accounts.clear();
      }
    };
    await expect(read()).rejects.toMatchObject({
      kind: 'auth',
      message: expect.stringMatching(/check api_token.*answers so far are kept/),
    });
    expect(answersIn(got)).toHaveLength(1);
    await expect(follow()).rejects.toMatchObject({ kind: 'auth' });
  });

  it('a token that was renewed where it comes from is taken up', async () => {
    let current = TOKEN;
    const { fake, follow } = await run(['answers', 'silent'], { token: () => current });
    const updates = await follow(seen => {
      if (answersIn(seen).length === 1) {
        const account = fake.accounts.get(TOKEN);
        fake.accounts.clear();
        current = 'eyJ-renewed';
        if (account) fake.accounts.set(current, account);
        fake.world.release();
      }
      return false;
    });
    expect(answersIn(updates)).toHaveLength(2);
  });

  it('an unknown shape ends it with a problem that names the place, and a sample without contents', async () => {
    const { fake, follow } = await run(['silent']);
    fake.faults.push({ match: /results/, times: 1_000, strike: faults.json({ rows: ['SECRET'] }) });
    const problem = await follow().catch((thrown: unknown) => thrown);
    expect(problem).toMatchObject({ kind: 'unreachable', transient: false, detail: 'unknown shape: {rows: [string, 1 in all]}' });
  });
});

describe('end', () => {
  it('expires the query, so that a host that comes back does not run it', async () => {
    const { fake, live, remoteId } = await run(['answers', 'gone']);
    expect(await live.end(remoteId, 'deadline', never())).toBeUndefined();
    for (const node of fake.world.nodes) node.behaviour = 'answers';
    fake.world.poll();
    expect(fake.world.reached(remoteId)).toHaveLength(1);
  });

  it('asks nothing of the server when all have answered', async () => {
    const { fake, live, remoteId } = await run(['answers']);
    const before = fake.requests.length;
    expect(await live.end(remoteId, 'answered', never())).toBeUndefined();
    expect(fake.requests.length).toBe(before);
  });

  it('says beforehand known or refused rights: hosts may still run it', async () => {
    const { fake, live, remoteId, connector } = await run(['silent']);
    fake.accounts.set(TOKEN, { username: 'responder', admin: false, rights: { user: true, query: true, admin: false } });
    expect(await live.end(remoteId, 'deadline', never())).toMatch(/may still run query_\w+ until it expires.*admin right/);
    await connector.check(never());
    const before = fake.count(/POST .*expire/);
    expect(await live.end(remoteId, 'cancelled', never())).toMatch(/admin right/);
    expect(fake.count(/POST .*expire/)).toBe(before);
  });

  it('tries again after passing faults, and otherwise says why hosts may still run it', async () => {
    const { fake, live, remoteId } = await run(['silent']);
    fake.faults.push({ match: /POST .*expire/, times: 2, strike: faults.status(503) });
    expect(await live.end(remoteId, 'cancelled', never())).toBeUndefined();
    fake.faults.push({ match: /POST .*expire/, times: 1_000, strike: faults.status(500, 'no') });
    expect(await live.end(remoteId, 'cancelled', never())).toMatch(/may still run.*HTTP 500/);
  });

  it('takes an empty message for what it is: nothing was done', async () => {
    const { fake, live, remoteId } = await run(['silent']);
    fake.faults.push({ match: /POST .*expire/, times: 1, strike: faults.json({ message: '' }) });
    expect(await live.end(remoteId, 'cancelled', never())).toMatch(/may still run/);
  });

  it('puts no foreign name into a path', async () => {
    const { fake, live } = await run(['answers']);
    const before = fake.requests.length;
    await expect(live.end('../../users/me', 'cancelled', never())).rejects.toMatchObject({ kind: 'usage' });
    expect(fake.requests.length).toBe(before);
  });
});
