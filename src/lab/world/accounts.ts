/** Who has accounts on a simulated host, who is logged in, and what they left in their home directories. */
import { Random } from '../random.ts';
import type { LabHost } from '../roster.ts';
import type { Maker } from './world.ts';

export type Account = {
  readonly username: string;
  readonly uid: number;
  readonly gid: number;
  readonly directory: string;
  readonly shell: string;
  readonly description: string;
};

const account = (username: string, uid: number, directory: string, shell: string, description = ''): Account => ({
  username,
  uid,
  gid: uid,
  directory,
  shell,
  description,
});

const NOLOGIN = '/usr/sbin/nologin';
const SYSTEM: Readonly<Record<LabHost['platform'], readonly Account[]>> = {
  linux: [
    account('root', 0, '/root', '/bin/bash', 'root'),
    account('daemon', 1, '/usr/sbin', NOLOGIN, 'daemon'),
    account('sys', 3, '/dev', NOLOGIN, 'sys'),
    account('www-data', 33, '/var/www', NOLOGIN, 'www-data'),
    account('sshd', 105, '/run/sshd', NOLOGIN),
    account('postgres', 114, '/var/lib/postgresql', '/bin/bash', 'PostgreSQL administrator'),
    account('nobody', 65_534, '/nonexistent', NOLOGIN, 'nobody'),
  ],
  darwin: [
    account('root', 0, '/var/root', '/bin/sh', 'System Administrator'),
    account('daemon', 1, '/var/root', '/usr/bin/false', 'System Services'),
    account('_www', 70, '/Library/WebServer', '/usr/bin/false', 'World Wide Web Server'),
    account('nobody', -2, '/var/empty', '/usr/bin/false', 'Unprivileged User'),
  ],
  windows: [
    account(
      'Administrator',
      500,
      'C:\\Users\\Administrator',
      'C:\\Windows\\system32\\cmd.exe',
      'Built-in account for administering the computer/domain',
    ),
    account('Guest', 501, '', 'C:\\Windows\\system32\\cmd.exe', 'Built-in account for guest access to the computer/domain'),
    account('SYSTEM', 18, '%systemroot%\\system32\\config\\systemprofile', 'C:\\Windows\\system32\\cmd.exe'),
  ],
};
const PEOPLE = ['ada', 'grace', 'edsger', 'barbara', 'ken', 'radia', 'dennis', 'margaret', 'linus', 'frances'] as const;

/** The people with an account on the host: two or three. */
export function peopleOf({ seed, platform }: LabHost): readonly Account[] {
  const random = new Random(`${seed} people`);
  const names = new Set([random.pick(PEOPLE), random.pick(PEOPLE), random.pick(PEOPLE)]);
  return [...names].map((name, index) => {
    if (platform === 'windows') return account(name, 1_001 + index, `C:\\Users\\${name}`, 'C:\\Windows\\system32\\cmd.exe');
    if (platform === 'darwin') return { ...account(name, 501 + index, `/Users/${name}`, '/bin/zsh'), gid: 20 };
    return account(name, 1_000 + index, `/home/${name}`, '/bin/bash');
  });
}

export const accountsOf = (host: LabHost): readonly Account[] => [...SYSTEM[host.platform], ...peopleOf(host)];

/** Where people come from: an office and a jump box. */
const ORIGINS = ['192.0.2.10', '192.0.2.11', '198.51.100.7'] as const;

const users: Maker = ({ host }) =>
  accountsOf(host).map(({ username, uid, gid, directory, shell, description }) => ({
    uid: uid >>> 0,
    gid: gid >>> 0,
    uid_signed: uid,
    gid_signed: gid,
    username,
    description,
    directory,
    shell,
    uuid: host.platform === 'windows' ? `S-1-5-21-3623811015-3361044348-30300820-${uid}` : '',
    type: host.platform === 'windows' ? 'local' : undefined,
    is_hidden: username.startsWith('_') ? 1 : 0,
  }));

const ADMINS: Readonly<Record<LabHost['platform'], readonly [name: string, gid: number]>> = {
  linux: ['sudo', 27],
  darwin: ['admin', 80],
  windows: ['Administrators', 544],
};

