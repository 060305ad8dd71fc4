import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runToJson } from '../../src/core/aisoc.ts';
import { Run } from '../../src/core/run.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { aHost } from '../helpers/model.ts';
import { storeOn } from '../helpers/stores.ts';

let file: string;
beforeEach(() => {
  file = path.join(temporaryDirectory(), 'rollcall.db');
});

const opened = () => storeOn(file);

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

  it('keeps who was asked when, who was late in a run that went on, and whose wave never came', () => {
    const store = opened();
    const run = new Run(record, hosts);
    const [first = [], rest = []] = [hosts.slice(0, 2), hosts.slice(2)];
    run.queue(rest);
    const one = run.send(first, 1_000, 60_000);
    run.sent(one, 'lab', 'remote-1');
    store.saveRun(run);
    run.expire(one);
    const two = run.send(rest.slice(0, 1), 61_000, 30_000);
    run.sent(two, 'lab', 'remote-2');
    store.saveRun(run);
    const fold = (hostId: string, at: number) => {
      const answer = { hostId, at, state: 'rows' as const, rows: [] };
      store.saveAnswer('r1', 'lab', answer, run.answer('lab', answer)?.late);
    };
    fold(hosts[0]?.id ?? '', 62_000);
    fold(hosts[2]?.id ?? '', 62_500);
    const told = ({ targets, sendings, remoteIds, deadline }: Run) => ({
      targets: targets.map(target => ({ ...target, rows: [...target.rows] })),
      sendings,
      remoteIds: [...remoteIds],
      deadline,
    });
    const open = store.run('r1');
    expect(open && told(open)).toEqual(told(run));
    expect(open?.targets.map(({ state, late, afterMs }) => [state, late, afterMs])).toEqual([
      ['no_rows', true, 61_000],
      ['timed_out', false, null],
      ['no_rows', false, 1_500],
      ['queued', false, null],
      ['queued', false, null],
    ]);
    run.end(91_000, 'ended');
    store.saveRun(run);
    const ended = store.run('r1');
    expect(ended && told(ended)).toEqual(told(run));
    expect(ended?.count('not_asked')).toBe(2);
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
