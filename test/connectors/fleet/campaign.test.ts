import { describe, expect, it } from 'vitest';
import type { LiveUpdate } from '../../../src/core/ports.ts';
import { answersIn, contractQuery } from '../contract.ts';
import { notes, SKIP, silent, start, updatesOf, WAIT } from './live.ts';
import { connectForTest, fleetForTest, NOW, never } from './support.ts';

describe('a campaign', () => {
  it('is sent to explicit host ids only, after the socket is open, and is named by its id', async () => {
    const fleet = await fleetForTest();
    for (const name of ['a', 'b', 'c']) fleet.addHost(name);
    const started = await start(fleet, ({ hostname }) => hostname !== 'b');
    await updatesOf(started);
    const order = fleet.requests.map(({ method, path }) => `${method} ${path}`).filter(text => /websocket|run$/.test(text));
    expect(order).toEqual(['UPGRADE /api/latest/fleet/results/websocket', 'POST /api/latest/fleet/queries/run']);
    const body = fleet.requests.find(({ path }) => path.endsWith('/queries/run'))?.body;
    expect(body).toEqual({ query: contractQuery().sql, selected: { hosts: [1, 3], labels: [], teams: [] } });
    expect(started.remoteId).toBe(`campaign ${fleet.campaigns.all[0]?.id}`);
  });

  it('gives rows without the columns that the server adds', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a', { rows: [{ pid: '1', host: 'mine' }, null, { other: '' }] });
    const [answer] = answersIn(await updatesOf(await start(fleet)));
    expect(answer).toMatchObject({ state: 'rows', rows: [{ pid: '1', host: 'mine' }, { other: '' }] });
  });

  it('takes no rows with `stats: null` for the failure that it is', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('empty', { live: 'empty' });
    fleet.addHost('mum', { live: 'failed without a message' });
    fleet.addHost('sql', { live: 'error', error: 'no such table: x' });
    fleet.addHost('denied', { live: 'denylisted' });
    const answers = answersIn(await updatesOf(await start(fleet)));
    expect(answers.map(answer => [answer.hostId, answer.state, 'error' in answer ? answer.error : answer.rows.length])).toEqual([
      ['1', 'rows', 0],
      ['2', 'error', 'failed without a message'],
      ['3', 'error', 'no such table: x'],
      ['4', 'denylisted', 'distributed query is denylisted'],
    ]);
  });

  it('does not take "finished" for the end while a host is silent, and takes the one that comes back', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a');
    const late = fleet.addHost('late', { status: 'offline' });
    const started = await start(fleet);
    const updates = await updatesOf(started, WAIT, seen => {
      if (answersIn(seen).length === 1 && late.status === 'offline') {
        setTimeout(() => {
          late.status = 'online';
          const [campaign] = fleet.campaigns.all;
          if (campaign) fleet.campaigns.deliver(campaign);
        }, 60);
      }
      return false;
    });
    expect(answersIn(updates).map(({ hostId }) => hostId)).toEqual(['1', '2']);
  });

  it('names offline hosts at once and does not wait for them when told to skip them', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a');
    fleet.addHost('off', { status: 'offline', seenTime: NOW - 7_200_000 });
    fleet.addHost('gone', { status: 'offline', seenTime: null });
    const updates = await updatesOf(await start(fleet, undefined, SKIP), SKIP);
    expect(silent(updates)).toEqual([
      ['2', 'offline', 'offline, last seen 2h ago'],
      ['3', 'offline', 'offline, never seen'],
    ]);
    expect(answersIn(updates).map(({ hostId }) => hostId)).toEqual(['1']);
  });

  it('ends at once when every host is offline and skipped', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('off', { status: 'offline' });
    expect(silent(await updatesOf(await start(fleet, undefined, SKIP), SKIP))).toHaveLength(1);
  });

  it('waits for offline hosts when told to, and names them as offline at the end of the time', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('off', { status: 'offline', seenTime: NOW - 7_200_000 });
    const started = await start(fleet);
    const updates: LiveUpdate[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const update of started.live.updates(started.remoteId, started.hosts, WAIT, stop.signal)) updates.push(update);
    })();
    await expect.poll(() => notes(updates)).toEqual(["1 host of Fleet 'prod-fleet' is offline and waited for: off."]);
    expect(silent(updates)).toEqual([]);
    await started.clock.advance(WAIT.timeoutMs);
    await expect.poll(() => silent(updates)).toEqual([['1', 'offline', 'offline, last seen 2h ago']]);
    stop.abort();
    await reading;
  });

  it('keeps what came when the socket drops, names the rest, and never joins again', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a');
    fleet.addHost('b', { live: 'silent' });
    fleet.addHost('c', { live: 'silent' });
    const started = await start(fleet);
    const updates = await updatesOf(started, WAIT, seen => {
      if (answersIn(seen).length === 1 && silent(seen).length === 0) fleet.campaigns.drop();
      return false;
    });
    expect(answersIn(updates).map(({ hostId }) => hostId)).toEqual(['1']);
    expect(silent(updates)).toEqual([
      ['2', 'timed_out', 'not answered (connection lost)'],
      ['3', 'timed_out', 'not answered (connection lost)'],
    ]);
    expect(notes(updates).join()).toMatch(/cut off: .*cannot be taken up again; run it anew on the hosts that have not answered/);
    expect(fleet.count(/^UPGRADE/)).toBe(1);
  });

  it('goes on calling a host offline that was offline when the socket dropped', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a', { live: 'silent' });
    fleet.addHost('off', { status: 'offline', seenTime: null });
    const started = await start(fleet);
    const reading = updatesOf(started);
    await expect.poll(() => fleet.campaigns.all[0]?.reached.size).toBe(1);
    fleet.campaigns.drop();
    expect(silent(await reading)).toEqual([
      ['2', 'offline', 'offline, never seen'],
      ['1', 'timed_out', 'not answered (connection lost)'],
    ]);
  });

  it('takes a lost Redis for the end, though the socket stays open', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a', { live: 'silent' });
    const started = await start(fleet);
    const reading = updatesOf(started);
    await expect.poll(() => fleet.campaigns.all[0]?.reached.size).toBe(1);
    fleet.campaigns.loseRedis();
    const updates = await reading;
    expect(silent(updates)).toEqual([['1', 'timed_out', 'not answered (connection lost)']]);
    expect(notes(updates)[0]).toMatch(/pubsub error/);
  });

  it('ignores what cannot be read and answers of hosts that were not asked', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a', { live: 'silent' });
    const started = await start(fleet);
    const reading = updatesOf(started);
    await expect.poll(() => fleet.campaigns.all[0]?.reached.size).toBe(1);
    const stranger = { type: 'result', data: { host: { id: 99 }, rows: [{ a: '1' }], stats: {} } };
    for (const text of ['not json', '[]', '{"type":"news"}', '{"type":"result","data":{}}', JSON.stringify(stranger)])
      fleet.campaigns.say(text);
    fleet.campaigns.release();
    const updates = await reading;
    expect(answersIn(updates).map(({ hostId }) => hostId)).toEqual(['1']);
    expect(notes(updates).join()).toMatch(/cannot be read/);
  });

  it('survives 200,000 rows in one frame', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a', { rows: Array.from({ length: 200_000 }, (_, index) => ({ n: String(index), text: 'x'.repeat(100) })) });
    const [answer] = answersIn(await updatesOf(await start(fleet)));
    expect(answer?.state === 'rows' && answer.rows.length).toBe(200_000);
  });

  it('says a clear word when one host’s answer is larger than can be taken', async () => {
    const fleet = await fleetForTest();
    const text = 'x'.repeat(1024 * 1024);
    fleet.addHost('a', { rows: Array.from({ length: 130 }, () => ({ text })) });
    const updates = await updatesOf(await start(fleet));
    expect(notes(updates).join()).toMatch(/larger than 128 MiB.*Ask for fewer rows or columns/);
    expect(silent(updates)).toEqual([['1', 'timed_out', 'not answered (connection lost)']]);
  });

  it('ends on the server when it is cancelled, and says that hosts may still run it', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a', { live: 'silent' });
    const started = await start(fleet);
    const reading = updatesOf(started);
    await expect.poll(() => fleet.campaigns.all[0]?.reached.size).toBe(1);
    expect(await started.live.end(started.remoteId, 'cancelled', never())).toMatch(/1 host may have fetched the query .* and still run it/);
    await reading;
    await expect.poll(() => fleet.campaigns.all[0]?.complete).toBe(true);
  });

  it('takes late answers after the deadline for a while, then ends on the server', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a', { live: 'silent' });
    fleet.addHost('b', { live: 'silent' });
    const started = await start(fleet);
    const updates: LiveUpdate[] = [];
    const reading = (async () => {
      for await (const update of started.live.updates(started.remoteId, started.hosts, WAIT, never())) updates.push(update);
    })();
    await expect.poll(() => fleet.campaigns.all[0]?.reached.size).toBe(2);
    expect(await started.live.end(started.remoteId, 'deadline', never())).toMatch(
      /may still run the query; late answers are taken for 15 min/,
    );
    const [, b] = fleet.hosts;
    Object.assign(b ?? {}, { status: 'offline' });
    fleet.campaigns.release();
    await expect.poll(() => answersIn(updates).map(({ hostId }) => hostId)).toEqual(['1']);
    await started.clock.advance(15 * 60_000);
    await reading;
    await expect.poll(() => fleet.campaigns.all[0]?.complete).toBe(true);
  });

  it('ends on the server when everybody has answered, and when the connector is closed', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a');
    fleet.addHost('b', { live: 'silent' });
    await updatesOf(await start(fleet, ({ hostname }) => hostname === 'a'));
    await expect.poll(() => fleet.campaigns.all[0]?.complete).toBe(true);
    const second = await start(fleet);
    const reading = updatesOf(second);
    await expect.poll(() => fleet.campaigns.all[1]?.reached.size).toBe(2);
    await second.connector.close?.();
    await reading;
    await expect.poll(() => fleet.campaigns.all[1]?.complete).toBe(true);
  });

  it('cannot be taken up by another process', async () => {
    const fleet = await fleetForTest();
    const connected = connectForTest(fleet);
    expect(connected.live.rejoin).toBe(false);
    await expect(updatesOf({ ...connected, hosts: [], remoteId: 'campaign 7' })).rejects.toMatchObject({
      kind: 'unreachable',
      transient: false,
    });
  });
});
