/** What a simulated host logs by itself: differences over several tables, now and then a snapshot or a line of its agent. */

import { asciiTime } from '../agent/ascii-time.ts';
import type { LogType } from '../agent/client.ts';
import { eventLines, type LineOptions, snapshotLine } from '../agent/differential.ts';
import type { Row } from '../core/model.ts';
import type { Platform } from '../core/template.ts';
import { hostileText } from './hostile.ts';
import { Random } from './random.ts';
import type { LabHost } from './roster.ts';
import { peopleOf } from './world/accounts.ts';
import { ODD_CRON } from './world/persistence.ts';
import { ODD_PROGRAM } from './world/processes.ts';

/** Log lines of one type, for one delivery. */
export type Delivery = { readonly type: LogType; readonly lines: readonly unknown[] };

type Source = {
  /** Name of the scheduled query. */
  readonly name: string;
  readonly weight: number;
  readonly platforms: readonly Platform[];
  /** A row that came up; `now` is epoch s. */
  row(random: Random, host: LabHost, now: number): Row;
};

type Snapshot = Pick<Source, 'name' | 'row'>;

const ALL: readonly Platform[] = ['linux', 'darwin', 'windows'];
const POSIX: readonly Platform[] = ['linux', 'darwin'];

const PROGRAMS = ['curl', 'tar', 'python3', 'sshd', 'apt-get', 'rsync', 'git', 'find', 'openssl', 'node'] as const;
const WINDOWS_PROGRAMS = ['powershell.exe', 'msiexec.exe', 'wuauclt.exe', 'Teams.exe', 'certutil.exe', 'notepad.exe'] as const;
const PORTS = [3000, 5000, 8000, 8080, 8888, 9090, 9229, 12_345] as const;

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

