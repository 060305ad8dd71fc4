/** What the file system says of reading, where nothing is to be written. */
import { Problem } from '../core/problem.ts';
import { storageProblem } from './storage-problem.ts';

/** The failure of reading `file` as a 'storage' Problem; what is no such failure comes back as it is. */
export function readProblem(file: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'EACCES' && code !== 'EPERM') return storageProblem(file, error);
  return new Problem('storage', `Not readable: ${file}. Run rollcall as its owner, or choose another directory with --data-dir.`, {
    cause: error,
  });
}
