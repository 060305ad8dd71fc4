import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/core/model.ts';
import { columnsIn, createStack, type StackGroup, stackColumns, stackOf } from '../../src/core/stack.ts';

const rows = (...names: (string | null)[]): Row[] => names.map(name => ({ name }));
const plain = ({ values, hosts, rows: count, firstHost }: StackGroup) => [values.join('|'), hosts, count, firstHost];

describe('a stack', () => {
  it('gives the rarest first: fewest hosts, then fewest rows, then by value', () => {
    const stack = stackOf(
      [
        { hostKey: 'web-1', rows: rows('sshd', 'sshd', '10', '9', null) },
        { hostKey: 'web-2', rows: rows('sshd', 'cron', 'cron') },
        { hostKey: 'web-3', rows: rows('evil', 'sshd', '') },
      ],
      ['name'],
    );
    expect(stack.groups().map(plain)).toEqual([
      ['9', 1, 1, 'web-1'],
      ['10', 1, 1, 'web-1'],
      ['evil', 1, 1, 'web-3'],
      ['', 1, 1, 'web-1'],
      ['', 1, 1, 'web-3'],
      ['cron', 1, 2, 'web-2'],
      ['sshd', 3, 4, 'web-1'],
    ]);
    expect(stack.groups().map(group => group.values[0])).toContain(null);
    expect(stack.hosts).toBe(3);
  });

  it('takes several columns, and one that a row does not have for null', () => {
    const stack = createStack(['port', 'path']);
    stack.add('a', [{ port: '22', path: '/usr/sbin/sshd', pid: '1' }, { port: '22', path: '/usr/sbin/sshd', pid: '2' }, { port: '22' }]);
    expect(stack.groups().map(plain)).toEqual([
      ['22|', 1, 1, 'a'],
      ['22|/usr/sbin/sshd', 1, 2, 'a'],
    ]);
  });

  it('keeps values apart that look alike when they are put together', () => {
    const stack = createStack(['x', 'y']);
    stack.add('a', [
      { x: '1:b', y: 'c' },
      { x: '1', y: ':bc' },
      { x: null, y: '-' },
      { x: '-', y: null },
    ]);
    expect(stack.groups()).toHaveLength(4);
  });

  it('lists the hosts of a group in the order of their answers, and tells which rows are in it', () => {
    const stack = stackOf(
      [
        { hostKey: 'b', rows: rows('x') },
        { hostKey: 'a', rows: rows('x', 'y') },
      ],
      ['name'],
    );
    const [rare, common] = stack.groups();
    if (!rare || !common) throw new Error('two groups');
    expect(stack.hostsOf(common)).toEqual(['b', 'a']);
    expect(stack.hostsOf(rare)).toEqual(['a']);
    expect(stack.holds(rare, { name: 'y', pid: '1' })).toBe(true);
    expect(stack.holds(rare, { name: 'x' })).toBe(false);
  });

  it('counts hosts that answered without rows, and adds to what a host said', () => {
    const stack = createStack(['name']);
    stack.add('a', []);
    stack.add('b', rows('x'));
    stack.add('b', rows('x', 'y'));
    expect(stack.hosts).toBe(2);
    expect(stack.groups().map(plain)).toEqual([
      ['y', 1, 1, 'b'],
      ['x', 1, 2, 'b'],
    ]);
  });

  it('forgets what a host said before when its answer is replaced', () => {
    const stack = stackOf(
      [
        { hostKey: 'a', rows: rows('x', 'old') },
        { hostKey: 'b', rows: rows('x') },
      ],
      ['name'],
    );
    const [gone] = stack.groups();
    stack.replace('a', rows('new'));
    expect(stack.groups().map(plain)).toEqual([
      ['new', 1, 1, 'a'],
      ['x', 1, 1, 'b'],
    ]);
    expect(gone && stack.hostsOf(gone)).toEqual([]);
  });

  it('gives the same list while nothing changes, and the same objects for groups that did not', () => {
    const stack = createStack(['name']);
    stack.add('a', rows('x', 'y'));
    const before = stack.groups();
    expect(stack.groups()).toBe(before);
    stack.replace('a', rows('y', 'x'));
    expect(stack.groups()).toBe(before);
    stack.add('b', rows('x'));
    const after = stack.groups();
    expect(after).not.toBe(before);
    expect(after[0]).toBe(before[1]);
    expect(before.map(plain)).toEqual([
      ['x', 1, 1, 'a'],
      ['y', 1, 1, 'a'],
    ]);
  });

  it('agrees with counting from scratch, whatever is added and replaced in whatever order', () => {
    const name = fc.constantFrom('a', 'b', 'c', '1', '02', '', null);
    const step = fc.record({
      kind: fc.constantFrom('add', 'replace'),
      host: fc.constantFrom('h1', 'h2', 'h3'),
      names: fc.array(name),
      look: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), steps => {
        const stack = createStack(['name']);
        const said = new Map<string, (string | null)[]>();
        for (const { kind, host, names, look } of steps) {
          if (kind === 'add') stack.add(host, rows(...names));
          else stack.replace(host, rows(...names));
          said.set(host, kind === 'add' ? [...(said.get(host) ?? []), ...names] : names);
          if (look) stack.groups();
        }
        const scratch = stackOf(
          [...said].map(([hostKey, names]) => ({ hostKey, rows: rows(...names) })),
          ['name'],
        );
        const counts = (groups: readonly StackGroup[]) => groups.map(({ values, hosts, rows: count }) => [values, hosts, count]);
        expect(counts(stack.groups())).toEqual(counts(scratch.groups()));
        for (const group of stack.groups()) {
          expect(group.rows).toBe([...said.values()].flat().filter(value => value === group.values[0]).length);
          expect(stack.hostsOf(group)).toHaveLength(group.hosts);
          expect(stack.hostsOf(group)[0]).toBe(group.firstHost);
        }
      }),
    );
  });

  it('holds the answers of a large fleet', () => {
    const stack = createStack(['name', 'path']);
    for (let host = 0; host < 1_000; host += 1) {
      const answer = Array.from({ length: 200 }, (_, index) => ({
        name: `p${index}`,
        path: index < 100 ? '/usr/bin' : `/home/u${host}`,
        pid: String(index),
      }));
      stack.add(`host-${host}`, answer);
      if (host % 50 === 0) stack.groups();
    }
    const groups = stack.groups();
    expect(groups).toHaveLength(100 + 100 * 1_000);
    expect(groups[0]).toMatchObject({ hosts: 1, rows: 1 });
    expect(groups.at(-1)).toMatchObject({ hosts: 1_000, rows: 1_000, firstHost: 'host-0' });
  });
});

describe('the columns to stack on', () => {
  const template = { stack: ['name', 'path'], volatile: ['pid'] };

  it('are those of the template, as far as the answers have them', () => {
    expect(stackColumns(template, ['pid', 'path'])).toEqual(['path']);
    expect(stackColumns(template, [])).toEqual(['name', 'path']);
  });

  it('are all that are not volatile where the template names none that there is', () => {
    expect(stackColumns({ stack: [], volatile: ['pid'] }, ['pid', 'uid', 'tty'])).toEqual(['uid', 'tty']);
    expect(stackColumns(template, ['pid', 'uid'])).toEqual(['uid']);
    expect(stackColumns(template, ['pid'])).toEqual(['pid']);
  });

  it('come from the first row of every host', () => {
    expect(columnsIn([{ rows: [] }, { rows: [{ a: '1', b: '2' }] }, { rows: [{ b: '1', c: null }, { d: '1' }] }])).toEqual(['a', 'b', 'c']);
  });
});
