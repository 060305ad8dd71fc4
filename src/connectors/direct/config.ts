/** The reply to a config request (contracts/osquery-remote.md 1.4): by what a host is, and by how it is tagged. */
import type { Node } from './nodes.ts';
import {
  DECORATORS,
  type Intervals,
  PACK_NAMES,
  type Pack,
  type PackName,
  packsOf,
  type Schedule,
  type ScheduledQuery,
} from './schedule.ts';

/** Which hosts get a pack: all, none, or those with one of these tags. */
export type PackTargets = 'all' | 'none' | readonly string[];
/** Packs that are not named go to nobody. */
export type PackChoice = Readonly<Partial<Record<PackName, PackTargets>>>;

/** Paths to watch by category, as osquery's `file_paths`: `%` is one level, `%%` at the end all below. */
export type FilePaths = Readonly<Record<string, readonly string[]>>;

export const ALL_PACKS: PackChoice = Object.fromEntries(PACK_NAMES.map(name => [name, 'all']));

type Family = 'linux' | 'darwin' | 'windows';

const TEMPORARY = ['/tmp/%%', '/var/tmp/%%'];
const DEFAULT_FILE_PATHS: Readonly<Record<Family, FilePaths>> = {
  linux: {
    configuration: ['/etc/%%'],
    ssh: ['/root/.ssh/%%', '/home/%/.ssh/%%'],
    jobs: ['/var/spool/cron/%%'],
    binaries: ['/bin/%%', '/sbin/%%', '/usr/bin/%%', '/usr/sbin/%%', '/usr/local/bin/%%', '/usr/local/sbin/%%'],
    temporary: [...TEMPORARY, '/dev/shm/%%'],
  },
  darwin: {
    configuration: ['/private/etc/%%'],
    ssh: ['/Users/%/.ssh/%%'],
    launch: ['/Library/LaunchAgents/%%', '/Library/LaunchDaemons/%%', '/Users/%/Library/LaunchAgents/%%'],
    binaries: ['/usr/local/bin/%%', '/usr/local/sbin/%%'],
    temporary: TEMPORARY.map(path => `/private${path}`),
  },
  windows: {
    hosts: ['C:\\Windows\\System32\\drivers\\etc\\%%'],
    startup: ['C:\\ProgramData\\Microsoft\\Windows\\Start Menu\\Programs\\StartUp\\%%'],
    tasks: ['C:\\Windows\\System32\\Tasks\\%%'],
  },
};

/** The family of `os_version.platform`; undefined for a host that did not say: osquery then picks by itself. */
export function familyOf(platform: string): Family | undefined {
  const name = platform.toLowerCase();
  if (name === '') return undefined;
  if (name.includes('windows')) return 'windows';
  return name === 'darwin' || name === 'macos' ? 'darwin' : 'linux';
}

function runsOn(wanted: ScheduledQuery['platform'], family: Family | undefined): boolean {
  if (wanted === undefined || family === undefined) return true;
  return wanted === family || (wanted === 'posix' && family !== 'windows');
}

/** The queries of this family; undefined when there are none. */
function narrowed({ platform, queries }: Pack, family: Family | undefined): Pack | undefined {
  const own = Object.entries(queries).filter(([, query]) => runsOn(query.platform, family));
  if (!runsOn(platform, family) || own.length === 0) return undefined;
  return { queries: Object.fromEntries(own), ...(platform === undefined ? {} : { platform }) };
}

/** For `tableFinder`: what is in packs, by the names under which their results are logged. */
export function packedNames(intervals: Intervals): Schedule {
  const packs = Object.entries(packsOf(intervals));
  return Object.fromEntries(
    packs.flatMap(([pack, { queries }]) =>
      Object.entries(queries).map(([name, query]) => [`pack${DELIMITER}${pack}${DELIMITER}${name}`, query]),
    ),
  );
}

const DELIMITER = '/';

export type ConfigDeps = {
  readonly schedule: Schedule;
  readonly intervals: Intervals;
  readonly packs: PackChoice;
  /** Instead of the paths that are watched by default. */
  readonly filePaths: FilePaths | undefined;
};

/** Options that osquery takes from its command line only have no place here: it would warn of each. */
export function configReply(
  { schedule, intervals, packs, filePaths }: ConfigDeps,
  node: Pick<Node, 'platform' | 'tags'>,
): Record<string, unknown> {
  const { distributed, logger } = intervals;
  const family = familyOf(node.platform);
  const wanted = (targets: PackTargets | undefined) =>
    targets === 'all' || (Array.isArray(targets) && targets.some(tag => node.tags.includes(tag)));
  const own = Object.entries(packsOf(intervals)).flatMap(([name, pack]) => {
    const fitting = wanted(packs[name as PackName]) ? narrowed(pack, family) : undefined;
    return fitting ? [[name, fitting] as const] : [];
  });
  const reply = { schedule, options: { distributed_interval: distributed, logger_tls_period: logger }, node_invalid: false };
  if (own.length === 0) return reply;
  const watchesFiles = own.some(([name]) => name === 'fim');
  return {
    ...reply,
    packs: Object.fromEntries(own),
    decorators: DECORATORS,
    options: { ...reply.options, pack_delimiter: DELIMITER, ...(watchesFiles ? { enable_file_events: true } : {}) },
    ...(watchesFiles ? { file_paths: filePaths ?? DEFAULT_FILE_PATHS[family ?? 'linux'] } : {}),
  };
}
