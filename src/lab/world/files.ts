/** A simulated host's file system: enough of it to be asked about. */
import { hash as digest } from 'node:crypto';
import type { Demand, TableRow } from '../../agent/table.ts';
import { Random } from '../random.ts';
import type { LabHost } from '../roster.ts';
import { peopleOf } from './accounts.ts';
import { processesOf } from './processes.ts';
import type { Maker, View } from './world.ts';

type File = {
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
  readonly uid: number;
  readonly mode: string;
  readonly type: 'regular' | 'directory';
  readonly content: string;
};

const LINUX_FILES = [
  '/etc/passwd',
  '/etc/group',
  '/etc/hosts',
  '/etc/resolv.conf',
  '/etc/ssh/sshd_config',
  '/etc/crontab',
  '/etc/os-release',
  '/usr/bin/sudo',
  '/usr/bin/curl',
  '/var/log/syslog',
  '/var/log/auth.log',
];
const DARWIN_FILES = ['/etc/hosts', '/etc/passwd', '/usr/bin/sudo', '/usr/bin/curl', '/var/log/system.log'];
const WINDOWS_FILES = [
  'C:\\Windows\\System32\\drivers\\etc\\hosts',
  'C:\\Windows\\System32\\cmd.exe',
  'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
  'C:\\Windows\\Temp\\setup.log',
];
const TEMPORARY = ['build.log', 'npm-8e1f.lock', 'upload_0412.csv', 'session.sock', '.X0-lock', '.font-unix', 'tmp.k3Jd90a'] as const;

/** Everything that exists. Programs have the same content on every host that has them. */
function filesOf({ host, now }: View): readonly File[] {
  const random = new Random(`${host.seed} files`);
  const isWindows = host.platform === 'windows';
  const file = (path: string, more: Partial<File> = {}): File => ({
    path,
    size: random.int(120, 400_000),
    mtime: host.bootedAt - random.int(86_400, 90 * 86_400),
    uid: 0,
    mode: '0644',
    type: 'regular',
    content: path,
    ...more,
  });
  const system = { linux: LINUX_FILES, darwin: DARWIN_FILES, windows: WINDOWS_FILES }[host.platform];
  const programs = new Set(
    processesOf(host)
      .filter(({ path, isOnDisk }) => isOnDisk && /[/\\]/.test(path))
      .map(({ path }) => path),
  );
  const temporary = isWindows ? 'C:\\Windows\\Temp\\' : '/tmp/';
  const recent = TEMPORARY.filter(() => random.chance(0.6)).map(name =>
    file(temporary + name, { mtime: now - random.int(60, 3 * 86_400), uid: 1_000, content: `${host.name} ${name}` }),
  );
  const homes = peopleOf(host).flatMap(({ directory, uid }) =>
    ['.bashrc', '.profile', 'notes.md'].map(name =>
      file(directory + (isWindows ? '\\' : '/') + name, { uid, content: `${host.name} ${uid} ${name}` }),
    ),
  );
  const odd = host.isOdd
    ? [
        file('/tmp/.ICE-unix/.kdmtmp', { mtime: now - 1_900, mode: '4755', content: 'odd' }),
        file('/tmp/.kdm.sh', { mtime: now - 1_800, mode: '0755', content: 'odd script' }),
      ]
    : [];
  const directories = isWindows
    ? []
    : ['/tmp', '/etc', '/usr', '/var'].map(path => file(path, { type: 'directory', mode: '0755', size: 4_096 }));
  return [
    ...system.map(path => file(path)),
    ...[...programs].map(path => file(path, { mode: '0755' })),
    ...recent,
    ...homes,
    ...odd,
    ...directories,
  ];
}

const separatorOf = (path: string): string => (path.includes('\\') ? '\\' : '/');
const nameOf = (path: string): string => path.slice(path.lastIndexOf(separatorOf(path)) + 1);
const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf(separatorOf(path))) || separatorOf(path);

/** Files that a statement points at: as with osquery, `LIKE` sees one level and no dotfiles, unless it ends in `%%`. */
function demanded(view: View, { equals, like }: Demand): readonly File[] {
  const paths = new Set(equals.path);
  const directories = new Set(equals.directory?.map(path => (path.length > 1 ? path.replace(/[/\\]$/, '') : path)));
  const patterns = [...(like.path ?? []), ...(like.directory ?? []).map(pattern => `${pattern}/%`)].map(patternOf);
  return filesOf(view).filter(
    ({ path }) => paths.has(path) || directories.has(directoryOf(path)) || patterns.some(pattern => pattern.test(path)),
  );
}

function patternOf(like: string): RegExp {
  const isRecursive = like.endsWith('%%');
  const body = like
    .replace(/%+$/, '')
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '[^/\\\\.][^/\\\\]*');
  const end = like.endsWith('%') ? (isRecursive ? '[^.].*' : '(?!\\.)[^/\\\\]+') : '';
  return new RegExp(`^${body}${end}$`);
}

export const fileRows: Maker = (view, demand) =>
  demanded(view, demand).map(({ path, size, mtime, uid, mode, type }) => ({
    path,
    directory: directoryOf(path),
    filename: nameOf(path),
    inode: Number.parseInt(digest('md5', path).slice(0, 6), 16),
    uid,
    gid: uid,
    mode,
    device: 0,
    size,
    block_size: 4_096,
    atime: mtime + 30,
    mtime,
    ctime: mtime,
    btime: view.host.platform === 'linux' ? 0 : mtime,
    hard_links: 1,
    symlink: 0,
    type,
  }));

export const hashRows: Maker = (view, demand) =>
  demanded(view, demand)
    .filter(({ type }) => type === 'regular')
    .map(({ path, content }): TableRow => {
      const version = systemVersion(view.host);
      const text = `${version} ${content}`;
      return { path, directory: directoryOf(path), md5: digest('md5', text), sha1: digest('sha1', text), sha256: digest('sha256', text) };
    });

/** Hosts of one release have the same binaries. */
const systemVersion = ({ os }: LabHost): string => `${os.platform} ${os.version}`;
