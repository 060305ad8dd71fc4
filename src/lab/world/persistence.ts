/** What starts by itself on a simulated host. */
import { Random } from '../random.ts';
import { peopleOf } from './accounts.ts';
import type { Maker } from './world.ts';

/** How the odd host's program comes back. */
export const ODD_CRON = {
  minute: '*/10',
  hour: '*',
  day_of_month: '*',
  month: '*',
  day_of_week: '*',
  command: 'root /dev/shm/.cache/kworkerd --respawn',
  path: '/etc/cron.d/.systemd-clean',
};

const crontab: Maker = ({ host }) => [
  {
    minute: '17',
    hour: '*',
    day_of_month: '*',
    month: '*',
    day_of_week: '*',
    command: 'root cd / && run-parts --report /etc/cron.hourly',
    path: '/etc/crontab',
  },
  {
    minute: '25',
    hour: '6',
    day_of_month: '*',
    month: '*',
    day_of_week: '*',
    command: 'root test -x /usr/sbin/anacron || run-parts --report /etc/cron.daily',
    path: '/etc/crontab',
  },
  {
    minute: '30',
    hour: '3',
    day_of_month: '*',
    month: '*',
    day_of_week: '0',
    command: 'root /usr/lib/e2fsprogs/e2scrub_all_cron',
    path: '/etc/cron.d/e2scrub_all',
  },
  ...(host.role === 'database'
    ? [
        {
          minute: '0',
          hour: '2',
          day_of_month: '*',
          month: '*',
          day_of_week: '*',
          command: 'postgres /usr/local/bin/backup',
          path: '/etc/cron.d/backup',
        },
      ]
    : []),
  ...(host.isOdd ? [ODD_CRON] : []),
];

const startup_items: Maker = ({ host }) => {
  if (host.platform === 'windows') {
    return [
      {
        name: 'SecurityHealth',
        path: '%windir%\\system32\\SecurityHealthSystray.exe',
        args: '',
        type: 'Startup Item',
        source: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run',
        status: 'enabled',
        username: 'SYSTEM',
      },
      ...peopleOf(host).map(({ username }) => ({
        name: 'OneDrive',
        path: 'C:\\Program Files\\Microsoft OneDrive\\OneDrive.exe',
        args: '/background',
        type: 'Startup Item',
        source: `C:\\Users\\${username}\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup`,
        status: 'enabled',
        username,
      })),
    ];
  }
  if (host.platform === 'darwin')
    return [
      {
        name: 'osqueryd',
        path: '/opt/osquery/lib/osquery.app/Contents/MacOS/osqueryd',
        args: '',
        type: 'Startup Item',
        source: '/Library/StartupItems',
        status: 'enabled',
        username: 'root',
      },
    ];
  const scripts = ['cron', 'dbus', 'procps', 'rsyslog', 'ssh', 'udev'].map(name => ({
    name,
    path: `/etc/init.d/${name}`,
    type: 'Startup Item',
    source: '/etc/init.d/',
    status: 'enabled',
  }));
  const units = ['cron.service', 'ssh.service', 'osqueryd.service', 'systemd-journald.service'].map(name => ({
    name,
    path: `/usr/lib/systemd/system/${name}`,
    type: 'systemd unit',
    source: '',
    status: 'active',
  }));
  return [...scripts, ...units];
};

const MODULES = [
  'nf_tables',
  'overlay',
  'bridge',
  'virtio_net',
  'virtio_blk',
  'ext4',
  'crc32c_intel',
  'tls',
  'ip_tables',
  'x_tables',
  'autofs4',
];

const kernel_modules: Maker = ({ host }) => {
  const random = new Random(`${host.seed} modules`);
  const names = [...MODULES, ...(host.role === 'build' ? ['br_netfilter', 'veth'] : []), ...(host.isOdd ? ['rootctl'] : [])];
  return names.map(name => ({
    name,
    size: random.int(4, 400) * 4_096,
    used_by: '-',
    status: 'Live',
    address: `0xffffffffc0${random.hex(6)}`,
  }));
};

const systemd_units: Maker = ({ host }) =>
  [
    'cron.service',
    'ssh.service',
    'osqueryd.service',
    'rsyslog.service',
    'systemd-journald.service',
    'apt-daily.timer',
    ...(host.isOdd ? ['dbus-cache.service'] : []),
  ].map(id => ({
    id,
    description: id,
    load_state: 'loaded',
    active_state: 'active',
    sub_state: id.endsWith('.timer') ? 'waiting' : 'running',
    unit_file_state: 'enabled',
    fragment_path: id === 'dbus-cache.service' ? `/etc/systemd/system/${id}` : `/usr/lib/systemd/system/${id}`,
    user: '',
  }));

const scheduled_tasks: Maker = ({ host, now }) =>
  ['MicrosoftEdgeUpdateTaskMachineCore', 'OneDrive Reporting Task', 'Optimize Start Menu Cache Files'].map(name => ({
    name,
    action: name.startsWith('Microsoft')
      ? 'C:\\Program Files (x86)\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdate.exe /c'
      : 'C:\\Windows\\system32\\rundll32.exe',
    path: `\\${name}`,
    enabled: 1,
    state: 'ready',
    hidden: 0,
    last_run_time: now - new Random(`${host.seed} ${name}`).int(600, 80_000),
    next_run_time: now + 3_600,
    last_run_message: 'The operation completed successfully.',
    last_run_code: '0x0',
  }));

const services: Maker = () =>
  ['Dhcp', 'Dnscache', 'EventLog', 'LanmanServer', 'osqueryd', 'Schedule', 'WinDefend'].map(name => ({
    name,
    display_name: name,
    service_type: 'OWN_PROCESS',
    status: 'RUNNING',
    start_type: 'AUTO_START',
    path: name === 'osqueryd' ? 'C:\\Program Files\\osquery\\osqueryd\\osqueryd.exe' : 'C:\\Windows\\system32\\svchost.exe -k netsvcs -p',
    user_account: 'LocalSystem',
  }));

const launchd: Maker = () =>
  [
    ['com.apple.mDNSResponder', '/usr/sbin/mDNSResponder', '/System/Library/LaunchDaemons/com.apple.mDNSResponder.plist'],
    ['io.osquery.agent', '/opt/osquery/lib/osquery.app/Contents/MacOS/osqueryd', '/Library/LaunchDaemons/io.osquery.agent.plist'],
  ].map(([label = '', command = '', path = '']) => ({
    label,
    name: `${label}.plist`,
    path,
    program: command,
    program_arguments: command,
    run_at_load: '1',
    keep_alive: '1',
    disabled: '0',
    username: 'root',
  }));

const EXTENSIONS = [
  ['uBlock Origin', 'cjpalhdlnbpafiamejdnhcphjbkeiagm', '1.60.0'],
  ['Bitwarden Password Manager', 'nngceckbapebfimnlniiiahkandclblb', '2026.9.1'],
] as const;

const chrome_extensions: Maker = ({ host }) =>
  peopleOf(host).flatMap(({ uid, directory }) =>
    EXTENSIONS.map(([name, identifier, version]) => ({
      browser_type: 'chrome',
      uid,
      name,
      identifier,
      version,
      profile: 'Default',
      path: `${directory}/.config/google-chrome/Default/Extensions/${identifier}/${version}_0`,
      state: 1,
      from_webstore: 'true',
    })),
  );

export const persistenceRows: Readonly<Record<string, Maker>> = {
  crontab,
  startup_items,
  kernel_modules,
  systemd_units,
  scheduled_tasks,
  services,
  launchd,
  chrome_extensions,
};
