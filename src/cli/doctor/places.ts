/** Looks at directories and files as they are; makes and changes nothing. */
import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { PlaceFacts } from '../../core/doctor-data.ts';

const wordsOf = (thrown: unknown): string => {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') return 'not writable';
  if (code === 'EROFS') return 'on a disk that is read-only';
  if (code === 'ENOTDIR') return 'a file stands where a directory should be';
  return thrown instanceof Error ? thrown.message : String(thrown);
};

function hindranceAt(place: string, rights: number): string | undefined {
  try {
    accessSync(place, rights);
    return undefined;
  } catch (thrown) {
    return wordsOf(thrown);
  }
}

/** The nearest directory above that is there: what is not there yet would be made in it. */
function nearest(place: string): string {
  const parent = path.dirname(place);
  return parent === place || statSync(parent, { throwIfNoEntry: false }) ? parent : nearest(parent);
}

/** A directory that is there, or would be made. */
export function lookAtDirectory(place: string): PlaceFacts {
  try {
    const stats = statSync(place, { throwIfNoEntry: false });
    const mode = stats ? stats.mode & 0o777 : 0;
    const rights = constants.W_OK | constants.X_OK;
    if (stats && !stats.isDirectory()) return { path: place, exists: true, mode: 0, hindrance: 'it is no directory' };
    if (stats) return { path: place, exists: true, mode, hindrance: hindranceAt(place, rights) };
    const above = hindranceAt(nearest(place), rights);
    return { path: place, exists: false, mode: 0, hindrance: above && `it cannot be made: ${above}` };
  } catch (thrown) {
    return { path: place, exists: false, mode: 0, hindrance: wordsOf(thrown) };
  }
}

/** A file, for its rights only. */
export function lookAtFile(file: string): PlaceFacts {
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    return { path: file, exists: stats !== undefined, mode: (stats?.mode ?? 0) & 0o777, hindrance: undefined };
  } catch (thrown) {
    return { path: file, exists: false, mode: 0, hindrance: wordsOf(thrown) };
  }
}
