import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Demand, Table, TableRow } from '../table.ts';
import { demandedFiles } from './file.ts';
import { statOf } from './files.ts';

const ALGORITHMS = ['md5', 'sha1', 'sha256'] as const;

/** Hashes of regular files by path or directory; only those that the statement reads are computed. */
export const hash = (): Table => ({
  name: 'hash',
  required: ['path', 'directory'],
  columns: [
    'path TEXT',
    'directory TEXT',
    'md5 TEXT',
    'sha1 TEXT',
    'sha256 TEXT',
    'pid_with_namespace INTEGER HIDDEN',
    'mount_namespace_id TEXT HIDDEN',
  ],
  async *rows(demand) {
    for await (const { path, directory } of demandedFiles(demand)) {
      if (!statOf(path)?.isFile()) continue;
      yield { path, directory, ...(await digests(path, demand)), pid_with_namespace: 0 };
    }
  },
});

/** A file that cannot be read has empty hashes, as in osquery. */
async function digests(path: string, demand: Demand): Promise<TableRow> {
  const wanted = ALGORITHMS.filter(name => demand.uses(name)).map(name => ({ name, digest: createHash(name) }));
  if (wanted.length === 0) return {};
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      for (const { digest } of wanted) digest.update(chunk);
      await demand.pause();
    }
  } catch (thrown) {
    if (isFileError(thrown)) return Object.fromEntries(wanted.map(({ name }) => [name, '']));
    throw thrown;
  }
  return Object.fromEntries(wanted.map(({ name, digest }) => [name, digest.digest('hex')]));
}

const isFileError = (thrown: unknown): boolean => thrown instanceof Error && 'syscall' in thrown;
