import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { RawEvent } from '../../src/core/model.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { anEvent } from '../helpers/frames.tsx';
import { storeOn } from '../helpers/stores.ts';

let file = '';
beforeEach(() => {
  file = path.join(temporaryDirectory(), 'rollcall.db');
});

const opened = () => storeOn(file);

let made = 0;
function happened(over: Partial<RawEvent>) {
  made += 1;
  return anEvent({ dedupeKey: `e${made}`, time: 1_000 + made, source: 'prod', hostId: 'h1', ...over });
}

const crontab = (over: Partial<RawEvent>) => happened({ tables: ['crontab'], queryName: 'pack/ir/crontab', ...over });
const span = { source: 'prod', hostId: 'h1', since: 0, until: Number.MAX_SAFE_INTEGER };

describe('what happened on a host', () => {
  it('is counted by table, with the newest and the worst', async () => {
    const store = opened();
    const added = [crontab({}), crontab({})];
    const removed = crontab({ action: 'removed' });
    await store.append([...added, removed, happened({ tables: ['uptime'], action: 'snapshot' })], undefined);
    expect(store.changesOfHost(span).toSorted((a, b) => (a.subject < b.subject ? -1 : 1))).toEqual([
      { subject: 'crontab', added: 2, removed: 1, snapshot: 0, other: 0, newest: removed.time, worst: 'high' },
      { subject: 'uptime', added: 0, removed: 0, snapshot: 1, other: 0, newest: removed.time + 1, worst: 'info' },
    ]);
  });

  it('goes by the name of the query where the table is unknown, and by its type where it is no row', async () => {
    const store = opened();
    const status = { kind: 'status', eventType: 'agent_status', tables: [], queryName: null, action: null } as const;
    await store.append([happened({ tables: [], queryName: 'ours' }), happened(status)], undefined);
    expect(store.changesOfHost(span)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ subject: 'ours', added: 1 }),
        expect.objectContaining({ subject: 'agent_status', other: 1 }),
      ]),
    );
  });

  it('is of this host of this source in this time only', async () => {
    const store = opened();
    const own = crontab({ time: 500 });
    await store.append(
      [own, crontab({ hostId: 'h2', time: 500 }), crontab({ source: 'other', time: 500 }), crontab({ time: 499 }), crontab({ time: 501 })],
      undefined,
    );
    const then = { ...span, since: 500, until: 500 };
    expect(store.changesOfHost(then)).toEqual([expect.objectContaining({ added: 1 })]);
    expect(store.eventsOfHost(then, 'crontab', 10).map(({ id }) => id)).toEqual([own.id]);
  });

  it('is listed newest first, the newest where there are too many, without the raw record', async () => {
    const store = opened();
    const events = [crontab({}), crontab({}), crontab({})];
    await store.append([...events, happened({ tables: ['users'] })], undefined);
    const listed = store.eventsOfHost(span, 'crontab', 2);
    expect(listed.map(({ id }) => id)).toEqual([events[2]?.id, events[1]?.id]);
    expect(listed[0]).not.toHaveProperty('raw');
    expect(listed[0]).toMatchObject({ row: { port: '4444' }, severity: 'high' });
  });

  it('is found by an index', async () => {
    await opened().append([crontab({})], undefined);
    const db = new DatabaseSync(file);
    onTestFinished(() => db.close());
    const plan = db.prepare("EXPLAIN QUERY PLAN SELECT seq FROM events WHERE source = 'a' AND host = 'b' AND time > 1").all();
    expect(JSON.stringify(plan)).toContain('events_by_host');
  });
});
