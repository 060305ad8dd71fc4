/** What runs on a simulated host. */
import { Random } from '../random.ts';
import type { LabHost, Role } from '../roster.ts';
import { accountsOf, peopleOf } from './accounts.ts';
import type { Maker } from './world.ts';

export type Listener = { readonly protocol: 6 | 17; readonly address: string; readonly port: number };

/** A running program. `startedAt` is epoch s. */
export type Process = {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly path: string;
  readonly cmdline: string;
  readonly user: string;
  readonly startedAt: number;
  readonly isOnDisk: boolean;
  readonly listens: readonly Listener[];
  /** Talks to somebody on this port. */
  readonly peers: readonly { readonly address: string; readonly port: number }[];
};

type Program = Pick<Process, 'name' | 'path' | 'cmdline' | 'user'> &
  Partial<Pick<Process, 'listens' | 'peers' | 'isOnDisk'>> & { readonly count?: number };

const tcp = (port: number, address = '0.0.0.0'): Listener => ({ protocol: 6, address, port });
const udp = (port: number, address = '0.0.0.0'): Listener => ({ protocol: 17, address, port });
const program = (path: string, user: string, more: Partial<Program> = {}): Program => {
  const name = path.split(/[/\\]/).at(-1) ?? path;
  return { name, path, cmdline: path, user, ...more };
};
const kernel = (name: string): Program => ({ name, path: '', cmdline: '', user: 'root' });

