import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { MAX_RAW } from '../../src/adapters/sqlite-event-rows.ts';
import { openStore } from '../../src/adapters/sqlite-store.ts';
import { storageProblem } from '../../src/adapters/storage-problem.ts';
import type { FeedEvent } from '../../src/core/model.ts';
import type { StoredEvent } from '../../src/core/ports.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { storedEvent as event, storeOn } from '../helpers/stores.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = temporaryDirectory();
  file = path.join(folder, 'data', 'rollcall.db');
});

const opened = () => storeOn(file);

const ids = (stored: ReturnType<ReturnType<typeof openStore>['page']>) => stored.map(({ event: { dedupeKey } }) => dedupeKey);

describe('the event store', () => {
  it('keeps events whole, each once, and hands back those it had not', async () => {
    const store = opened();
    const [a, b, c] = [event('a'), event('b', { row: { z: '1', a: null, '7': 'x' } }), event('c')].map(made => ({
      ...made,
      action: 'removed' as const,
    })) as [FeedEvent, FeedEvent, FeedEvent];
    expect(ids(await store.append([a, b, a], undefined))).toEqual(['a', 'b']);
    const [added, ...rest] = await store.append([b, c], undefined);
    expect(rest).toEqual([]);
    expect(added?.event).toEqual(c);
    expect(store.count()).toBe(3);
    store.close();
    const again = opened();
    expect(again.page({ order: 'asc' }).map(stored => stored.event)).toEqual([a, b, c]);
  });

  it('keeps the cursor of each feed with the events that it follows', async () => {
    const store = opened();
    expect(store.cursor('s/log')).toBeUndefined();
    await store.append([event('a')], { feed: 's/log', cursor: '1' });
    await store.append([], { feed: 's/log', cursor: '2' });
    await store.append([], { feed: 's/other', cursor: 'x' });
    expect([store.cursor('s/log'), store.cursor('s/other')]).toEqual(['2', 'x']);
  });

  it('writes neither events nor cursor when a batch fails half-way', async () => {
    const store = opened();
    const broken = event('b', { raw: 10n });
    await expect(store.append([event('a'), broken], { feed: 'f', cursor: '1' })).rejects.toThrow(TypeError);
    expect([store.count(), store.cursor('f')]).toEqual([0, undefined]);
    expect(ids(await store.append([event('a')], undefined))).toEqual(['a']);
  });

  it('pages by time, in both directions, within bounds and sources', async () => {
    const store = opened();
    const at = (key: string, time: number, source = 's') => event(key, { time, source });
    await store.append([at('late', 30), at('early', 10), at('other', 20, 't'), at('twin', 20)], undefined);
    expect(ids(store.page({ order: 'asc' }))).toEqual(['early', 'other', 'twin', 'late']);
    expect(ids(store.page({ order: 'desc', limit: 2 }))).toEqual(['late', 'twin']);
    expect(ids(store.page({ order: 'asc', since: 20 }))).toEqual(['other', 'twin', 'late']);
    expect(ids(store.page({ order: 'asc', since: 11, until: 29 }))).toEqual(['other', 'twin']);
    expect(ids(store.page({ order: 'asc', sources: ['t'] }))).toEqual(['other']);
    expect(ids(store.page({ order: 'asc', sources: [] }))).toEqual([]);
  });

  it('pages by sequence, unmoved by what arrives with an older time', async () => {
    const store = opened();
    await store.append([event('a', { time: 50 }), event('b', { time: 40 }), event('c', { time: 30 })], undefined);
    const [newest] = store.page({ order: 'desc', beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 });
    expect(newest?.event.dedupeKey).toBe('c');
    await store.append([event('d', { time: 1 })], undefined);
    expect(ids(store.page({ order: 'desc', beforeSeq: newest?.seq ?? 0 }))).toEqual(['b', 'a']);
    expect(ids(store.page({ order: 'asc', afterSeq: newest?.seq ?? 0 }))).toEqual(['d']);
  });

  it('cuts a record that is too long, and says so in it', async () => {
    const store = opened();
    await store.append([event('a', { raw: { data: 'x'.repeat(MAX_RAW) } })], undefined);
    const [stored] = store.page({ order: 'asc' });
    expect(stored?.event.raw).toMatchObject({ cut: true, length: MAX_RAW + 11, beginning: expect.stringMatching(/^\{"data":"xxx/) });
  });
});

describe('what was never seen before', () => {
  const DAY = 86_400_000;
  const LATER = 600_000;
  const row = (key: string, over: Partial<FeedEvent> = {}) => event(key, { seenAt: LATER, row: { port: '1', pid: key }, ...over });
  const newness = (stored: readonly StoredEvent[]) => stored.map(({ event: { isNew } }) => isNew);
  const SNAPSHOT = { action: 'snapshot' } as const;

  /** A store that has heard of the table on both hosts ten minutes ago. */
  async function learnt() {
    const store = opened();
    const known = ['web-1', 'web-2'].map(hostId => row(`first of ${hostId}`, { seenAt: 0, hostId, row: { port: '0' } }));
    expect(newness(await store.append(known, undefined))).toEqual([undefined, undefined]);
    return store;
  }

  it('is marked as new in the fleet, then as new on another host, then not at all', async () => {
    const store = await learnt();
    expect(newness(await store.append([row('a'), row('b')], undefined))).toEqual(['fleet', undefined]);
    expect(newness(await store.append([row('c'), row('d', { hostId: 'web-2' })], undefined))).toEqual([undefined, 'host']);
    expect(newness(await store.append([row('e', { hostId: 'web-2' })], undefined))).toEqual([undefined]);
    expect(store.page({ order: 'asc' })[2]?.event.isNew).toBe('fleet');
  });

  it('is remembered over a restart', async () => {
    await (await learnt()).append([row('a')], undefined);
    expect(newness(await opened().append([row('b'), row('c', { row: { port: '2' } })], undefined))).toEqual([undefined, 'fleet']);
  });

  it.each([SNAPSHOT, {}])('is not what a host tells of a table at first, in however many parts: that was there before', async over => {
    const store = opened();
    const told = async (key: string, seenAt: number) =>
      newness(await store.append([row(key, { ...over, seenAt, row: { port: key } })], undefined));
    expect([await told('first', 0), await told('in parts', 2_000), await told('at last', LATER - 1), await told('news', LATER)]).toEqual([
      [undefined],
      [undefined],
      [undefined],
      ['fleet'],
    ]);
  });

  it('is also the first row of a table, where host and table are known for a day; not in a whole answer', async () => {
    const store = await learnt();
    const other = { seenAt: DAY, queryName: 'crontab', table: 'crontab' };
    const told = async (key: string, over: Partial<FeedEvent>) =>
      newness(await store.append([row(key, { ...other, row: { path: key }, ...over })], undefined));
    expect(await told('table is unknown', {})).toEqual([undefined]);
    expect(await told('host is unknown', { hostId: 'web-3', seenAt: 2 * DAY })).toEqual([undefined]);
    expect(await told('whole answer', { hostId: 'web-2', seenAt: 2 * DAY, ...SNAPSHOT })).toEqual([undefined]);
    expect(await told('news', { hostId: 'web-2', seenAt: 2 * DAY })).toEqual(['fleet']);
  });

  it('is never what went away, or the status of a host', async () => {
    const store = await learnt();
    expect(newness(await store.append([row('a', { action: 'removed' }), row('b', { kind: 'host', action: null })], undefined))).toEqual([
      undefined,
      undefined,
    ]);
    expect(newness(await store.append([row('c')], undefined))).toEqual(['fleet']);
  });

  it('is not lost with a batch that could not be written', async () => {
    const store = await learnt();
    await expect(store.append([row('a'), event('b', { raw: 10n })], undefined)).rejects.toThrow(TypeError);
    expect(newness(await store.append([row('a')], undefined))).toEqual(['fleet']);
  });

  it('goes on over days, and begins anew with a host of which nothing is known any more', async () => {
    const store = await learnt();
    const days = [1, 1, 40].map((day, index) => row(`k${index}`, { seenAt: day * DAY }));
    const told = [];
    for (const one of days) told.push(...newness(await store.append([one], undefined)));
    expect(told).toEqual(['fleet', undefined, undefined]);
    store.forgetSeen(30 * DAY);
    const [kept, gone] = ['web-1', 'web-2'].map(hostId => row(`new on ${hostId}`, { hostId, seenAt: 41 * DAY, row: { port: '9' } }));
    expect(kept && gone && newness(await opened().append([gone, kept], undefined))).toEqual([undefined, 'host']);
  });
});

describe('an event by its id', () => {
  it('is found, with its sequence', async () => {
    const store = opened();
    const [added] = await store.append([event('a')], undefined);
    expect(store.event(added?.event.id ?? '')).toEqual({ seq: added?.seq, event: added?.event });
    expect(store.event('nope')).toBeUndefined();
  });
});

describe('the key-value store', () => {
  it('keeps values by space and key', () => {
    const store = opened();
    store.set('a', 'k', '1');
    store.set('a', 'k', '2');
    store.set('a', 'b', '3');
    store.set('z', 'k', '4');
    expect([store.get('a', 'k'), store.get('z', 'k'), store.get('z', 'none')]).toEqual(['2', '4', undefined]);
    expect(store.entries('a')).toEqual([
      ['b', '3'],
      ['k', '2'],
    ]);
    store.delete('a', 'k');
    expect(store.get('a', 'k')).toBeUndefined();
  });
});

describe('the triage store', () => {
  it('keeps a history by event, which every process reads on from where it was', () => {
    const [one, other] = [opened(), opened()];
    const [first] = one.decide(['a', 'b'], { state: 'snoozed', until: 9_000, comment: 'later' }, 'mia', 1_000);
    expect(first).toMatchObject({ event: 'a', action: 'decide', state: 'snoozed', until: 9_000, comment: 'later', who: 'mia', at: 1_000 });
    const seen = other.triageSince(0);
    expect(seen.map(({ event: id }) => id)).toEqual(['a', 'b']);
    other.comment(['a'], 'asked', 'ben', 2_000);
    expect(one.triageSince(seen.at(-1)?.seq ?? 0)).toMatchObject([{ action: 'comment', state: 'snoozed', until: 9_000, who: 'ben' }]);
    expect(one.triageHistory('a')).toHaveLength(2);
    expect(one.triageSince(99)).toEqual([]);
  });

  it('takes back to what held before, through comments and other undoings', () => {
    const store = opened();
    const decide = (state: 'acknowledged' | 'escalated') => store.decide(['a'], { state, until: null, comment: state }, 'mia', 1);
    decide('acknowledged');
    decide('escalated');
    store.comment(['a'], 'hm', 'mia', 2);
    expect(store.undo(['a'], 'mia', 3)).toMatchObject([{ state: 'acknowledged', comment: 'acknowledged' }]);
    decide('escalated');
    store.undo(['a'], 'mia', 4);
    expect(store.undo(['a', 'z'], 'mia', 5)).toMatchObject([{ event: 'a', state: 'new' }]);
    expect(store.undo(['a'], 'mia', 6)).toEqual([]);
  });

  it('takes back only what is named, where somebody decided since', () => {
    const store = opened();
    const [mine] = store.decide(['a'], { state: 'acknowledged', until: null, comment: '' }, 'mia', 1);
    const only = new Set([mine?.seq ?? 0]);
    store.decide(['a'], { state: 'escalated', until: null, comment: '' }, 'ben', 2);
    expect(store.undo(['a'], 'mia', 3, only)).toEqual([]);
    store.undo(['a'], 'ben', 4);
    expect(store.undo(['a'], 'mia', 5, only)).toMatchObject([{ state: 'new' }]);
  });

  it('says where an event stands, how far the history goes, and when the next one wakes', () => {
    const store = opened();
    expect([store.triage('a'), store.lastTriage(), store.nextWake(0)]).toEqual([undefined, 0, undefined]);
    store.decide(['a', 'b'], { state: 'snoozed', until: 9_000, comment: 'later' }, 'mia', 1_000);
    store.decide(['c'], { state: 'snoozed', until: 5_000, comment: '' }, 'mia', 1_000);
    store.comment(['a'], 'asked', 'ben', 2_000);
    expect(store.triage('a')).toEqual({ state: 'snoozed', until: 9_000, who: 'mia', at: 1_000, reason: 'later', comments: 2 });
    expect([store.triageState('a'), store.triageState('z')]).toEqual([{ state: 'snoozed', until: 9_000 }, undefined]);
    expect(store.lastTriage()).toBe(store.triageHistory('a').at(-1)?.seq);
    expect([store.nextWake(0), store.nextWake(5_000), store.nextWake(9_000)]).toEqual([5_000, 9_000, undefined]);
    expect(store.triageSince(0, 2).map(({ event: id }) => id)).toEqual(['a', 'b']);
  });
});

function child(...args: string[]): ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } {
  const started = spawn(process.execPath, [path.join(import.meta.dirname, 'children/append.ts'), file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void started.kill('SIGKILL'));
  return started;
}

describe('events without their raw records', () => {
  it('are read backwards and forwards from a sequence', async () => {
    const store = opened();
    const added = await store.append(
      ['a', 'b', 'c', 'd'].map(key => event(key)),
      undefined,
    );
    const [a, b, c, d] = added.map(({ seq }) => seq);
    expect(store.before(Number.MAX_SAFE_INTEGER, 2).map(({ seq }) => seq)).toEqual([d, c]);
    expect(store.before(c ?? 0, 10).map(({ seq }) => seq)).toEqual([b, a]);
    expect(store.after(a ?? 0, 2).map(({ seq }) => seq)).toEqual([b, c]);
    expect(store.after(d ?? 0, 2)).toEqual([]);
    const { raw: _onDisk, ...told } = added[3]?.event ?? {};
    expect(store.before(Number.MAX_SAFE_INTEGER, 1)).toEqual([{ seq: d, event: told }]);
  });
});

describe('the data file', () => {
  it('is for its owner only, with the files that SQLite puts beside it', async () => {
    const store = opened();
    await store.append([event('a')], undefined);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  });

  it.each([
    { size: 20, last: 40 },
    { size: 250, last: 60 },
  ])('has every batch of $size that was reported, with its cursor, after kill -9 at any moment', async ({ size, last }) => {
    const writer = child('100000', String(size));
    let reported = -1;
    for await (const line of createInterface({ input: writer.stdout })) {
      reported = Number(line.split(' ')[0]);
      if (reported === last) writer.kill('SIGKILL');
    }
    const store = opened();
    const cursor = Number(store.cursor('f'));
    expect(cursor).toBeGreaterThanOrEqual(reported);
    expect(store.count()).toBe((cursor + 1) * size);
    expect(ids(await store.append([event('after')], undefined))).toEqual(['after']);
  });

  it('can be made and written by several processes at once, each event once', async () => {
    const writers = [1, 2, 3].map(() => child('40', '25'));
    const added = await Promise.all(
      writers.map(async writer => {
        let sum = 0;
        for await (const line of createInterface({ input: writer.stdout })) sum += Number(line.split(' ')[1]);
        if (writer.exitCode === null) await once(writer, 'exit');
        expect(writer.exitCode).toBe(0);
        return sum;
      }),
    );
    expect(added.reduce((a, b) => a + b)).toBe(1_000);
    expect(opened().count()).toBe(1_000);
  });

  it('says in plain words that it is damaged, newer, not to be had, full or locked', () => {
    writeFileSync(path.join(folder, 'data'), 'a file where a directory should be');
    expect(() => openStore(file)).toThrow(expect.objectContaining({ kind: 'storage', message: expect.stringContaining('A file stands') }));
    file = path.join(folder, 'garbage.db');
    writeFileSync(file, 'this is no database, it is a text that is longer than a header'.repeat(100));
    expect(() => openStore(file)).toThrow(
      expect.objectContaining({ kind: 'storage', message: expect.stringMatching(/^Damaged.*garbage\.db/) }),
    );
    const failed = (errcode: number) => storageProblem('f', Object.assign(new Error('x'), { errcode })) as Error;
    expect(failed(13).message).toBe('The disk is full: f. Free some space, or choose another directory with --data-dir.');
    expect(failed(5).message).toContain('Locked');
    expect(failed(8 | (6 << 8)).message).toContain('Not writable');
    const ours = new TypeError('ours');
    expect(storageProblem('f', ours)).toBe(ours);
  });

  it('is brought up to date when an older rollcall made it, with what it holds', async () => {
    await opened().append([event('a')], undefined);
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(file);
    db.exec(
      `DROP TABLE seen; DROP TABLE triage; DROP INDEX events_severe; DROP INDEX events_by_host;
       ALTER TABLE events DROP COLUMN host; ALTER TABLE events DROP COLUMN severe; ALTER TABLE runs DROP COLUMN sendings; PRAGMA user_version = 1`,
    );
    db.close();
    const store = opened();
    expect(ids(await store.append([event('a'), event('b')], undefined))).toEqual(['b']);
    expect(store.decide(['x'], { state: 'escalated', until: null, comment: '' }, 'mia', 1)).toHaveLength(1);
    expect(store.summary(0, 0)).toMatchObject({ events: 2 });
    expect(store.histogram(0, 4e12, 60_000)).toEqual([expect.objectContaining({ events: 2 })]);
  });

  it('is left alone when a newer rollcall made it', async () => {
    opened().close();
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 999');
    db.close();
    expect(() => openStore(file)).toThrow(expect.objectContaining({ kind: 'storage', message: expect.stringContaining('newer rollcall') }));
  });
});
