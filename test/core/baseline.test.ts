import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baselineInRun, baselineOf, type PeerAnswer } from '../../src/core/baseline.ts';
import type { Row } from '../../src/core/model.ts';
import { Run } from '../../src/core/run.ts';
import { aHost } from '../helpers/model.ts';

const answer = (hostKey: string, rows: readonly Row[], platform = 'ubuntu'): PeerAnswer => ({ hostKey, platform, rows });
const names = (...list: string[]): Row[] => list.map((name, pid) => ({ pid: String(pid), name }));
const NO_KEY = { key: [], volatile: ['pid'] };

describe('baselineOf', () => {
  it('tells rows that only this host has, each once', () => {
    const found = baselineOf(
      answer('web-9', names('sshd', 'evil', 'evil')),
      [answer('web-1', names('cron', 'sshd')), answer('web-2', [])],
      NO_KEY,
    );
    expect(found).toMatchObject({ peers: 2, kin: 2, onlyHere: [{ name: 'evil' }] });
    expect(found.onlyHere).toHaveLength(1);
  });

  it('does not call a row "only here" that a host of another platform has', () => {
    const host = answer('web-9', [{ key: 'AAAA' }, { key: 'BBBB' }]);
    const others = [answer('mac-1', [{ key: 'AAAA' }], 'darwin'), answer('web-1', [{ key: 'CCCC' }])];
    expect(baselineOf(host, others, NO_KEY)).toMatchObject({ peers: 2, kin: 1, onlyHere: [{ key: 'BBBB' }] });
  });

  it('tells rows that all others of the platform have and this host has not', () => {
    const others = [
      answer('web-1', names('auditd', 'sshd', 'x')),
      answer('web-2', names('sshd', 'auditd')),
      answer('win-1', [], 'windows'),
      answer('rhel-1', names('auditd', 'sshd'), 'rhel'),
    ];
    expect(baselineOf(answer('web-9', names('sshd')), others, NO_KEY).missingHere).toMatchObject([{ name: 'auditd' }]);
    expect(baselineOf(answer('web-9', []), others, NO_KEY).missingHere).toHaveLength(2);
  });

  it('calls nothing missing when one of the others has no rows, or there are no others', () => {
    const others = [answer('web-1', names('auditd')), answer('web-2', [])];
    expect(baselineOf(answer('web-9', []), others, NO_KEY).missingHere).toEqual([]);
    expect(baselineOf(answer('web-9', names('a')), [], NO_KEY)).toEqual({
      peers: 0,
      kin: 0,
      onlyHere: [{ pid: '0', name: 'a' }],
      missingHere: [],
      differs: [],
    });
  });

  it('tells values that no other host of the platform has under the same key', () => {
    const by = { key: ['path'], volatile: ['mtime'] };
    const sshd = (sha256: string, mode = '0755') => [{ path: '/usr/sbin/sshd', sha256, mode, mtime: sha256 }];
    const others = [
      answer('a', sshd('11')),
      answer('b', sshd('11')),
      answer('c', sshd('22')),
      answer('d', []),
      answer('win', sshd('33'), 'windows'),
    ];
    expect(baselineOf(answer('web-9', sshd('33')), others, by).differs).toEqual([
      { key: ['/usr/sbin/sshd'], column: 'sha256', here: '33', usual: '11', usualHosts: 2, peers: 3 },
    ]);
    expect(baselineOf(answer('web-9', sshd('22')), others, by).differs).toEqual([]);
  });

  it('compares single rows without a key, strongest agreement first', () => {
    const one = (os: string, timezone: string, uuid: string) => [{ os, timezone, uuid }];
    const others = [answer('a', one('24.04', 'UTC', 'u1')), answer('b', one('24.04', 'UTC', 'u2')), answer('c', one('22.04', 'UTC', 'u3'))];
    const { differs } = baselineOf(answer('web-9', one('18.04', 'CEST', 'u4')), others, { key: [], volatile: [] });
    expect(differs.map(({ column, here, usual, usualHosts }) => [column, here, usual, usualHosts])).toEqual([
      ['timezone', 'CEST', 'UTC', 3],
      ['os', '18.04', '24.04', 2],
    ]);
  });

  it('says nothing of what differs by nature, nor of rows that have no fellows', () => {
    const by = { key: ['name'], volatile: [] };
    const row = (name: string, serial: string) => [{ name, serial }];
    const others = [answer('a', row('disk', '1')), answer('b', row('disk', '2'))];
    expect(baselineOf(answer('web-9', row('disk', '3')), others, by).differs).toEqual([]);
    expect(baselineOf(answer('web-9', row('tape', '3')), others, by).differs).toEqual([]);
    expect(baselineOf(answer('web-9', [...names('a'), ...names('b')]), [answer('a', names('c'))], NO_KEY).differs).toEqual([]);
  });

  it('takes no column that only the agent of this host has for a difference of every row', () => {
    const host = answer('web-9', [{ name: 'sshd', cgroup_path: '/x' }]);
    expect(baselineOf(host, [answer('a', names('sshd')), answer('b', names('sshd'))], NO_KEY)).toMatchObject({
      onlyHere: [],
      missingHere: [],
      differs: [],
    });
  });

  it('compares a platform that nobody knows with its like only', () => {
    const host = answer('plan9-1', names('a'), 'plan9');
    expect(baselineOf(host, [answer('plan9-2', names('a', 'b'), 'Plan9'), answer('bsd', names('c'), 'freebsd')], NO_KEY)).toMatchObject({
      kin: 1,
      missingHere: [{ name: 'b' }],
    });
  });

  it('never tells a row that another host has, and never misses one', () => {
    const rows = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), pid: fc.constantFrom('1', '2') }), { maxLength: 6 });
    fc.assert(
      fc.property(rows, fc.array(rows, { maxLength: 4 }), (mine, theirs) => {
        const found = baselineOf(
          answer('x', mine),
          theirs.map((list, index) => answer(`p${index}`, list)),
          NO_KEY,
        );
        const told = (list: readonly Row[]) => list.map(row => row.name).sort();
        const has = (list: readonly Row[], name: string) => list.some(row => row.name === name);
        const all = ['a', 'b', 'c', 'd'];
        expect(told(found.onlyHere)).toEqual(all.filter(name => has(mine, name) && !theirs.some(list => has(list, name))));
        expect(told(found.missingHere)).toEqual(
          all.filter(name => !has(mine, name) && theirs.length > 0 && theirs.every(list => has(list, name))),
        );
      }),
    );
  });
});

describe('baselineInRun', () => {
  it('takes no host that failed or is silent for one without rows', () => {
    const record = {
      id: '1',
      template: 't',
      digest: 'sha256:x',
      sql: 'SELECT 1',
      params: {},
      sources: ['lab'],
      startedAt: 0,
      timeoutMs: 1,
    };
    const run = new Run(
      record,
      ['web-1', 'web-2', 'web-3', 'web-4'].map(name => aHost(name)),
    );
    run.answer('lab', { hostId: 'web-1', at: 1, state: 'rows', rows: [] });
    run.answer('lab', { hostId: 'web-2', at: 1, state: 'rows', rows: names('auditd') });
    run.answer('lab', { hostId: 'web-3', at: 1, state: 'error', error: 'no such table' });
    const [odd, , failed] = run.targets;
    if (!odd || !failed) throw new Error('no such target');
    expect(baselineInRun(run, odd, NO_KEY)).toMatchObject({ peers: 1, missingHere: [{ name: 'auditd' }] });
    expect(baselineInRun(run, failed, NO_KEY)).toBeUndefined();
  });
});
