/** Tables of accounts and log-ins, over files made for the test. */
import { describe, expect, it } from 'vitest';
import { ask, rootWith } from './local.ts';

/** One 384-byte record of utmp or wtmp. */
function loginRecord(type: number, pid: number, line: string, user: string, host: string, time: number): Buffer {
  const record = Buffer.alloc(384);
  record.writeInt16LE(type, 0);
  record.writeInt32LE(pid, 4);
  record.write(line, 8);
  record.write(user, 44);
  record.write(host, 76);
  record.writeInt32LE(time, 340);
  return record;
}

describe('log-ins', () => {
  it('of utmp are those who are there, without what init wrote', async () => {
    const records = [
      loginRecord(2, 0, '~', 'reboot', '6.1.0', 1_795_000_000),
      loginRecord(6, 1, 'tty1', 'LOGIN', '', 1_795_000_010),
      loginRecord(7, 4242, 'pts/0', 'mia', '192.0.2.10', 1_795_000_100),
      loginRecord(8, 4243, 'pts/1', '', '', 1_795_000_200),
    ];
    const root = rootWith({ 'var/run/utmp': Buffer.concat([...records, Buffer.alloc(100)]) });
    expect(await ask('SELECT type, user, tty, host, time, pid FROM logged_in_users', { root })).toEqual([
      { type: 'boot_time', user: 'reboot', tty: '~', host: '6.1.0', time: '1795000000', pid: '0' },
      { type: 'user', user: 'mia', tty: 'pts/0', host: '192.0.2.10', time: '1795000100', pid: '4242' },
      { type: 'dead', user: '', tty: 'pts/1', host: '', time: '1795000200', pid: '4243' },
    ]);
  });

  it('of wtmp are log-ins and log-outs only', async () => {
    const records = [
      loginRecord(2, 0, '~', 'reboot', '', 1),
      loginRecord(7, 7, 'pts/0', 'x'.repeat(40), 'h', 2),
      loginRecord(8, 7, 'pts/0', '', '', 3),
    ];
    const root = rootWith({ 'var/log/wtmp': Buffer.concat(records) });
    expect(await ask('SELECT username, type, type_name, time FROM last ORDER BY time', { root })).toEqual([
      { username: 'x'.repeat(32), type: '7', type_name: 'user-process', time: '2' },
      { username: '', type: '8', type_name: 'dead-process', time: '3' },
    ]);
  });

  it('are none where the files are missing', async () => {
    const root = rootWith({});
    expect(await ask('SELECT * FROM logged_in_users, last', { root })).toEqual([]);
  });
});

const PASSWD = [
  'root:x:0:0:root:/root:/bin/bash',
  'mia:x:1000:1000:Mia,,,:/home/mia:/bin/zsh',
  '# comment',
  '+@nis',
  'torn:x',
  'wrap:x:4294967294:4294967294::/:/bin/false',
  '',
].join('\n');
const GROUP = ['root:x:0:', 'sudo:x:27:mia,ghost', 'mia:x:1000:', 'again:x:1000:', ''].join('\n');

describe('accounts', () => {
  const root = () => rootWith({ 'etc/passwd': PASSWD, 'etc/group': GROUP });

  it('are the lines of passwd that are accounts', async () => {
    expect(await ask('SELECT uid, uid_signed, gid, username, description, directory, shell, uuid FROM users', { root: root() })).toEqual([
      { uid: '0', uid_signed: '0', gid: '0', username: 'root', description: 'root', directory: '/root', shell: '/bin/bash', uuid: '' },
      {
        uid: '1000',
        uid_signed: '1000',
        gid: '1000',
        username: 'mia',
        description: 'Mia,,,',
        directory: '/home/mia',
        shell: '/bin/zsh',
        uuid: '',
      },
      {
        uid: '4294967294',
        uid_signed: '-2',
        gid: '4294967294',
        username: 'wrap',
        description: '',
        directory: '/',
        shell: '/bin/false',
        uuid: '',
      },
    ]);
  });

  it('have groups, each gid once, and memberships', async () => {
    expect(await ask('SELECT gid, groupname FROM groups', { root: root() })).toEqual([
      { gid: '0', groupname: 'root' },
      { gid: '27', groupname: 'sudo' },
      { gid: '1000', groupname: 'mia' },
    ]);
    const sql =
      'SELECT u.username, g.groupname FROM users u JOIN user_groups ug ON ug.uid = u.uid JOIN groups g ON g.gid = ug.gid WHERE u.uid = 1000 ORDER BY g.groupname';
    expect(await ask(sql, { root: root() })).toEqual([
      { username: 'mia', groupname: 'mia' },
      { username: 'mia', groupname: 'sudo' },
    ]);
  });
});

describe('what users left in their homes', () => {
  const root = () =>
    rootWith({
      'etc/passwd': PASSWD,
      'root/.bash_history': 'id\n#1795000000\nwhoami\n',
      'home/mia/.zsh_history': ': 1795000001:0;ls -la\nplain',
      'home/mia/.bash_sessions/a.history': 'session\n',
      'home/mia/.ssh/authorized_keys': [
        '# mine',
        'ssh-ed25519 AAAAC3Nza mia@desk with spaces',
        'command="/bin/true",no-pty  ssh-rsa AAAAB3Nza',
        'not a key',
        'ecdsa-sha2-nistp256\tAAAAE2Vj\tx',
      ].join('\n'),
    });

  it('is the agent’s own unless uids are named', async () => {
    expect(await ask('SELECT uid, time, command, history_file FROM shell_history', { root: root(), euid: 0 })).toEqual([
      { uid: '0', time: '0', command: 'id', history_file: '/root/.bash_history' },
      { uid: '0', time: '1795000000', command: 'whoami', history_file: '/root/.bash_history' },
    ]);
    expect(await ask('SELECT key FROM authorized_keys', { root: root(), euid: 0 })).toEqual([]);
  });

  it('is everybody’s by a join with users', async () => {
    const sql =
      'SELECT u.username, h.time, h.command, h.history_file FROM users u JOIN shell_history h ON h.uid = u.uid WHERE u.uid = 1000 ORDER BY h.time DESC, h.command';
    expect(await ask(sql, { root: root(), euid: 0 })).toEqual([
      { username: 'mia', time: '1795000001', command: 'ls -la', history_file: '/home/mia/.zsh_history' },
      { username: 'mia', time: '0', command: 'plain', history_file: '/home/mia/.zsh_history' },
      { username: 'mia', time: '0', command: 'session', history_file: '/home/mia/.bash_sessions/a.history' },
    ]);
    expect(
      await ask('SELECT algorithm, key, options, comment, key_file FROM users JOIN authorized_keys USING (uid) ORDER BY key', {
        root: root(),
        euid: 0,
      }),
    ).toEqual([
      {
        algorithm: 'ssh-rsa',
        key: 'AAAAB3Nza',
        options: 'command="/bin/true",no-pty',
        comment: '',
        key_file: '/home/mia/.ssh/authorized_keys',
      },
      {
        algorithm: 'ssh-ed25519',
        key: 'AAAAC3Nza',
        options: '',
        comment: 'mia@desk with spaces',
        key_file: '/home/mia/.ssh/authorized_keys',
      },
      { algorithm: 'ecdsa-sha2-nistp256', key: 'AAAAE2Vj', options: '', comment: 'x', key_file: '/home/mia/.ssh/authorized_keys' },
    ]);
  });
});
