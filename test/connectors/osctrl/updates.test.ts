import { describe, expect, it } from 'vitest';
import { isAbort } from '../../../src/core/problem.ts';
import { faults, send } from '../../fakes/osctrl.ts';
import { answersIn, collectUpdates } from '../contract.ts';
import { notes, OPTIONS, run } from './live-run.ts';
import { connectTo, never } from './support.ts';

describe('answers', () => {
  it.each(['head', '0.5.4', '0.5.1'] as const)('come for every host, then the stream ends by itself (%s)', async generation => {
    const { follow, byName } = await run(['answers', 'answers', 'empty', 'fails', 'denylisted'], { generation });
    expect(byName(await follow())).toMatchObject({
      answers: { state: 'rows', rows: [{ pid: '1', name: 'init of answers' }] },
      answers2: { state: 'rows' },
      empty: { state: 'rows', rows: [] },
      fails: { state: 'error', error: 'no such table: on fails' },
      denylisted: { state: 'denylisted', error: 'distributed query is denylisted' },
    });
  });

  it('are kept apart from those of hosts that were not asked, and from repeats', async () => {
    const { fake, query, hosts, watch } = await run(['answers', 'silent']);
    fake.world.answer(query, { uuid: 'FFFFFFFF-0000-4000-8000-000000000001', hostname: 'stranger' }, 'answers');
    const [first] = hosts.filter(host => host.hostname === 'answers');
    fake.world.answer(query, { uuid: first?.uuid ?? '', hostname: 'again' }, 'answers');
    expect(answersIn(await watch(20)).map(answer => answer.hostId)).toEqual([first?.id]);
  });

  it('that cannot be read are errors of that host only', async () => {
    const { fake, query, hosts, follow, byName } = await run(['silent', 'silent', 'silent', 'silent']);
    const broken = ['{"result":[{"pid":"1"}', '{"result":"none"}', 'null', '{"result":["text",{"pid":"1"},null],"status":0}'];
    for (const [index, host] of hosts.entries()) fake.world.store(query, host.uuid, broken[index] ?? '');
    const answers = Object.values(byName(await follow()));
    expect(answers.map(answer => answer.state).sort()).toEqual(['error', 'error', 'error', 'rows']);
    expect(answers.find(answer => answer.state === 'rows')).toMatchObject({ rows: [{ pid: '1' }], note: '2 rows could not be read' });
  });

  it('of hostile hosts are printable', async () => {
    const { follow } = await run(['hostile']);
    const [answer] = answersIn(await follow());
    const text = JSON.stringify(answer);
    expect(text).not.toMatch(/\\u001b|\\u0000|\u202e|\\n/);
    expect(text).toContain('␛[31mred');
  });

  it('are read in pages, however many hosts', async () => {
    const { follow, hosts } = await run(
      Array.from({ length: 450 }, () => 'answers' as const),
      { patient: true },
    );
    expect(answersIn(await follow()).length).toBe(hosts.length);
  });

  it('are read one by one when they are too large together, and one beyond all limits costs itself only', async () => {
    const { fake, follow } = await run(['answers', 'answers', 'silent'], { patient: true });
    fake.faults.push(
      { match: /results\/.*page_size=(200|20)$/, times: 1_000, strike: faults.huge(17 * 2 ** 20) },
      { match: /results\/.*page=1&page_size=1$/, times: 1_000, strike: faults.huge(65 * 2 ** 20) },
    );
    const updates = await follow(seen => answersIn(seen).length === 1);
    expect(answersIn(updates)).toHaveLength(1);
  });

  it('say when they were given, by our clock, even if the server’s differs by hours', async () => {
    const { clock, follow } = await run(['answers'], { now: () => Date.UTC(2026, 10, 21, 9, 0, 0) });
    const [answer] = answersIn(await follow());
    expect(Math.abs((answer?.at ?? 0) - clock.now())).toBeLessThan(5_000);
  });

  it('that come late, after the deadline and after the query was ended, are delivered', async () => {
    const { fake, clock, live, remoteId, follow, byName } = await run(['answers', 'silent']);
    let ended: Promise<unknown> | undefined;
    const updates = await follow(seen => {
      if (!ended && answersIn(seen).length === 1) {
        clock.advance(90_000);
        ended = live.end(remoteId, 'deadline', never()).then(() => fake.world.release());
      }
      return false;
    });
    await ended;
    expect(byName(updates)).toHaveProperty('silent.state', 'rows');
    expect(notes(updates)).toEqual([]);
  });

  it('can be followed again by another process', async () => {
    const { fake, clock, remoteId, hosts } = await run(['answers', 'fails']);
    const later = connectTo(fake, clock);
    const updates = await collectUpdates(later.connector.liveQuery ?? fail(), remoteId, hosts, () => false);
    await later.close();
    expect(answersIn(updates)).toHaveLength(2);
  });

  it('leaves out hosts that were not asked because they are offline, and says so', async () => {
    const { follow, hosts } = await run(['answers', 'gone']);
    const updates = await follow(seen => answersIn(seen).length === 1, { ...OPTIONS, offline: 'skip' });
    const gone = hosts.find(host => host.hostname === 'gone');
    expect(updates).toContainEqual({ kind: 'silent', state: 'offline', hostIds: [gone?.id], reason: expect.stringContaining('not asked') });
  });

  it('that are missing at the deadline need no further word when nobody failed', async () => {
    const { live, remoteId, follow } = await run(['answers', 'silent']);
    await follow(seen => answersIn(seen).length === 1);
    expect(live.silentAtDeadline?.(remoteId)).toEqual([]);
    expect(live.silentAtDeadline?.('query_of_an_earlier_process')).toEqual([]);
  });

  it('ends when the query has run out long ago and nobody answers', async () => {
    const { follow } = await run(['silent']);
    expect(answersIn(await follow())).toEqual([]);
  });
});

