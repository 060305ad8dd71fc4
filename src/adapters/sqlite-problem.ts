/** What SQLite and the file system say, as 'storage' Problems in plain words. */
import { Problem } from '../core/problem.ts';

const FULL = 'Its disk is full. Free some space, or choose another directory with --data-dir.';
const FORBIDDEN = 'It cannot be written. Give yourself write access to it and its directory, or choose another with --data-dir.';
const DAMAGED = 'It is damaged, or no data file of rollcall. Move it away, or choose another directory with --data-dir.';
const IN_THE_WAY = 'A file stands where its directory should be. Move it away, or choose another directory with --data-dir.';
const BUSY = 'Another process keeps it locked. Let that one finish, then try again.';
const BROKEN = 'Reading or writing its disk failed. Check the disk and its mount, or choose another directory with --data-dir.';

/** By SQLite's primary result code (sqlite.org/rescode.html). */
const BY_RESULT: Readonly<Record<number, string>> = {
  3: FORBIDDEN,
  5: BUSY,
  6: BUSY,
  8: FORBIDDEN,
  10: BROKEN,
  11: DAMAGED,
  13: FULL,
  14: FORBIDDEN,
  15: BUSY,
  26: DAMAGED,
};

const BY_CODE: Readonly<Record<string, string>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EROFS: FORBIDDEN,
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  ENOTDIR: IN_THE_WAY,
  EEXIST: IN_THE_WAY,
  EISDIR: FORBIDDEN,
  EIO: BROKEN,
};

/** The failure of storing in `file` as a 'storage' Problem; what is no such failure comes back as it is. */
export function storageProblem(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Problem) return error;
  const result = 'errcode' in error && typeof error.errcode === 'number' ? BY_RESULT[error.errcode & 0xff] : undefined;
  const words = result ?? ('code' in error && typeof error.code === 'string' ? BY_CODE[error.code] : undefined);
  if (words === undefined) return error;
  return new Problem('storage', `The data file ${file} failed. ${words}`, { detail: error.message, cause: error });
}

/** A file that a newer rollcall has written. */
export function newerProblem(file: string): Problem {
  return new Problem(
    'storage',
    `The data file ${file} was made by a newer rollcall. Use that one, or choose another directory with --data-dir.`,
  );
}
