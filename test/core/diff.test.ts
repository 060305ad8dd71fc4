import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffRows, diffRuns } from '../../src/core/diff.ts';
import type { HostAnswer, Row } from '../../src/core/model.ts';
import { Run } from '../../src/core/run.ts';
import { aHost } from '../helpers/model.ts';

const NO_KEY = { key: [], volatile: ['pid'] };
const BY_PATH = { key: ['path'], volatile: ['mtime'] };

describe('diffRows without a key', () => {
  it('leaves volatile columns aside', () => {
    const before = [{ pid: '1', name: 'sshd' }];
    expect(diffRows(before, [{ pid: '9', name: 'sshd' }], NO_KEY)).toEqual({ added: [], removed: [], changed: [], same: 1 });
    expect(diffRows(before, [{ pid: '1', name: 'cron' }], NO_KEY)).toEqual({
      added: [{ pid: '1', name: 'cron' }],
      removed: before,
      changed: [],
      same: 0,
    });
  });

  it('counts how often a row is there', () => {
    const row = (pid: string) => ({ pid, name: 'nginx' });
    expect(diffRows([row('1')], [row('2'), row('3'), row('4')], NO_KEY)).toMatchObject({
      same: 1,
      added: [row('3'), row('4')],
      removed: [],
    });
    expect(diffRows([row('1'), row('2')], [row('3')], NO_KEY)).toMatchObject({ same: 1, added: [], removed: [{ name: 'nginx' }] });
  });

  it('keeps null and empty text apart, and takes an absent column for null', () => {
    const rules = { key: [], volatile: [] };
    expect(diffRows([{ a: null }], [{ a: '' }], rules)).toMatchObject({ same: 0 });
    expect(
      diffRows(
        [
          { a: '1', b: null },
          { a: '2', b: '2' },
        ],
        [{ a: '1' }, { a: '2', b: '2' }],
        rules,
      ),
    ).toMatchObject({ same: 2 });
  });

  it('does not take a column that only one agent has for a change of every row', () => {
    const after = [{ name: 'sshd', cgroup_path: '/x' }];
    expect(diffRows([{ name: 'sshd' }], after, NO_KEY)).toMatchObject({ same: 1, added: [], removed: [] });
  });

  it('compares volatile columns where there is nothing else', () => {
    expect(diffRows([{ pid: '1' }], [{ pid: '2' }], NO_KEY)).toMatchObject({ same: 0, added: [{ pid: '2' }], removed: [{ pid: '1' }] });
  });

  it('tells everything of an answer that was empty before, or is now', () => {
    const row = { pid: '1', name: 'x' };
    expect(diffRows([], [row], NO_KEY)).toMatchObject({ added: [row], removed: [] });
    expect(diffRows([row], [], NO_KEY)).toMatchObject({ added: [], removed: [row] });
    expect(diffRows([], [], NO_KEY)).toEqual({ added: [], removed: [], changed: [], same: 0 });
  });
});

describe('diffRows by key', () => {
  it('tells which columns of the same thing changed', () => {
    const before = { path: '/bin/su', mode: '0755', size: '1', mtime: '1' };
    const after = { path: '/bin/su', mode: '4755', size: '2', mtime: '2' };
    expect(diffRows([before], [after], BY_PATH)).toEqual({
      added: [],
      removed: [],
      changed: [{ key: ['/bin/su'], before, after, columns: ['mode', 'size'] }],
      same: 0,
    });
  });

  it('pairs rows of one key off before it calls them changed', () => {
    const row = (size: string) => ({ path: '/x', size });
    const diff = diffRows([row('1'), row('2'), row('3')], [row('2'), row('4')], BY_PATH);
    expect(diff).toMatchObject({ same: 1, added: [], removed: [row('3')] });
    expect(diff.changed.map(({ before, after }) => [before.size, after.size])).toEqual([['1', '4']]);
  });

  it('falls back to the whole content where the answers do not have the key', () => {
    expect(diffRows([{ size: '1' }], [{ size: '2' }], BY_PATH)).toMatchObject({
      changed: [],
      added: [{ size: '2' }],
      removed: [{ size: '1' }],
    });
  });

  it('handles one row object that stands twice in an answer', () => {
    const row = { path: '/x', size: '1' };
    expect(diffRows([row, row], [{ path: '/x', size: '2' }], BY_PATH)).toMatchObject({ removed: [row], changed: [{ before: row }] });
  });
});