const groups: Maker = ({ host }) => {
  const own = host.platform === 'darwin' ? [] : accountsOf(host).map(({ username, gid }) => [username, gid] as const);
  const all = [
    ...own,
    ADMINS[host.platform],
    ...(host.platform === 'darwin'
      ? ([
          ['staff', 20],
          ['wheel', 0],
        ] as const)
      : []),
  ];
  return all.map(([groupname, gid]) => ({ gid: gid >>> 0, gid_signed: gid, groupname }));
};

const user_groups: Maker = ({ host }) => {
  const [first] = peopleOf(host);
  const own = accountsOf(host).map(({ uid, gid }) => ({ uid: uid >>> 0, gid: gid >>> 0 }));
  return first ? [...own, { uid: first.uid, gid: ADMINS[host.platform][1] }] : own;
};

type Session = { readonly account: Account; readonly tty: string; readonly from: string; readonly time: number; readonly pid: number };

function sessionsOf(host: LabHost, now: number): readonly Session[] {
  const random = new Random(`${host.seed} sessions`);
  return peopleOf(host)
    .filter(() => random.chance(0.6))
    .map((person, index) => ({
      account: person,
      tty: host.platform === 'windows' ? 'Console' : `pts/${index}`,
      from: host.role === 'desktop' ? '' : random.pick(ORIGINS),
      time: Math.max(host.bootedAt + 60, now - random.int(300, 30_000)),
      pid: 2_000 + random.int(0, 20_000),
    }));
}

const logged_in_users: Maker = ({ host, now }) =>
  sessionsOf(host, now).map(({ account: { username }, tty, from, time, pid }) => ({
    type: host.platform === 'windows' ? 'active' : 'user',
    user: username,
    tty,
    host: from,
    time,
    pid,
    sid: '',
  }));

const last: Maker = ({ host, now }) =>
  sessionsOf(host, now).flatMap(({ account: { username }, tty, from, time, pid }) => [
    { username, tty, pid: pid - 7, type: 7, type_name: 'user-process', time: time - 86_400, host: from },
    { username: '', tty, pid: pid - 7, type: 8, type_name: 'dead-process', time: time - 80_000, host: '' },
    { username, tty, pid, type: 7, type_name: 'user-process', time, host: from },
  ]);

const authorized_keys: Maker = ({ host }) => {
  const random = new Random(`${host.seed} keys`);
  const keys = peopleOf(host).map(({ uid, username, directory }) => ({ uid, comment: `${username}@jump`, directory }));
  const odd = host.isOdd ? [{ uid: 0, comment: 'backup', directory: '/root' }] : [];
  return [...keys, ...odd].map(({ uid, comment, directory }) => ({
    uid,
    algorithm: 'ssh-ed25519',
    key: `AAAAC3NzaC1lZDI1NTE5AAAAI${random.hex(43)}`,
    options: '',
    comment,
    key_file: `${directory}/.ssh/authorized_keys`,
  }));
};

const COMMANDS = [
  'ls -la',
  'sudo -i',
  'journalctl -u nginx --since today',
  'df -h',
  'top',
  'git pull',
  'vim notes.md',
  'systemctl status',
  'ssh db-1',
  'exit',
] as const;

const shell_history: Maker = ({ host, now }) => {
  const random = new Random(`${host.seed} history`);
  const file = host.platform === 'darwin' ? '.zsh_history' : '.bash_history';
  return peopleOf(host).flatMap(({ uid, directory }) =>
    Array.from({ length: random.int(3, 12) }, (_, index) => ({
      uid,
      time: now - 86_400 + index * 60,
      command: random.pick(COMMANDS),
      history_file: `${directory}/${file}`,
    })),
  );
};

const sudoers: Maker = ({ host }) => [
  { source: '/etc/sudoers', header: 'root', rule_details: 'ALL=(ALL:ALL) ALL' },
  { source: '/etc/sudoers', header: `%${ADMINS[host.platform][0]}`, rule_details: 'ALL=(ALL:ALL) ALL' },
];

const shadow: Maker = ({ host }) =>
  accountsOf(host).map(({ username, shell }) => ({
    username,
    password_status: shell === NOLOGIN ? 'locked' : 'active',
    hash_alg: shell === NOLOGIN ? '' : 'y',
    last_change: 20_300,
    min: 0,
    max: 99_999,
    warning: 7,
  }));

export const accountRows: Readonly<Record<string, Maker>> = {
  users,
  groups,
  user_groups,
  logged_in_users,
  last,
  authorized_keys,
  shell_history,
  sudoers,
  shadow,
};
