/** What happens on simulated hosts: rows of scheduled queries, and lines of their agents. */
import type { Row } from '../core/model.ts';
import type { Platform } from '../core/template.ts';
import type { Random } from './random.ts';
import type { LabHost } from './roster.ts';
import { peopleOf } from './world/accounts.ts';

/** Something that comes up on hosts and goes again. */
export type Source = {
  /** Name of the scheduled query. */
  readonly name: string;
  readonly weight: number;
  readonly platforms: readonly Platform[];
  /** A row that came up; `now` is epoch s. */
  row(random: Random, host: LabHost, now: number): Row;
  /** Of an event table: what happened does not go away again. */
  readonly evented?: true;
};

type Snapshot = Pick<Source, 'name' | 'row'>;

const ALL: readonly Platform[] = ['linux', 'darwin', 'windows'];
const POSIX: readonly Platform[] = ['linux', 'darwin'];

const PROGRAMS = ['curl', 'tar', 'python3', 'sshd', 'apt-get', 'rsync', 'git', 'find', 'openssl', 'node'] as const;
const WINDOWS_PROGRAMS = ['powershell.exe', 'msiexec.exe', 'wuauclt.exe', 'Teams.exe', 'certutil.exe', 'notepad.exe'] as const;
const PORTS = [3000, 5000, 8000, 8080, 8888, 9090, 9229, 12_345] as const;

/** Watched files, and how often something happens to each. */
const WATCHED = [
  [12, '/etc/resolv.conf'],
  [8, '/etc/hosts'],
  [4, '/etc/ssh/sshd_config'],
  [1, '/etc/sudoers.d/90-users'],
  [1, '/etc/cron.d/backup'],
] as const;

const pathOf = (host: LabHost, name: string): string =>
  host.platform === 'windows' ? `C:\\Windows\\System32\\${name}` : `/usr/bin/${name}`;
const pidOf = (random: Random): string => String(random.int(3_000, 60_000));

function processRow(random: Random, host: LabHost): Row {
  const name = host.platform === 'windows' ? random.pick(WINDOWS_PROGRAMS) : random.pick(PROGRAMS);
  const path = pathOf(host, name);
  return { pid: pidOf(random), parent: '1', name, path, cmdline: `${name} --job ${random.hex(4)}`, uid: '0' };
}

const userOf = (random: Random, host: LabHost): string => {
  const [first = 'root', ...others] = peopleOf(host).map(({ username }) => username);
  return random.pick([first, ...others]);
};

/** Weighted so that what is everyday is frequent, and what is alarming rare. */
export const SOURCES: readonly Source[] = [
  { name: 'processes', weight: 28, platforms: ALL, row: processRow },
  {
    name: 'listening_ports',
    weight: 18,
    platforms: ALL,
    row: (random, host) => {
      const { pid, name, path, cmdline } = processRow(random, host);
      return {
        address: random.pick(['127.0.0.1', '0.0.0.0', '::']),
        port: String(random.pick(PORTS)),
        protocol: '6',
        family: '2',
        pid: pid ?? '',
        name: name ?? '',
        path: path ?? '',
        cmdline: cmdline ?? '',
      };
    },
  },
  {
    name: 'logged_in_users',
    weight: 12,
    platforms: ALL,
    row: (random, host, now) => ({
      type: 'user',
      user: userOf(random, host),
      tty: `pts/${random.int(0, 9)}`,
      host: random.pick(['192.0.2.10', '192.0.2.11', '198.51.100.7']),
      time: String(now),
      pid: pidOf(random),
    }),
  },
  {
    name: 'pack/ir/process_open_sockets',
    weight: 8,
    platforms: ALL,
    row: (random, host) => ({
      pid: pidOf(random),
      local_address: host.ip,
      local_port: String(random.int(32_768, 60_999)),
      remote_address: `203.0.113.${random.int(2, 250)}`,
      remote_port: random.pick(['443', '80', '22', '8443']),
      protocol: '6',
      state: 'ESTABLISHED',
    }),
  },
  {
    name: 'pack/ir/file_events',
    weight: 10,
    platforms: POSIX,
    evented: true,
    row: (random, _host, now) => ({
      target_path: random.weighted(WATCHED) ?? '/etc/hosts',
      category: 'etc',
      action: random.pick(['UPDATED', 'CREATED', 'ATTRIBUTES_MODIFIED']),
      uid: '0',
      sha256: random.hex(64),
      hashed: '1',
      time: String(now),
    }),
  },
  {
    name: 'crontab',
    weight: 2,
    platforms: POSIX,
    row: random => ({
      event: '',
      minute: String(random.int(0, 59)),
      hour: String(random.int(0, 23)),
      day_of_month: '*',
      month: '*',
      day_of_week: '*',
      command: `root /usr/local/bin/report-${random.hex(4)}`,
      path: '/etc/cron.d/report',
    }),
  },
  {
    name: 'startup_items',
    weight: 3,
    platforms: ALL,
    row: (random, host) => ({
      name: `agent-${random.hex(4)}`,
      path: pathOf(host, 'agentd'),
      args: '',
      type: 'Startup Item',
      source: host.platform === 'windows' ? 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run' : '/etc/init.d/',
      status: 'enabled',
      username: '',
    }),
  },
  {
    name: 'kernel_modules',
    weight: 1,
    platforms: ['linux'],
    row: random => ({ name: random.pick(['wireguard', 'usb_storage', 'nfs', 'vboxdrv']), size: '94208', status: 'Live' }),
  },
  {
    name: 'pack/ir/scheduled_tasks',
    weight: 3,
    platforms: ['windows'],
    row: random => ({
      name: `Update-${random.hex(4)}`,
      action: 'C:\\ProgramData\\update.cmd',
      path: '\\Update',
      enabled: '1',
      state: 'ready',
    }),
  },
  {
    name: 'pack/ir/launchd',
    weight: 2,
    platforms: ['darwin'],
    row: random => ({
      label: `com.example.helper.${random.hex(4)}`,
      program: '/usr/local/bin/helper',
      run_at_load: '1',
      path: '/Library/LaunchDaemons/com.example.helper.plist',
    }),
  },
  {
    name: 'pack/ir/chrome_extensions',
    weight: 2,
    platforms: ALL,
    row: (random, host) => ({
      name: 'Coupon Finder',
      identifier: random.hex(32),
      version: '1.2.0',
      browser_type: 'chrome',
      username: userOf(random, host),
    }),
  },
];

export const SNAPSHOTS: readonly [Snapshot, ...Snapshot[]] = [
  { name: 'pack/ir/uptime', row: (_random, host, now) => ({ total_seconds: String(now - host.bootedAt) }) },
  {
    name: 'pack/ir/os_version',
    row: (_random, { os }) => ({ name: os.name, version: os.version, platform: os.platform, build: os.build }),
  },
];

/** A line of an agent's own log: severities 0 info, 1 warning, 2 error. */
export type AgentLine = {
  readonly weight: number;
  readonly severity: 0 | 1 | 2;
  readonly filename: string;
  readonly line: number;
  readonly message: string;
};

export const AGENT_LINES: readonly AgentLine[] = [
  { weight: 5, severity: 0, filename: 'scheduler.cpp', line: 113, message: 'Executing scheduled query processes' },
  {
    weight: 3,
    severity: 1,
    filename: 'virtual_table.cpp',
    line: 1011,
    message: 'The shell_history table returns data based on the current user by default, consider JOINing against the users table',
  },
  {
    weight: 1,
    severity: 2,
    filename: 'scheduler.cpp',
    line: 119,
    message: 'Error executing scheduled query pack/ir/homebrew: no such table: homebrew',
  },
];