describe('every diff', () => {
  const value = fc.constantFrom('a', 'b', '', null);
  const answer = fc.array(fc.record({ path: value, size: value, mtime: value }), { maxLength: 12 });
  const rules = fc.constantFrom(BY_PATH, { key: [], volatile: ['mtime'] }, { key: [], volatile: [] });
  const sorted = (rows: readonly Row[]) => rows.map(row => JSON.stringify(row)).sort();

  it('accounts for every row of both answers', () => {
    fc.assert(
      fc.property(answer, answer, rules, (before, after, by) => {
        const { added, removed, changed, same } = diffRows(before, after, by);
        expect(same + removed.length + changed.length).toBe(before.length);
        expect(same + added.length + changed.length).toBe(after.length);
        const rest = (all: readonly Row[], told: readonly Row[]) => all.filter(row => told.includes(row)).length >= told.length;
        expect(rest(before, [...removed, ...changed.map(row => row.before)])).toBe(true);
        expect(rest(after, [...added, ...changed.map(row => row.after)])).toBe(true);
        for (const { columns } of changed) expect(columns).not.toEqual([]);
      }),
    );
  });

  it('finds nothing between an answer and itself in another order', () => {
    fc.assert(
      fc.property(answer, rules, (rows, by) => {
        expect(diffRows(rows, rows.toReversed(), by)).toEqual({ added: [], removed: [], changed: [], same: rows.length });
      }),
    );
  });

  it('is the same backwards, with added and removed changed over', () => {
    fc.assert(
      fc.property(answer, answer, (before, after) => {
        const by = { key: [], volatile: [] };
        const [there, back] = [diffRows(before, after, by), diffRows(after, before, by)];
        expect(sorted(there.added)).toEqual(sorted(back.removed));
        expect(sorted(there.removed)).toEqual(sorted(back.added));
      }),
    );
  });
});

describe('diffRuns', () => {
  const record = { template: 't', digest: 'sha256:x', sql: 'SELECT 1', params: {}, sources: ['lab'], startedAt: 0, timeoutMs: 60_000 };
  function run(id: string, hosts: readonly string[], answers: readonly HostAnswer[]): Run {
    const made = new Run(
      { ...record, id },
      hosts.map(name => aHost(name)),
    );
    for (const answer of answers) made.answer('lab', answer);
    made.end(60_000, 'ended');
    return made;
  }
  const rows = (hostId: string, ...paths: string[]): HostAnswer => ({ hostId, at: 1, state: 'rows', rows: paths.map(path => ({ path })) });

  it('compares what answered both times, and takes no failure and no silence for an empty answer', () => {
    const before = run(
      '1',
      ['web-1', 'web-2', 'web-3', 'gone', 'empty'],
      [rows('web-1', '/a'), rows('web-2', '/a'), rows('web-3', '/a'), rows('empty', '/a')],
    );
    const after = run(
      '2',
      ['web-1', 'web-2', 'web-3', 'new', 'empty'],
      [rows('web-1', '/a', '/b'), { hostId: 'web-2', at: 1, state: 'error', error: 'no such table' }, rows('new', '/z'), rows('empty')],
    );
    const diffs = diffRuns(before, after, BY_PATH);
    expect(diffs.map(diff => [('after' in diff ? diff.after : diff.before).key, diff.state])).toEqual([
      ['web-1', 'compared'],
      ['web-2', 'no_answer'],
      ['web-3', 'no_answer'],
      ['new', 'only_after'],
      ['empty', 'compared'],
      ['gone', 'only_before'],
    ]);
    const compared = diffs.filter(diff => diff.state === 'compared').map(({ diff }) => [diff.added.length, diff.removed.length, diff.same]);
    expect(compared).toEqual([
      [1, 0, 1],
      [0, 1, 0],
    ]);
  });

  it('does not mistake hosts of the same name for each other', () => {
    const twins = (id: string) =>
      new Run({ ...record, id }, [aHost('a', { hostname: 'db', id: '1' }), aHost('b', { hostname: 'db', id: '2' })]);
    const [before, after] = [twins('1'), twins('2')];
    for (const made of [before, after]) {
      made.answer('lab', rows('1', '/one'));
      made.answer('lab', rows('2', '/two'));
    }
    expect(diffRuns(before, after, BY_PATH)).toMatchObject([{ diff: { same: 1, changed: [] } }, { diff: { same: 1, changed: [] } }]);
  });
});