function fail(): never {
  throw new Error('osctrl runs live queries');
}

describe('a host that fails without leaving a row', () => {
  it('is named when arithmetic leaves no other', async () => {
    const { follow, byName } = await run(['answers', 'rowless']);
    expect(byName(await follow())).toMatchObject({
      answers: { state: 'rows' },
      rowless: { state: 'error', error: expect.stringContaining('no reason') },
    });
  });

  it('is counted in a remark, once, while others are silent too; and named when they have answered', async () => {
    const { fake, follow, byName } = await run(['answers', 'rowless', 'silent']);
    let released = false;
    const updates = await follow(seen => {
      if (!released && notes(seen).length > 0) {
        released = true;
        fake.world.release();
      }
      return false;
    });
    expect(notes(updates)).toEqual(['Of the hosts without an answer, 1 host failed without leaving a reason; osctrl does not say which.']);
    expect(byName(updates)).toMatchObject({ silent: { state: 'rows' }, rowless: { state: 'error' } });
  });

  it('is not called failed while its row may only be late', async () => {
    const { fake, query, hosts, follow, byName } = await run(['silent']);
    query.errors = 1;
    fake.faults.push({
      match: /results/,
      times: 1,
      afterwards: true,
      strike: (response, reply) => {
        fake.world.store(query, hosts[0]?.uuid ?? '', '{"result":[],"status":1,"message":"no such table: x"}', 1);
        if (reply) send(response, reply);
      },
    });
    expect(byName(await follow())).toMatchObject({ silent: { state: 'error', error: 'no such table: x' } });
  });

  it('is called failed only when nothing has moved for seconds', async () => {
    const { clock, follow } = await run(['rowless']);
    const before = clock.now();
    expect(answersIn(await follow())).toHaveLength(1);
    expect(clock.now() - before).toBeGreaterThanOrEqual(3_000);
  });

  it('is remarked on at the end of a run that was too short for that', async () => {
    const { fake, live, remoteId, hosts } = await run(['rowless', 'silent']);
    const stop = new AbortController();
    fake.faults.push({
      match: /results/,
      times: 1,
      afterwards: true,
      strike: (response, reply) => {
        stop.abort();
        if (reply) send(response, reply);
      },
    });
    const read = async () => {
      for await (const update of live.updates(remoteId, hosts, OPTIONS, stop.signal)) expect(update).toBeUndefined();
    };
    await expect(read()).rejects.toSatisfy(isAbort);
    const hostIds = hosts.map(host => host.id);
    expect(live.silentAtDeadline?.(remoteId)).toEqual([
      { kind: 'silent', hostIds, state: 'timed_out', reason: 'failed or silent: osctrl does not say which' },
    ]);
    expect(await live.end(remoteId, 'deadline', never())).toContain('1 host failed without leaving a reason');
  });

  it('is just silent on versions that do not count it', async () => {
    const { watch } = await run(['rowless'], { generation: '0.5.4' });
    expect(await watch(20)).toEqual([]);
  });
});

describe('answers that the server stores elsewhere', () => {
  it('are told apart from silence', async () => {
    const { follow, hosts } = await run(['unstored', 'unstored']);
    const updates = await follow(seen => seen.length > 0);
    expect(updates).toEqual([
      {
        kind: 'silent',
        state: 'timed_out',
        hostIds: hosts.map(host => host.id),
        reason: expect.stringContaining('logger must write to the database'),
      },
    ]);
  });

  it('are counted in a remark when some hosts are really silent', async () => {
    const { follow } = await run(['unstored', 'silent', 'answers']);
    expect(notes(await follow(seen => notes(seen).length > 0))).toEqual([
      expect.stringContaining('1 host answered, but osctrl has stored no result'),
    ]);
  });
});

describe('a query that somebody else ends', () => {
  it.each([
    ['expires', { expired: true, active: false }],
    ['deletes', { deleted: true, active: false }],
    ['completes', { completed: true, active: false }],
  ])('is remarked on when somebody %s it, and late answers still come', async (_, change) => {
    const { fake, query, follow } = await run(['answers', 'silent']);
    Object.assign(query, change);
    const updates = await follow(seen => {
      if (notes(seen).length > 0 && answersIn(seen).length === 1) fake.world.release();
      return false;
    });
    expect(notes(updates)).toEqual([expect.stringContaining('was ended on osctrl')]);
    expect(answersIn(updates)).toHaveLength(2);
  });

  it('is not remarked on when it was we who ended it', async () => {
    const { live, remoteId, watch } = await run(['answers', 'silent']);
    await live.end(remoteId, 'deadline', never());
    expect(notes(await watch(20))).toEqual([]);
  });

  it('ends the stream with a problem when it has vanished', async () => {
    const { fake, follow } = await run(['answers', 'silent']);
    fake.world.queries.splice(0);
    await expect(follow()).rejects.toMatchObject({ kind: 'unreachable', transient: false, message: expect.stringContaining('kept') });
  });
});
