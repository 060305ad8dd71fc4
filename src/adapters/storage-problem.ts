/** What SQLite and the file system say, as 'storage' Problems in plain words. */
import { Problem } from '../core/problem.ts';

/** `passing`: it may work again without anybody touching rollcall. */
type Words = { readonly fact: string; readonly remedy: string; readonly passing?: true };

const FULL: Words = { fact: 'The disk is full', remedy: 'Free some space', passing: true };
const FORBIDDEN: Words = { fact: 'Not writable', remedy: 'Give yourself write access to it and its directory' };
const DAMAGED: Words = { fact: 'Damaged, or no data file of rollcall', remedy: 'Move it away' };
const IN_THE_WAY: Words = { fact: 'A file stands where a directory should be', remedy: 'Move that away' };
const BUSY: Words = { fact: 'Locked by another process', remedy: 'Let that one finish', passing: true };
const BROKEN: Words = { fact: 'The disk failed', remedy: 'Check the disk and its mount', passing: true };

/** By SQLite's primary result code (sqlite.org/rescode.html). */
const BY_RESULT: Readonly<Record<number, Words>> = {
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

const BY_CODE: Readonly<Record<string, Words>> = {
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

/** The other way out that is offered for a file of the data directory. */
const ELSEWHERE = 'choose another directory with --data-dir';

/**
 * The failure of storing in `file` as a 'storage' Problem; what is no such failure comes back as it is. `otherwise`: what
 * else may be done than to mend it.
 */
export function storageProblem(file: string, error: unknown, otherwise = ELSEWHERE): unknown {
  if (!(error instanceof Error) || error instanceof Problem) return error;
  const result = 'errcode' in error && typeof error.errcode === 'number' ? BY_RESULT[error.errcode & 0xff] : undefined;
  const words = result ?? ('code' in error && typeof error.code === 'string' ? BY_CODE[error.code] : undefined);
  if (words === undefined) return error;
  return new Problem('storage', `${words.fact}: ${file}. ${words.remedy}, or ${otherwise}.`, {
    detail: error.message,
    transient: words.passing ?? false,
    cause: error,
  });
}

/** A file that a newer rollcall has written. */
export function newerProblem(file: string): Problem {
  return new Problem('storage', `${file} was made by a newer rollcall. Use that one, or ${ELSEWHERE}.`);
}