const LINUX: readonly Program[] = [
  program('/usr/lib/systemd/systemd', 'root', { cmdline: '/sbin/init' }),
  kernel('kthreadd'),
  ...['rcu_preempt', 'migration/0', 'ksoftirqd/0', 'kworker/0:1-events', 'kworker/u8:2-events_unbound', 'kswapd0', 'jbd2/vda1-8'].map(
    kernel,
  ),
  program('/usr/lib/systemd/systemd-journald', 'root'),
  program('/usr/lib/systemd/systemd-udevd', 'root'),
  program('/usr/lib/systemd/systemd-resolved', 'root', { listens: [udp(53, '127.0.0.53'), tcp(53, '127.0.0.53')] }),
  program('/usr/lib/systemd/systemd-logind', 'root'),
  program('/usr/bin/dbus-daemon', 'root', { cmdline: '/usr/bin/dbus-daemon --system --nofork' }),
  program('/usr/sbin/cron', 'root', { cmdline: '/usr/sbin/cron -f -P' }),
  program('/usr/sbin/rsyslogd', 'root', { cmdline: '/usr/sbin/rsyslogd -n -iNONE' }),
  program('/usr/sbin/chronyd', 'root', { listens: [udp(323, '127.0.0.1')] }),
  program('/usr/sbin/sshd', 'root', {
    cmdline: 'sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups',
    listens: [tcp(22), tcp(22, '::')],
  }),
  program('/opt/osquery/bin/osqueryd', 'root', {
    cmdline: '/opt/osquery/bin/osqueryd --flagfile=/etc/osquery/osquery.flags',
    count: 2,
    peers: [{ address: '192.0.2.10', port: 8443 }],
  }),
  program('/usr/sbin/agetty', 'root', { cmdline: '/sbin/agetty -o -p -- \\u --noclear - linux' }),
];
const ROLES: Readonly<Record<Role, readonly Program[]>> = {
  web: [
    program('/usr/sbin/nginx', 'root', { cmdline: 'nginx: master process /usr/sbin/nginx', listens: [tcp(80), tcp(443)] }),
    program('/usr/sbin/nginx', 'www-data', {
      cmdline: 'nginx: worker process',
      count: 4,
      peers: [{ address: '203.0.113.40', port: 51_544 }],
    }),
    program('/usr/bin/node', 'www-data', {
      cmdline: 'node /srv/app/server.js',
      listens: [tcp(3000, '127.0.0.1')],
      peers: [{ address: '192.0.2.50', port: 5432 }],
    }),
  ],
  database: [
    program('/usr/lib/postgresql/16/bin/postgres', 'postgres', {
      cmdline: 'postgres -D /var/lib/postgresql/16/main',
      listens: [tcp(5432)],
    }),
    program('/usr/lib/postgresql/16/bin/postgres', 'postgres', { cmdline: 'postgres: checkpointer', count: 5 }),
  ],
  build: [
    program('/usr/bin/dockerd', 'root', { cmdline: '/usr/bin/dockerd -H fd://' }),
    program('/usr/bin/containerd', 'root'),
    program('/opt/runner/bin/Runner.Listener', 'root', {
      cmdline: '/opt/runner/bin/Runner.Listener run',
      peers: [{ address: '198.51.100.20', port: 443 }],
    }),
  ],
  mail: [
    program('/usr/lib/postfix/sbin/master', 'root', { cmdline: '/usr/lib/postfix/sbin/master -w', listens: [tcp(25), tcp(587)] }),
    program('/usr/sbin/dovecot', 'root', { cmdline: '/usr/sbin/dovecot -F', listens: [tcp(993)] }),
  ],
  desktop: [],
};
const WINDOWS: readonly Program[] = [
  program('System', 'SYSTEM', { cmdline: '' }),
  program('C:\\Windows\\System32\\smss.exe', 'SYSTEM'),
  program('C:\\Windows\\System32\\csrss.exe', 'SYSTEM', { count: 2 }),
  program('C:\\Windows\\System32\\wininit.exe', 'SYSTEM'),
  program('C:\\Windows\\System32\\services.exe', 'SYSTEM', { listens: [tcp(49_668)] }),
  program('C:\\Windows\\System32\\lsass.exe', 'SYSTEM', { listens: [tcp(49_664)] }),
  program('C:\\Windows\\System32\\svchost.exe', 'SYSTEM', {
    cmdline: 'C:\\Windows\\system32\\svchost.exe -k netsvcs -p',
    count: 14,
    listens: [tcp(135), tcp(3389)],
  }),
  program('C:\\Windows\\System32\\spoolsv.exe', 'SYSTEM'),
  program('C:\\Program Files\\Windows Defender\\MsMpEng.exe', 'SYSTEM'),
  program('C:\\Program Files\\osquery\\osqueryd\\osqueryd.exe', 'SYSTEM', { count: 2, peers: [{ address: '192.0.2.10', port: 8443 }] }),
];
const WINDOWS_USER: readonly Program[] = [
  program('C:\\Windows\\explorer.exe', ''),
  program('C:\\Program Files\\Microsoft\\Edge\\Application\\msedge.exe', '', { count: 5, peers: [{ address: '203.0.113.12', port: 443 }] }),
  program('C:\\Windows\\System32\\RuntimeBroker.exe', '', { count: 3 }),
];
const DARWIN: readonly Program[] = [
  program('/sbin/launchd', 'root'),
  program('/usr/libexec/logd', 'root'),
  program('/usr/sbin/mDNSResponder', 'root', { listens: [udp(5353)] }),
  program('/usr/libexec/opendirectoryd', 'root'),
  program('/System/Library/CoreServices/loginwindow.app/Contents/MacOS/loginwindow', 'root'),
  program('/opt/osquery/lib/osquery.app/Contents/MacOS/osqueryd', 'root', { count: 2, peers: [{ address: '192.0.2.10', port: 8443 }] }),
];
const DARWIN_USER: readonly Program[] = [
  program('/System/Library/CoreServices/Finder.app/Contents/MacOS/Finder', ''),
  program('/System/Library/CoreServices/Dock.app/Contents/MacOS/Dock', ''),
  program('/Applications/Safari.app/Contents/MacOS/Safari', '', { peers: [{ address: '203.0.113.12', port: 443 }] }),
  program('/bin/zsh', '', { cmdline: '-zsh', count: 2 }),
];
const LINUX_USER: readonly Program[] = [
  program('/usr/bin/bash', '', { cmdline: '-bash' }),
  program('/usr/lib/systemd/systemd', '', { cmdline: '/usr/lib/systemd/systemd --user' }),
];

