import { describe, expect, it } from 'vitest';
import { isOsqueryTable } from '../../src/core/osquery-tables.ts';
import { MAX_TITLE, type Titled, titleOf } from '../../src/core/title.ts';

const title = (over: Partial<Titled>) => titleOf({ tables: [], queryName: null, action: null, row: {}, ...over });

describe('a title', () => {
  it.each<[string, Partial<Titled>, string]>([
    [
      'a new listener',
      {
        tables: ['listening_ports', 'processes'],
        action: 'added',
        row: { address: '0.0.0.0', port: '4444', name: 'nc', path: '/usr/bin/nc', pid: '812' },
      },
      'listening_ports added: 0.0.0.0:4444 nc /usr/bin/nc pid 812',
    ],
    [
      'a listener of nobody known',
      { tables: ['listening_ports'], action: 'removed', row: { address: '::', port: '22', name: '', pid: '-1' } },
      'listening_ports removed: :::22',
    ],
    [
      'a login',
      { tables: ['logged_in_users'], action: 'added', row: { user: 'eve', tty: 'pts/1', host: '192.0.2.9' } },
      'logged_in_users added: eve on pts/1 from 192.0.2.9',
    ],
    [
      'a process of a snapshot',
      { tables: ['processes'], action: 'snapshot', row: { pid: '7', name: 'sh', cmdline: 'sh -c id', path: '/bin/sh' } },
      'processes: sh pid 7 sh -c id',
    ],
    [
      'a kernel thread',
      { tables: ['processes'], action: 'snapshot', row: { pid: '2', name: 'kthreadd', cmdline: '', path: null } },
      'processes: kthreadd pid 2',
    ],
    [
      'a cron job',
      { tables: ['crontab'], action: 'added', row: { command: 'id', path: '/etc/crontab', minute: '*' } },
      'crontab added: id in /etc/crontab',
    ],
    [
      'a table without phrases',
      { tables: ['iptables'], action: 'added', row: { a: '1', b: '', c: null, d: '2', e: '3', f: '4' } },
      'iptables added: a=1 d=2 e=3',
    ],
    ['other columns than expected', { tables: ['processes'], row: { count: '4' } }, 'processes: count=4'],
    ['an unknown table', { queryName: 'my query', action: 'removed', row: { x: 'y' } }, 'my query removed: x=y'],
    ['nothing at all', {}, 'result'],
    ['an empty row', { queryName: 'q', action: 'added' }, 'q added'],
    ['the table that says most', { tables: ['osquery_flags', 'users'], row: { username: 'eve', uid: '0' } }, 'users: eve uid 0'],
  ])('of %s', (_what, given, expected) => {
    expect(title(given)).toBe(expected);
  });

  it('stays short, and leaves room for what comes after a long value', () => {
    const long = title({ tables: ['crontab'], action: 'added', row: { command: 'x'.repeat(5_000), path: '/etc/crontab' } });
    expect(long).toMatch(/…\sin \/etc\/crontab$/);
    expect(title({ row: { a: 'x'.repeat(500), b: 'y'.repeat(500), c: 'z'.repeat(500) } }).length).toBeLessThanOrEqual(MAX_TITLE + 1);
  });

  it('names tables that osquery has', () => {
    for (const table of ['listening_ports', 'crontab', 'processes', 'file_events', 'scheduled_tasks', 'suid_bin']) {
      expect(isOsqueryTable(table)).toBe(true);
      expect(title({ tables: [table] })).toBe(table);
    }
  });
});