const SOURCES: readonly Source[] = [
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
    row: (random, _host, now) => ({
      target_path: `/etc/${random.pick(['hosts', 'resolv.conf', 'ssh/sshd_config', 'sudoers.d/90-users', 'cron.d/backup'])}`,
      category: 'etc',
      action: random.pick(['UPDATED', 'CREATED', 'ATTRIBUTES_MODIFIED']),
      uid: '0',
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

const SNAPSHOTS: readonly [Snapshot, ...Snapshot[]] = [
  { name: 'pack/ir/uptime', row: (_random, host, now) => ({ total_seconds: String(now - host.bootedAt) }) },
  {
    name: 'pack/ir/os_version',
    row: (_random, { os }) => ({ name: os.name, version: os.version, platform: os.platform, build: os.build }),
  },
];

type AgentLine = {
  readonly weight: number;
  readonly severity: 0 | 1 | 2;
  readonly filename: string;
  readonly line: number;
  readonly message: string;
};

const AGENT_LINES: readonly AgentLine[] = [
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

/** Shares of what a host says; the rest are differences. */
const SHARE = { status: 0.1, snapshot: 0.06, removed: 0.35 } as const;
const KEPT_ROWS = 8;
/** Rows of a hostile snapshot: large, but within what osquery may send. */
const HOSTILE_ROWS = 200;

/** The stream of one host. */
export class HostStream {
  readonly #host: LabHost;
  readonly #random: Random;
  readonly #counters = new Map<string, number>();
  /** Rows that came up and have not gone yet. */
  readonly #standing = new Map<string, Row[]>();
  #deliveries = 0;

  constructor(host: LabHost) {
    this.#host = host;
    this.#random = new Random(`${host.seed} stream`);
  }

  /** The first thing that an agent says. `now` is epoch ms. */
  greeting(now: number): Delivery {
    return this.#status(
      { severity: 0, filename: 'init.cpp', line: 402, message: `osquery initialized [version=${this.#host.osqueryVersion}]` },
      now,
    );
  }

  /** The next thing that happens on the host. */
  next(now: number): Delivery {
    this.#deliveries += 1;
    if (this.#host.isOdd && this.#deliveries === 1) return this.#oddity(now);
    if (this.#host.behaviour === 'hostile') return this.#hostile(now);
    if (this.#random.chance(SHARE.status))
      return this.#status(this.#random.weighted(AGENT_LINES.map(line => [line.weight, line] as const)) ?? AGENT_LINES[0], now);
    if (this.#random.chance(SHARE.snapshot)) return this.#snapshot(now);
    return this.#difference(now);
  }

  #line(name: string, now: number): Omit<LineOptions, 'counter'> {
    const decorations = { host_uuid: this.#host.uuid, hostname: this.#host.name };
    return { name, hostIdentifier: this.#host.uuid, now, epoch: 0, decorations };
  }

  #counter(name: string): number {
    const counter = (this.#counters.get(name) ?? 0) + 1;
    this.#counters.set(name, counter);
    return counter;
  }

  #difference(now: number): Delivery {
    const sources = SOURCES.filter(({ platforms }) => platforms.includes(this.#host.platform));
    const source = this.#random.weighted(sources.map(one => [one.weight, one] as const)) ?? sources[0];
    if (!source) return this.#snapshot(now);
    const standing = this.#standing.get(source.name) ?? [];
    this.#standing.set(source.name, standing);
    const gone = standing.length >= KEPT_ROWS || (standing.length > 0 && this.#random.chance(SHARE.removed)) ? standing.shift() : undefined;
    const added = gone ? [] : [source.row(this.#random, this.#host, Math.floor(now / 1000))];
    standing.push(...added);
    return this.#logged(source.name, { added, removed: gone ? [gone] : [] }, now);
  }

  #logged(name: string, change: Parameters<typeof eventLines>[1], now: number): Delivery {
    return { type: 'result', lines: eventLines({ ...this.#line(name, now), counter: this.#counter(name) }, change) };
  }

  #snapshot(now: number): Delivery {
    const { name, row } = this.#random.pick(SNAPSHOTS);
    return { type: 'result', lines: [snapshotLine(this.#line(name, now), [row(this.#random, this.#host, Math.floor(now / 1000))])] };
  }

  #status(line: Omit<AgentLine, 'weight'> | undefined, now: number): Delivery {
    const { severity = 0, filename = '', line: number = 0, message = '' } = line ?? {};
    const { uuid, osqueryVersion } = this.#host;
    const place = { severity, filename, line: number, message, version: osqueryVersion };
    return { type: 'status', lines: [{ hostIdentifier: uuid, calendarTime: asciiTime(now), unixTime: Math.floor(now / 1000), ...place }] };
  }

  #oddity(now: number): Delivery {
    const { name, path, cmdline } = ODD_PROGRAM;
    const listener = {
      address: '0.0.0.0',
      port: String(ODD_PROGRAM.listens?.[0]?.port ?? ''),
      protocol: '6',
      family: '2',
      pid: '6666',
      name,
      path,
      cmdline,
    };
    const cron = this.#logged('crontab', { added: [{ event: '', ...ODD_CRON }], removed: [] }, now);
    return { type: 'result', lines: [...cron.lines, ...this.#logged('listening_ports', { added: [listener], removed: [] }, now).lines] };
  }

  /** Escapes in every place where text can stand; now and then a line that is no line, or a very large snapshot. */
  #hostile(now: number): Delivery {
    const text = () => hostileText(this.#random);
    const line = { ...this.#line('processes', now), decorations: { hostname: text(), [text()]: text() } };
    if (this.#deliveries % 10 === 3) {
      const same = new Random(`${this.#host.seed} snapshot`);
      const rows = Array.from({ length: HOSTILE_ROWS }, (_, index) => ({
        pid: String(index),
        name: hostileText(same),
        cmdline: 'A'.repeat(900),
      }));
      return { type: 'result', lines: [snapshotLine(line, rows)] };
    }
    if (this.#deliveries % 10 === 6) return this.#status({ severity: 2, filename: text(), line: 1, message: text() }, now);
    if (this.#deliveries % 10 === 9)
      return { type: 'result', lines: [null, 17, 'text', [], { name: 5 }, { name: text(), columns: 'none', action: 'added' }] };
    const columns = { pid: '4242', name: text(), path: text(), cmdline: text(), [text()]: text() };
    return {
      type: 'result',
      lines: eventLines({ ...line, counter: this.#counter('processes') }, { added: [], removed: [] }).concat({
        ...line,
        counter: 1,
        columns,
        action: 'added',
      }),
    };
  }
}
