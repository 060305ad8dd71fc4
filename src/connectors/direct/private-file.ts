/** Small files that only the owner may read: keys and secrets. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from '../../core/problem.ts';

const codeOf = (thrown: unknown): string => (thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown));

const failed = (verb: string, path: string, thrown: unknown): Problem =>
  new Problem('storage', `${path} could not be ${verb} (${codeOf(thrown)}). The direct endpoint needs it: check owner and permissions.`, {
    cause: thrown,
  });

/** The file's text, or undefined when there is none. Throws a 'storage' Problem when it is there and cannot be read. */
export function readPrivate(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw failed('read', path, thrown);
  }
}

/** Replaces the file as a whole: mode 0600 in a directory of mode 0700. Throws a 'storage' Problem. */
export function writePrivate(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
  } catch (thrown) {
    throw failed('written', path, thrown);
  }
}

/** Takes a file back from other users, should someone have opened it to them. */
export function keepPrivate(path: string): void {
  try {
    chmodSync(path, 0o600);
  } catch (thrown) {
    throw failed('protected', path, thrown);
  }
}
