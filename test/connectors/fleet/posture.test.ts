import { describe, expect, it } from 'vitest';
import type { RawEvent } from '../../../src/core/model.ts';
import type { Connector, EventFeed } from '../../../src/core/ports.ts';
import { readFeed } from '../contract.ts';
import { connectForTest, fleetForTest, NOW, never } from './support.ts';

const DAY_MS = 86_400_000;

function postureOf(connector: Connector): EventFeed {
  const feed = connector.feeds.find(({ name }) => name === 'posture');
  if (!feed) throw new Error('no posture feed');
  return feed;
}

const told = (events: readonly RawEvent[]) =>
  events.map(({ hostname, judged, row }) => [hostname, row.previous, row.status, judged?.severity]);

describe('the posture feed', () => {
  it('says nothing at first sight, then each change with the documented severity', async () => {
    const fleet = await fleetForTest();
    const [a, b, c] = ['a', 'b', 'c'].map(name => fleet.addHost(name, { seenTime: NOW }));
    const { connector, clock } = connectForTest(fleet);
    const feed = postureOf(connector);
    const first = await readFeed(feed, undefined, 0);
    expect(first.events).toEqual([]);
    await clock.advance(300_000);
    Object.assign(a ?? {}, { status: 'offline' });
    Object.assign(b ?? {}, { status: 'offline', seenTime: NOW - 31 * DAY_MS });
    const second = await readFeed(feed, first.cursor, 0);
    expect(told(second.events)).toEqual([
      ['a', 'online', 'offline', 'low'],
      ['b', 'online', 'missing', 'medium'],
    ]);
    expect(second.events[0]).toMatchObject({ kind: 'host', eventType: 'host_status', hostId: String(a?.id), queryName: null, tables: [] });
    await clock.advance(300_000);
    Object.assign(a ?? {}, { status: 'online', seenTime: clock.now() - 5_000 });
    const third = await readFeed(feed, second.cursor, 0);
    expect(told(third.events)).toEqual([['a', 'offline', 'online', 'info']]);
    expect(third.events[0]?.time).toBe(clock.now() - 5_000);
    expect((await readFeed(feed, third.cursor, 0)).events).toEqual([]);
    expect(c?.status).toBe('online');
  });

  it('dates a change between the two listings, wherever the last sign of life lies', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('a', { seenTime: NOW });
    const { connector, clock } = connectForTest(fleet);
    const first = await readFeed(postureOf(connector), undefined, 0);
    const before = clock.now();
    await clock.advance(300_000);
    Object.assign(host, { status: 'offline', seenTime: NOW - 40 * DAY_MS });
    const [event] = (await readFeed(postureOf(connector), first.cursor, 0)).events;
    expect(event?.time).toBeGreaterThanOrEqual(before);
    expect(event?.time).toBeLessThanOrEqual(clock.now());
  });

  it('tells a host that is new since the last listing, but no flood at the first one', async () => {
    const fleet = await fleetForTest();
    for (let index = 0; index < 1_100; index += 1) fleet.addHost(`host-${index}`);
    const { connector } = connectForTest(fleet);
    const first = await readFeed(postureOf(connector), undefined, 0);
    expect(first.events).toEqual([]);
    fleet.addHost('late', { status: 'offline' });
    const second = await readFeed(postureOf(connector), first.cursor, 0);
    expect(told(second.events)).toEqual([['late', null, 'offline', 'info']]);
    expect(second.events[0]?.title).toMatch(/^new host, offline, last seen 2026-/);
    expect((await readFeed(postureOf(connector), second.cursor, 0)).events).toEqual([]);
  });

  it('remembers over a restart', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('a');
    const { connector, store } = connectForTest(fleet);
    const { cursor } = await readFeed(postureOf(connector), undefined, 0);
    host.status = 'offline';
    const later = connectForTest(fleet, { store });
    expect(told((await readFeed(postureOf(later.connector), cursor, 0)).events)).toEqual([['a', 'online', 'offline', 'low']]);
  });

  it('gives up no state before its events are on disk, and gives the same event again after a crash', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('a', { seenTime: NOW });
    const { connector, clock } = connectForTest(fleet);
    const { cursor } = await readFeed(postureOf(connector), undefined, 0);
    host.status = 'offline';
    const keys: string[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      // The reader dies with the batch in its hands.
      for await (const batch of postureOf(connector).read(cursor, 0, never())) {
        keys.push(...batch.events.map(({ dedupeKey }) => dedupeKey));
        break;
      }
      await clock.advance(60_000);
      host.seenTime = NOW - 10_000;
    }
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it('gives every later change of the same kind an identity of its own', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('a', { seenTime: NOW });
    const { connector } = connectForTest(fleet);
    let { cursor } = await readFeed(postureOf(connector), undefined, 0);
    const keys = new Set<string>();
    for (const status of ['offline', 'online', 'offline', 'online', 'offline'] as const) {
      host.status = status;
      const read = await readFeed(postureOf(connector), cursor, 0);
      cursor = read.cursor;
      for (const { dedupeKey } of read.events) keys.add(dedupeKey);
    }
    expect(keys.size).toBe(5);
  });

  it('goes on with the first listing where it broke off, without a flood', async () => {
    const fleet = await fleetForTest();
    for (let index = 0; index < 700; index += 1) fleet.addHost(`host-${index}`);
    const { connector } = connectForTest(fleet);
    fleet.fault(/after=500/, { kind: 'reply', status: 403 });
    let cursor: string | undefined;
    const firstTry = async () => {
      for await (const batch of postureOf(connector).read(undefined, 0, never())) cursor = batch.cursor;
    };
    await expect(firstTry()).rejects.toMatchObject({ kind: 'auth' });
    expect(cursor).toBeDefined();
    expect((await readFeed(postureOf(connector), cursor, 0)).events).toEqual([]);
  });

  it('is not held up by a slow report', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('a');
    fleet.addReport('slow').rows.push({ hostId: host.id, fetchedAt: NOW, columns: { command: 'x' } });
    fleet.fault(/\/report/, { kind: 'stalled' }, 100);
    const { connector } = connectForTest(fleet, { patient: true });
    const stop = new AbortController();
    const slow = (async () => {
      for await (const _batch of connector.feeds.find(({ name }) => name === 'reports')?.read(undefined, 0, stop.signal) ?? []);
    })();
    await expect.poll(() => fleet.count(/\/report$/)).toBe(1);
    const { cursor } = await readFeed(postureOf(connector), undefined, 0);
    host.status = 'offline';
    expect((await readFeed(postureOf(connector), cursor, 0)).events).toHaveLength(1);
    stop.abort();
    await slow.catch(thrown => expect(thrown).toMatchObject({ name: 'AbortError' }));
  });
});