/** What no other host has: it hides its name, runs from shared memory, is gone from disk, listens and calls home. */
export const ODD_PROGRAM: Program = {
  name: 'kworker/7:2',
  path: '/dev/shm/.cache/kworkerd',
  cmdline: '[kworker/7:2]',
  user: 'root',
  isOnDisk: false,
  listens: [tcp(31_337)],
  peers: [{ address: '203.0.113.66', port: 443 }],
};

function programsOf(host: LabHost): readonly Program[] {
  const [system, own] = { linux: [LINUX, LINUX_USER], windows: [WINDOWS, WINDOWS_USER], darwin: [DARWIN, DARWIN_USER] }[host.platform] as [
    readonly Program[],
    readonly Program[],
  ];
  const role = host.platform === 'linux' ? ROLES[host.role] : [];
  const sessions = peopleOf(host).flatMap(({ username }) => own.map(one => ({ ...one, user: username })));
  return [...system, ...role, ...sessions, ...(host.isOdd ? [ODD_PROGRAM] : [])];
}

/** The processes of a host, the same at every call. */
export function processesOf(host: LabHost): readonly Process[] {
  const random = new Random(`${host.seed} processes`);
  let pid = 0;
  let age = 0;
  return programsOf(host).flatMap(({ count = 1, listens = [], peers = [], isOnDisk = true, ...rest }) =>
    Array.from({ length: count }, (_, index) => {
      pid += pid < 2 ? 1 : random.int(1, 60);
      age += random.int(0, 40);
      const parent = rest.path === '' && pid > 2 ? 2 : pid === 1 || pid === 2 ? 0 : 1;
      return { ...rest, pid, parent, isOnDisk, startedAt: host.bootedAt + age, listens: index === 0 ? listens : [], peers };
    }),
  );
}

const processes: Maker = ({ host, now }) => {
  const random = new Random(`${host.seed} memory`);
  const ids = new Map(accountsOf(host).map(({ username, uid, gid }) => [username, { uid: uid >>> 0, gid: gid >>> 0 }]));
  return processesOf(host).map(({ pid, parent, name, path, cmdline, user, startedAt, isOnDisk }) => {
    const { uid = 0, gid = 0 } = ids.get(user) ?? {};
    const resident = path === '' ? undefined : random.int(2_000, 90_000) * 1024;
    return {
      pid,
      name,
      path,
      cmdline,
      state: host.platform === 'windows' ? 'STILL_ACTIVE' : 'S',
      cwd: host.platform === 'windows' ? '' : '/',
      root: host.platform === 'windows' ? '' : '/',
      uid,
      gid,
      euid: uid,
      egid: gid,
      suid: uid,
      sgid: gid,
      on_disk: path === '' ? -1 : isOnDisk ? 1 : 0,
      wired_size: 0,
      resident_size: resident,
      total_size: resident && resident * 4,
      user_time: random.int(0, 90_000),
      system_time: random.int(0, 30_000),
      disk_bytes_read: random.int(0, 1_000_000),
      disk_bytes_written: random.int(0, 1_000_000),
      start_time: startedAt,
      parent,
      pgroup: pid,
      threads: random.int(1, 12),
      nice: 0,
      elevated_token: user === 'SYSTEM' ? 1 : 0,
      elapsed_time: now - startedAt,
      cgroup_path: host.platform === 'linux' ? `/system.slice/${name}.service` : undefined,
    };
  });
};

const process_envs: Maker = ({ host }) =>
  processesOf(host)
    .filter(({ path }) => path !== '')
    .flatMap(({ pid, user }) => [
      { pid, key: 'PATH', value: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin' },
      { pid, key: 'USER', value: user },
      ...(host.isOdd && user === 'root' && pid % 17 === 0 ? [{ pid, key: 'LD_PRELOAD', value: '/usr/lib/libsystem-cache.so' }] : []),
    ]);

const process_open_files: Maker = ({ host }) =>
  processesOf(host)
    .filter(({ path }) => path !== '')
    .flatMap(({ pid, path, isOnDisk }) => [
      { pid, fd: 1, path: '/dev/null' },
      ...(isOnDisk ? [] : [{ pid, fd: 5, path: `${path} (deleted)` }]),
    ]);

export const processRows: Readonly<Record<string, Maker>> = { processes, process_envs, process_open_files };
