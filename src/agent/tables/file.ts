import type { BigIntStats } from 'node:fs';
import path from 'node:path';
import type { Demand, Table, TableRow } from '../table.ts';
import { linkTarget, lstatOf, namesIn, statOf } from './files.ts';
import { pathsLike } from './glob.ts';

/** Where a statement points: `path` and `directory`, by `=` or `LIKE`. Shared by file and hash. */
export async function* demandedFiles(demand: Demand): AsyncGenerator<{ readonly path: string; readonly directory: string }> {
  const paths = new Set(demand.equals.path);
  for (const pattern of demand.like.path ?? []) for await (const found of pathsLike(pattern, demand.pause)) paths.add(found);
  for (const found of paths) yield { path: found, directory: parentOf(found) };

  const directories = new Set(demand.equals.directory);
  for (const pattern of demand.like.directory ?? []) {
    for await (const found of pathsLike(pattern, demand.pause)) if (found.endsWith('/')) directories.add(found);
  }
  for (const directory of directories) {
    for (const name of namesIn(directory)) yield { path: path.join(directory, name), directory };
  }
}

/** A directory's own path with a trailing slash is its parent's `.`, as boost has it. */
const parentOf = (found: string): string =>
  found.length > 1 && found.endsWith('/') ? found.slice(0, -1) : found === '/' ? '' : path.dirname(found);
const nameOf = (found: string): string => (found === '/' ? '/' : found.endsWith('/') ? '.' : path.basename(found));

/** Metadata of files by path or directory. The stat follows links; `symlink` says that there was one. */
export const file = (): Table => ({
  name: 'file',
  required: ['path', 'directory'],
  columns: [
    'path TEXT',
    'directory TEXT',
    'filename TEXT',
    'inode BIGINT',
    'uid BIGINT',
    'gid BIGINT',
    'mode TEXT',
    'device BIGINT',
    'size BIGINT',
    'block_size INTEGER',
    'atime BIGINT',
    'mtime BIGINT',
    'ctime BIGINT',
    'btime BIGINT',
    'hard_links INTEGER',
    'symlink INTEGER',
    'type TEXT',
    'symlink_target_path TEXT',
    'attributes TEXT HIDDEN',
    'volume_serial TEXT HIDDEN',
    'file_id TEXT HIDDEN',
    'file_version TEXT HIDDEN',
    'product_version TEXT HIDDEN',
    'original_filename TEXT HIDDEN',
    'shortcut_target_path TEXT HIDDEN',
    'shortcut_target_type TEXT HIDDEN',
    'shortcut_target_location TEXT HIDDEN',
    'shortcut_start_in TEXT HIDDEN',
    'shortcut_run TEXT HIDDEN',
    'shortcut_comment TEXT HIDDEN',
    'bsd_flags TEXT HIDDEN',
    'pid_with_namespace INTEGER HIDDEN',
    'mount_namespace_id TEXT HIDDEN',
  ],
  async *rows(demand) {
    for await (const { path: found, directory } of demandedFiles(demand)) {
      await demand.pause();
      const row = fileRow(found, directory);
      if (row) yield row;
    }
  },
});

function fileRow(found: string, directory: string): TableRow | undefined {
  const link = lstatOf(found);
  if (!link) return undefined;
  const target = statOf(found);
  const stat = target ?? link;
  return {
    path: found,
    directory,
    filename: nameOf(found),
    inode: stat.ino,
    uid: stat.uid,
    gid: stat.gid,
    mode: (stat.mode & 0o7777n).toString(8).padStart(4, '0'),
    device: stat.rdev,
    size: stat.size,
    block_size: stat.blksize,
    atime: seconds(stat.atimeNs),
    mtime: seconds(stat.mtimeNs),
    ctime: seconds(stat.ctimeNs),
    btime: process.platform === 'darwin' ? seconds(stat.birthtimeNs) : 0,
    hard_links: stat.nlink,
    symlink: link.isSymbolicLink() ? 1 : 0,
    type: target ? typeOf(target) : 'unknown',
    symlink_target_path: link.isSymbolicLink() ? linkTarget(found) : undefined,
    pid_with_namespace: 0,
  };
}

/** Whole seconds, rounded down also before 1970. */
const seconds = (ns: bigint): bigint => (ns - (((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)) / 1_000_000_000n;

function typeOf(stat: BigIntStats): string {
  if (stat.isFile()) return 'regular';
  if (stat.isDirectory()) return 'directory';
  if (stat.isBlockDevice()) return 'block';
  if (stat.isCharacterDevice()) return 'character';
  if (stat.isFIFO()) return 'fifo';
  return stat.isSocket() ? 'socket' : 'unknown';
}
