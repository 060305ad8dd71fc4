/** A simulated host's machine, operating system and packages. */
import { asciiTime } from '../../agent/ascii-time.ts';
import { Random } from '../random.ts';
import type { LabHost } from '../roster.ts';
import type { Maker } from './world.ts';

const system_info: Maker = ({ host }) => {
  const random = new Random(`${host.seed} hardware`);
  const cores = random.pick([2, 4, 8, 16]);
  const isMac = host.platform === 'darwin';
  return [
    {
      hostname: host.name,
      uuid: host.uuid,
      cpu_type: isMac ? 'arm64e' : 'x86_64',
      cpu_subtype: isMac ? 'ARM64E' : '85',
      cpu_brand: isMac ? 'Apple M3' : 'Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz',
      cpu_physical_cores: cores,
      cpu_logical_cores: isMac ? cores : cores * 2,
      cpu_sockets: 1,
      cpu_microcode: isMac ? '' : '0x5003605',
      physical_memory: cores * 2 * 1024 ** 3,
      hardware_vendor: isMac ? 'Apple Inc.' : 'Example Systems',
      hardware_model: isMac ? 'Mac15,3' : 'Virtual Machine',
      hardware_version: '1.0',
      hardware_serial: random.hex(10).toUpperCase(),
      computer_name: host.name,
      local_hostname: host.name,
    },
  ];
};

const os_version: Maker = ({ host: { os } }) => [
  {
    name: os.name,
    version: os.version,
    major: os.major,
    minor: os.minor,
    patch: os.patch,
    build: os.build,
    platform: os.platform,
    platform_like: os.platformLike,
    codename: os.codename,
    arch: os.arch,
  },
];

/** osquery's platform bits (contracts/osquery-remote.md 1.2). */
export const platformType = ({ platform }: LabHost): number => ({ linux: 9, darwin: 21, windows: 2 })[platform];

const osquery_info: Maker = ({ host }) => [
  {
    pid: 900 + new Random(`${host.seed} agent`).int(0, 400),
    uuid: host.uuid,
    instance_id: host.instanceId,
    version: host.osqueryVersion,
    config_hash: '',
    config_valid: 1,
    extensions: 'inactive',
    build_platform: host.platform,
    build_distro: { linux: 'centos7', darwin: '10.14', windows: '10' }[host.platform],
    start_time: host.bootedAt + 40,
    watcher: 899,
    platform_mask: platformType(host),
  },
];

const platform_info: Maker = ({ host }) =>
  host.platform === 'darwin'
    ? []
    : [{ vendor: 'Example Systems', version: '1.14.0', date: '04/01/2024', revision: '0.0', extra: '', firmware_type: 'uefi' }];

const uptime: Maker = ({ host, now }) => {
  const total = Math.max(0, now - host.bootedAt);
  return [
    {
      days: Math.floor(total / 86_400),
      hours: Math.floor(total / 3_600) % 24,
      minutes: Math.floor(total / 60) % 60,
      seconds: total % 60,
      total_seconds: total,
    },
  ];
};

const time: Maker = ({ now }) => {
  const at = new Date(now * 1000);
  const iso = at.toISOString().replace('.000Z', 'Z');
  return [
    {
      weekday: at.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' }),
      year: at.getUTCFullYear(),
      month: at.getUTCMonth() + 1,
      day: at.getUTCDate(),
      hour: at.getUTCHours(),
      minutes: at.getUTCMinutes(),
      seconds: at.getUTCSeconds(),
      timezone: 'UTC',
      local_timezone: 'UTC',
      unix_time: now,
      timestamp: asciiTime(now * 1000),
      datetime: iso,
      iso_8601: iso,
    },
  ];
};

const mounts: Maker = ({ host }) => {
  const random = new Random(`${host.seed} disks`);
  const blocks = random.int(5_000_000, 60_000_000);
  const free = Math.floor(blocks * random.next());
  const sizes = { blocks_size: 4_096, blocks, blocks_free: free, blocks_available: free, inodes: blocks / 4, inodes_free: blocks / 5 };
  return host.platform === 'darwin'
    ? [{ device: '/dev/disk3s1s1', device_alias: '/dev/disk3s1s1', path: '/', type: 'apfs', flags: '76582912', ...sizes }]
    : [
        { device: '/dev/vda1', device_alias: '/dev/vda1', path: '/', type: 'ext4', flags: 'rw,relatime', ...sizes },
        { device: 'tmpfs', device_alias: 'tmpfs', path: '/dev/shm', type: 'tmpfs', flags: 'rw,nosuid,nodev', ...sizes },
      ];
};

const PACKAGES = [
  'bash',
  'coreutils',
  'cron',
  'curl',
  'dbus',
  'libc6',
  'openssh-server',
  'openssl',
  'osquery',
  'python3',
  'rsyslog',
  'sudo',
  'systemd',
  'tzdata',
  'zlib1g',
];
const isDebian = (host: LabHost): boolean => host.os.platformLike === 'debian';

const deb_packages: Maker = ({ host }) =>
  isDebian(host)
    ? PACKAGES.map(name => ({
        name,
        version: `${host.os.major}.${name.length}-1ubuntu2`,
        source: name,
        size: name.length * 310,
        arch: 'amd64',
        revision: '1ubuntu2',
        status: 'install ok installed',
        maintainer: 'Ubuntu Developers',
        section: 'admin',
        priority: 'standard',
        admindir: '/var/lib/dpkg',
      }))
    : [];

const rpm_packages: Maker = ({ host }) =>
  isDebian(host)
    ? []
    : PACKAGES.map(name => ({
        name,
        version: `${host.os.major}.${name.length}`,
        release: '4.el9',
        source: `${name}-4.el9.src.rpm`,
        size: name.length * 310_000,
        arch: 'x86_64',
        vendor: 'Red Hat, Inc.',
        install_time: host.bootedAt - 86_400,
      }));

const programs: Maker = () =>
  [
    ['Microsoft Edge', '142.0.3595.90'],
    ['osquery', '5.19.0'],
    ['7-Zip 25.01 (x64)', '25.01'],
  ].map(([name, version]) => ({ name, version, publisher: 'Example', install_source: '' }));

export const systemRows: Readonly<Record<string, Maker>> = {
  system_info,
  os_version,
  osquery_info,
  platform_info,
  uptime,
  time,
  mounts,
  deb_packages,
  rpm_packages,
  programs,
};
