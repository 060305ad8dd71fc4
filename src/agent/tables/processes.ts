import { existsSync } from 'node:fs';
import type { Demand, Table, TableHost, TableRow } from '../table.ts';
import { linkTarget, readText, statOf } from './files.ts';
import { bootTime, fieldsOf, pidsOf, procPath, statFields, ticksToMs, ticksToSeconds } from './proc.ts';

const DELETED = ' (deleted)';

/** Running processes, from /proc/PID. What only root may read of others' (`path`, `cwd`, `root`, disk bytes) is empty then. */
export const processes = (host: TableHost): Table => ({
  name: 'processes',
  columns: [
    'pid BIGINT',
    'name TEXT',
    'path TEXT',
    'cmdline TEXT',
    'state TEXT',
    'cwd TEXT',
    'root TEXT',
    'uid BIGINT',
    'gid BIGINT',
    'euid BIGINT',
    'egid BIGINT',
    'suid BIGINT',
    'sgid BIGINT',
    'on_disk INTEGER',
    'wired_size BIGINT',
    'resident_size BIGINT',
    'total_size BIGINT',
    'user_time BIGINT',
    'system_time BIGINT',
    'disk_bytes_read BIGINT',
    'disk_bytes_written BIGINT',
    'start_time BIGINT',
    'parent BIGINT',
    'pgroup BIGINT',
    'threads INTEGER',
    'nice INTEGER',
    'elevated_token INTEGER HIDDEN',
    'secure_process INTEGER HIDDEN',
    'protection_type TEXT HIDDEN',
    'virtual_process INTEGER HIDDEN',
    'elapsed_time BIGINT HIDDEN',
    'handle_count BIGINT HIDDEN',
    'percent_processor_time BIGINT HIDDEN',
    'upid BIGINT HIDDEN',
    'uppid BIGINT HIDDEN',
    'cpu_type INTEGER HIDDEN',
    'cpu_subtype INTEGER HIDDEN',
    'translated INTEGER HIDDEN',
    'cgroup_path TEXT',
  ],
  async *rows(demand: Demand) {
    const booted = bootTime(host);
    for (const pid of pidsOf(host)) {
      const row = processRow(host, pid, booted);
      if (row) yield row;
      await demand.pause();
    }
  },
});

/** A process that has ended meanwhile has no row. */
function processRow(host: TableHost, pid: string, booted: number | undefined): TableRow | undefined {
  const read = (file: string) => readText(procPath(host, pid, file));
  const stat = statFields(read('stat') ?? '');
  const statusText = read('status');
  if (!stat || statusText === undefined) return undefined;
  const status = fieldsOf(statusText);
  const [uid, euid, suid] = (status.get('Uid') ?? '').split('\t');
  const [gid, egid, sgid] = (status.get('Gid') ?? '').split('\t');
  const [state, parent, pgroup] = stat;
  return {
    pid,
    name: status.get('Name') ?? '',
    ...executable(host, pid),
    cmdline: (read('cmdline') ?? '').replaceAll('\0', ' ').trim(),
    state,
    cwd: linkTarget(procPath(host, pid, 'cwd')),
    root: linkTarget(procPath(host, pid, 'root')),
    uid,
    gid,
    euid,
    egid,
    suid,
    sgid,
    wired_size: 0,
    resident_size: bytes(status.get('VmRSS')),
    total_size: bytes(status.get('VmSize')),
    user_time: ticksToMs(stat[11] ?? ''),
    system_time: ticksToMs(stat[12] ?? ''),
    ...diskBytes(read('io')),
    start_time: booted === undefined ? -1 : booted + ticksToSeconds(stat[19] ?? ''),
    parent,
    pgroup,
    threads: stat[17],
    nice: stat[16],
    cgroup_path: /^[^:\n]*:[^:\n]*:(.*)/.exec(read('cgroup') ?? '')?.[1] ?? '',
  };
}

/** kB to bytes; kernel threads have no such field. */
const bytes = (kilobytes: string | undefined): number | undefined =>
  kilobytes === undefined ? undefined : Number.parseInt(kilobytes, 10) * 1024;

function diskBytes(io: string | undefined): TableRow {
  if (!io) return {};
  const fields = fieldsOf(io);
  const written = Number(fields.get('write_bytes') ?? 0) - Number(fields.get('cancelled_write_bytes') ?? 0);
  return { disk_bytes_read: fields.get('read_bytes'), disk_bytes_written: written };
}

/** `on_disk`: 1 there, 0 gone, -1 not known. The kernel marks a path that is gone; a file's real name may look like that too. */
function executable(host: TableHost, pid: string): TableRow {
  const path = linkTarget(procPath(host, pid, 'exe'));
  if (path === '') return { path, on_disk: -1 };
  if (!path.endsWith(DELETED)) return { path, on_disk: existsSync(path) ? 1 : 0 };
  const stripped = path.slice(0, -DELETED.length);
  const namesake = statOf(path);
  if (!namesake) return { path: stripped, on_disk: 0 };
  const running = statOf(procPath(host, pid, 'exe'));
  const isItself = running?.ino === namesake.ino && running.dev === namesake.dev;
  return isItself ? { path, on_disk: 1 } : { path: stripped, on_disk: 0 };
}
