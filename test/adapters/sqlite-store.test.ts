import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { MAX_RAW } from '../../src/adapters/sqlite-events.ts';
import { openStore } from '../../src/adapters/sqlite-store.ts';
import { storageProblem } from '../../src/adapters/storage-problem.ts';
import { runToJson } from '../../src/core/aisoc.ts';
import { judge } from '../../src/core/judge.ts';
import type { FeedEvent } from '../../src/core/model.ts';
import { Run } from '../../src/core/run.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { aHost, aRawEvent } from '../helpers/model.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = temporaryDirectory();
  file = path.join(folder, 'data', 'rollcall.db');
});

function opened() {
  const store = openStore(file);
  onTestFinished(() => {
    try {
      store.close();
    } catch (error) {
      expect(error).toMatchObject({ message: expect.stringContaining('not open') });
    }
  });
  return store;
}

const event = (dedupeKey: string, over: Partial<FeedEvent> = {}): FeedEvent => ({ ...judge(aRawEvent({ dedupeKey }), 1_000), ...over });
const ids = (stored: ReturnType<ReturnType<typeof openStore>['page']>) => stored.map(({ event: { dedupeKey } }) => dedupeKey);

describe('the event store', () => {
  it('keeps events whole, each once, and hands back those it had not', () => {
    const store = opened();
    const [a, b, c] = [event('a'), event('b', { row: { z: '1', a: null, '7': 'x' } }), event('c')].map(made => ({
      ...made,
      action: 'removed' as const,
    })) as [FeedEvent, FeedEvent, FeedEvent];
    expect(ids(store.append([a, b, a], undefined))).toEqual(['a', 'b']);
    const [added, ...rest] = store.append([b, c], undefined);
    expect(rest).toEqual([]);
    expect(added?.event).toEqual(c);
    expect(store.count()).toBe(3);
    store.close();
    const again = opened();
    expect(again.page({ order: 'asc' }).map(stored => stored.event)).toEqual([a, b, c]);
  });

  it('keeps the cursor of each feed with the events that it follows', () => {
    const store = opened();
    expect(store.cursor('s/log')).toBeUndefined();
    store.append([event('a')], { feed: 's/log', cursor: '1' });
    store.append([], { feed: 's/log', cursor: '2' });
    store.append([], { feed: 's/other', cursor: 'x' });
    expect([store.cursor('s/log'), store.cursor('s/other')]).toEqual(['2', 'x']);
  });

  it('writes neither events nor cursor when a batch fails half-way', () => {
    const store = opened();
    const broken = event('b', { raw: 10n });
    expect(() => store.append([event('a'), broken], { feed: 'f', cursor: '1' })).toThrow(TypeError);
    expect([store.count(), store.cursor('f')]).toEqual([0, undefined]);
    expect(ids(store.append([event('a')], undefined))).toEqual(['a']);
  });

  it('pages by time, in both directions, within bounds and sources', () => {
    const store = opened();
    const at = (key: string, time: number, source = 's') => event(key, { time, source });
    store.append([at('late', 30), at('early', 10), at('other', 20, 't'), at('twin', 20)], undefined);
    expect(ids(store.page({ order: 'asc' }))).toEqual(['early', 'other', 'twin', 'late']);
    expect(ids(store.page({ order: 'desc', limit: 2 }))).toEqual(['late', 'twin']);
    expect(ids(store.page({ order: 'asc', since: 20 }))).toEqual(['other', 'twin', 'late']);
    expect(ids(store.page({ order: 'asc', since: 11, until: 29 }))).toEqual(['other', 'twin']);
    expect(ids(store.page({ order: 'asc', sources: ['t'] }))).toEqual(['other']);
    expect(ids(store.page({ order: 'asc', sources: [] }))).toEqual([]);
  });

  it('pages by sequence, unmoved by what arrives with an older time', () => {
    const store = opened();
    store.append([event('a', { time: 50 }), event('b', { time: 40 }), event('c', { time: 30 })], undefined);
    const [newest] = store.page({ order: 'desc', beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 });
    expect(newest?.event.dedupeKey).toBe('c');
    store.append([event('d', { time: 1 })], undefined);
    expect(ids(store.page({ order: 'desc', beforeSeq: newest?.seq ?? 0 }))).toEqual(['b', 'a']);
    expect(ids(store.page({ order: 'asc', afterSeq: newest?.seq ?? 0 }))).toEqual(['d']);
  });

  it('cuts a record that is too long, and says so in it', () => {
    const store = opened();
    store.append([event('a', { raw: { data: 'x'.repeat(MAX_RAW) } })], undefined);
    const [stored] = store.page({ order: 'asc' });
    expect(stored?.event.raw).toMatchObject({ cut: true, length: MAX_RAW + 11, beginning: expect.stringMatching(/^\{"data":"xxx/) });
  });
});

describe('what was never seen before', () => {
  const DAY = 86_400_000;
  const row = (key: string, over: Partial<FeedEvent> = {}) => event(key, { row: { port: '1', pid: key }, ...over });
  const newness = (stored: ReturnType<ReturnType<typeof openStore>['append']>) => stored.map(({ event: { isNew } }) => isNew);

  it('is marked as new in the fleet, then as new on another host, then not at all', () => {
    const store = opened();
    expect(newness(store.append([row('a'), row('b')], undefined))).toEqual(['fleet', undefined]);
    expect(newness(store.append([row('c'), row('d', { hostId: 'web-2' })], undefined))).toEqual([undefined, 'host']);
    expect(newness(store.append([row('e', { hostId: 'web-2' })], undefined))).toEqual([undefined]);
    expect(store.page({ order: 'asc' })[0]?.event.isNew).toBe('fleet');
  });

  it('is remembered over a restart', () => {
    opened().append([row('a')], undefined);
    expect(newness(opened().append([row('b'), row('c', { row: { port: '2' } })], undefined))).toEqual([undefined, 'fleet']);
  });

  it('is not what a first whole answer tells: that was there before', () => {
    const store = opened();
    const snapshot = { action: 'snapshot' } as const;
    expect(newness(store.append([row('a', snapshot), row('b', { ...snapshot, row: { port: '2' } })], undefined))).toEqual([
      undefined,
      undefined,
    ]);
    const later = (key: string, seenAt: number) =>
      newness(store.append([row(key, { ...snapshot, seenAt, row: { port: key } })], undefined));
    expect([later('in parts', 2_000), later('next poll', 31_000)]).toEqual([[undefined], ['fleet']]);
  });

  it('is never what went away, or the status of a host', () => {
    const store = opened();
    expect(newness(store.append([row('a', { action: 'removed' }), row('b', { kind: 'host', action: null })], undefined))).toEqual([
      undefined,
      undefined,
    ]);
    expect(newness(store.append([row('c')], undefined))).toEqual(['fleet']);
  });

  it('is not lost with a batch that could not be written', () => {
    const store = opened();
    expect(() => store.append([row('a'), event('b', { raw: 10n })], undefined)).toThrow(TypeError);
    expect(newness(store.append([row('a')], undefined))).toEqual(['fleet']);
  });

  it('goes on over days', () => {
    const store = opened();
    const days = [0, 1, 1, 40].map((day, index) => row(`k${index}`, { seenAt: day * DAY }));
    expect(days.flatMap(one => newness(store.append([one], undefined)))).toEqual(['fleet', undefined, undefined, undefined]);
  });
});

describe('an event by its id', () => {
  it('is found, with its sequence', () => {
    const store = opened();
    const [added] = store.append([event('a')], undefined);
    expect(store.event(added?.event.id ?? '')).toEqual(added);
    expect(store.event('nope')).toBeUndefined();
  });
});

describe('the run store', () => {
  const record = {
    id: 'r1',
    template: 'some_users',
    digest: 'sha256:0',
    sql: 'q',
    params: { limit: 10 },
    sources: ['lab'],
    startedAt: 1_000,
    timeoutMs: 60_000,
  };
  const hosts = ['web-1', 'web-2', 'db-1', 'old-1', 'gone-1'].map(name => aHost(name));

  it('tells a run again as it went: rows, errors, silences, late answers, notes, ids', () => {
    const store = opened();
    const run = new Run(record, hosts);
    store.saveRun(run);
    const fold = (answer: Parameters<Run['answer']>[1]) => {
      run.answer('lab', answer);
      store.saveAnswer('r1', 'lab', answer);
    };
    fold({ hostId: 'web-1', at: 1_500, state: 'rows', rows: [{ name: 'root', shell: null }, { name: 'x' }], note: 'first 2 only' });
    fold({ hostId: 'db-1', at: 1_700, state: 'error', error: 'no such table: users' });
    run.silence('lab', 'old-1', 'offline', 'offline for 3 d');
    run.remoteIds.set('lab', 'remote-1');
    run.note('one host may still run it');
    run.end(61_000, 'ended');
    store.saveRun(run);
    fold({ hostId: 'web-2', at: 70_000, state: 'rows', rows: [] });
    store.close();

    const kept = opened().run('r1');
    expect(kept && runToJson(kept)).toEqual(runToJson(run));
    expect(kept?.targets.map(target => ({ ...target, rows: [...target.rows] }))).toEqual(run.targets);
    expect([kept?.phase, kept?.endedAt, kept?.notes, kept?.record]).toEqual([run.phase, run.endedAt, run.notes, run.record]);
  });

  it('keeps what had been answered when the process dies in the middle of a run', () => {
    const store = opened();
    store.saveRun(new Run(record, hosts));
    store.saveAnswer('r1', 'lab', { hostId: 'web-1', at: 1_500, state: 'rows', rows: [{ name: 'root' }] });
    const kept = opened().run('r1');
    expect(kept?.open).toBe(true);
    expect(kept?.tally).toEqual({ targeted: 5, answered: 1, failed: 0, timedOut: 0, waiting: 4 });
  });

  it('keeps a cancelled run as cancelled', () => {
    const store = opened();
    const run = new Run(record, hosts);
    run.end(2_000, 'cancelled');
    store.saveRun(run);
    expect(store.run('r1')?.count('cancelled')).toBe(5);
  });

  it('lists runs newest first, as many as wanted, with rows that behave as an array', () => {
    const store = opened();
    for (const id of ['r1', 'r2', 'r3']) store.saveRun(new Run({ ...record, id }, hosts));
    const rows = [{ name: 'root' }, { name: 'x' }];
    store.saveAnswer('r3', 'lab', { hostId: 'web-1', at: 1_500, state: 'rows', rows });
    const runs = store.runs(2);
    expect(runs.map(run => run.id)).toEqual(['r3', 'r2']);
    const kept = runs[0]?.target('lab', 'web-1')?.rows ?? [];
    expect([kept.length, JSON.stringify(kept), kept.map(row => row.name), kept[1], [...kept]]).toEqual([
      2,
      JSON.stringify(rows),
      ['root', 'x'],
      rows[1],
      rows,
    ]);
    expect(kept).toEqual(rows);
    expect(store.run('r9')).toBeUndefined();
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
    expect(store.undo(['a', 'z'], 'mia', 5)).toMatchObject([{ state: 'new' }, { event: 'z', state: 'new' }]);
  });
});

function child(...args: string[]): ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } {
  const started = spawn(process.execPath, [path.join(import.meta.dirname, 'children/append.ts'), file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void started.kill('SIGKILL'));
  return started;
}

describe('the data file', () => {
  it('is for its owner only, with the files that SQLite puts beside it', () => {
    const store = opened();
    store.append([event('a')], undefined);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  });

  it('has every batch that was reported, with its cursor, after kill -9 at any moment', async () => {
    const writer = child('100000', '20');
    let reported = -1;
    for await (const line of createInterface({ input: writer.stdout })) {
      reported = Number(line.split(' ')[0]);
      if (reported === 40) writer.kill('SIGKILL');
    }
    const store = opened();
    const cursor = Number(store.cursor('f'));
    expect(cursor).toBeGreaterThanOrEqual(reported);
    expect(store.count()).toBe((cursor + 1) * 20);
    expect(ids(store.append([event('after')], undefined))).toEqual(['after']);
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
    expect(() => openStore(file)).toThrow(expect.objectContaining({ kind: 'storage', message: expect.stringContaining('a file stands') }));
    file = path.join(folder, 'garbage.db');
    writeFileSync(file, 'this is no database, it is a text that is longer than a header'.repeat(100));
    expect(() => openStore(file)).toThrow(
      expect.objectContaining({ kind: 'storage', message: expect.stringMatching(/garbage\.db.*damaged/) }),
    );
    const failed = (errcode: number) => storageProblem('f', Object.assign(new Error('x'), { errcode })) as Error;
    expect(failed(13).message).toContain('disk is full');
    expect(failed(5).message).toContain('locked');
    expect(failed(8 | (6 << 8)).message).toContain('cannot be written');
    const ours = new TypeError('ours');
    expect(storageProblem('f', ours)).toBe(ours);
  });

  it('is brought up to date when an older rollcall made it, with what it holds', async () => {
    opened().append([event('a')], undefined);
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(file);
    db.exec('DROP TABLE seen; DROP TABLE triage; DROP INDEX events_severe; PRAGMA user_version = 1');
    db.close();
    const store = opened();
    expect(ids(store.append([event('a'), event('b')], undefined))).toEqual(['b']);
    expect(store.decide(['x'], { state: 'escalated', until: null, comment: '' }, 'mia', 1)).toHaveLength(1);
    expect(store.summary(0, 0)).toMatchObject({ events: 2 });
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
