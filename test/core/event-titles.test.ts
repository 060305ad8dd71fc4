import { describe, expect, it } from 'vitest';
import { eventTitle } from '../../src/core/event-titles.ts';
import type { Row } from '../../src/core/model.ts';
import { loadOsqueryTables } from '../../src/core/osquery-tables.ts';
import { titleOf } from '../../src/core/title.ts';

const title = (table: string, row: Row) => titleOf({ tables: [table], queryName: `pack/ir/${table}`, action: 'added', row });
const SHA = 'ab'.repeat(32);

describe('what happened is told as people would say it', () => {
  it.each<[string, Row, string]>([
    ['file_events', { target_path: '/etc/cron.d/x', action: 'CREATED', sha256: SHA }, `file created: /etc/cron.d/x sha256 ${SHA}`],
    ['file_events', { target_path: '/etc/hosts', action: 'UPDATED', sha256: '' }, 'file changed: /etc/hosts'],
    ['file_events', { target_path: '/bin/ls', action: 'DELETED' }, 'file deleted: /bin/ls'],
    ['file_events', { target_path: '/bin/ls', action: 'ATTRIBUTES_MODIFIED' }, 'file attributes changed: /bin/ls'],
    ['file_events', { target_path: '/bin/ls', action: 'MOVED_TO' }, 'file moved here: /bin/ls'],
    ['file_events', { target_path: '/bin/ls', action: '' }, 'file event: /bin/ls'],
    ['ntfs_journal_events', { action: 'FileCreation', path: String.raw`C:\x.exe`, old_path: '' }, String.raw`file creation: C:\x.exe`],
    ['ntfs_journal_events', { action: 'FileRename_NewName', path: 'b', old_path: 'a' }, 'file rename new name: b was a'],
    [
      'process_file_events',
      { operation: 'write', path: '/etc/passwd', executable: '/bin/vi', pid: '7' },
      'file write: /etc/passwd by /bin/vi pid 7',
    ],
    [
      'process_events',
      { cmdline: 'nc -l 4444', path: '/bin/nc', pid: '7', parent: '1', uid: '0' },
      'process started: nc -l 4444 pid 7 parent 1 uid 0',
    ],
    ['process_events', { cmdline: '', path: '/bin/nc', pid: '7' }, 'process started: /bin/nc pid 7'],
    ['es_process_events', { event_type: 'exit', path: '/bin/nc', pid: '7', username: 'mia' }, 'process ended: /bin/nc pid 7 user mia'],
    ['process_etw_events', { type: 'ProcessStart', cmdline: 'cmd /c x', pid: '7', ppid: '3' }, 'process started: cmd /c x pid 7 parent 3'],
    [
      'user_events',
      { type: '1112', uid: '0', terminal: 'ssh', address: '192.0.2.9', message: 'op=login acct="root" res=failed' },
      'user login failed: root uid 0 on ssh from 192.0.2.9',
    ],
    ['user_events', { type: '1105', uid: '1000', path: '/usr/bin/su', message: '' }, 'session opened: uid 1000 by /usr/bin/su'],
    ['user_events', { type: '4711', uid: '1000' }, 'user event: uid 1000'],
    [
      'socket_events',
      { action: 'connect', remote_address: '192.0.2.9', remote_port: '443', path: '/bin/nc', pid: '7', status: 'succeeded' },
      'connection: to 192.0.2.9:443 by /bin/nc pid 7',
    ],
    [
      'socket_events',
      { action: 'bind', local_address: '0.0.0.0', local_port: '4444', status: 'failed' },
      'socket bound failed: 0.0.0.0:4444',
    ],
    ['dns_lookup_events', { name: 'evil.test', response: '', path: 'c.exe', pid: '7' }, 'name looked up: evil.test by c.exe pid 7'],
    ['powershell_events', { script_text: 'iex 1', script_path: '' }, 'PowerShell ran: iex 1'],
    ['windows_events', { eventid: '4625', source: 'Security', provider_name: '', data: '{}' }, 'Windows event 4625: Security {}'],
    ['hardware_events', { action: 'add', vendor: 'ACME', model: 'Stick', serial: '1' }, 'hardware add: ACME Stick serial 1'],
    ['yara_events', { target_path: '/tmp/x', matches: 'miner', count: '1' }, 'YARA match: /tmp/x miner'],
    ['syslog_events', { tag: 'sshd', message: 'Accepted' }, 'syslog: sshd Accepted'],
  ])('%s %o', (table, row, expected) => {
    expect(title(table, row)).toBe(expected);
  });

  it('like any other row where the columns that tell of it were not asked for', () => {
    expect(title('file_events', { category: 'etc', time: '1' })).toBe('file_events added: category=etc time=1');
  });

  it('whatever a host says in a message that looks like one of our marks', () => {
    expect(title('user_events', { type: '1112', path: '/x', message: 'acct={path} res=success' })).toBe('user login: path by /x');
  });

  it('for every table of events that says more than that something happened', async () => {
    const evented = [...(await loadOsqueryTables()).values()].filter(table => table.evented && table.columns.length > 1);
    expect(evented.filter(({ name }) => eventTitle(name, {}) === undefined).map(({ name }) => name)).toEqual([]);
  });
});
