/**
 * Evidence bundles: the list that a bundle keeps of its own files, and whether it still holds. The list is what
 * `sha256sum -c` reads, so that nobody needs rollcall to check a bundle.
 */
import { createHash } from 'node:crypto';

/** The file of a bundle that lists the others. */
export const MANIFEST = 'MANIFEST';

export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** How hashes are written for people: `sha256:` and 64 hexadecimal digits. */
export const hashText = (hex: string): string => `sha256:${hex}`;

/** The hexadecimal digits of a hash that somebody noted, with `sha256:` or without, in any case; undefined for what is none. */
export function parseHash(text: string): string | undefined {
  return /^(?:sha256:)?([0-9a-f]{64})$/i.exec(text.trim())?.[1]?.toLowerCase();
}

/** Files (paths inside the bundle, with `/`) and their SHA-256 in hexadecimal digits. */
export type Hashes = ReadonlyMap<string, string>;

/** The text of `MANIFEST`, files in the order of their names. */
export function manifestText(files: Hashes): string {
  const names = [...files.keys()].sort();
  return names.map(name => `${files.get(name)}  ${name}\n`).join('');
}

/** A path that stays in the bundle, in characters that need no quoting. */
const isInside = (name: string): boolean =>
  /^[^\p{C}\\/][^\p{C}\\]*$/u.test(name) && name.split('/').every(part => part !== '' && part !== '.' && part !== '..');

export type Manifest = {
  readonly files: Hashes;
  /** What is wrong with the list itself, in words; empty when nothing is. */
  readonly faults: readonly string[];
};

/** Reads the text of a `MANIFEST`. A line that is none is a fault, and so is a name that leads out of the bundle. */
export function readManifest(text: string): Manifest {
  const files = new Map<string, string>();
  const faults: string[] = [];
  text.split('\n').forEach((line, index) => {
    if (line === '') return;
    const where = `line ${index + 1} of ${MANIFEST}`;
    const [, hash, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (hash === undefined || name === undefined) faults.push(`${where} is no line of sha256sum`);
    else if (!isInside(name) || name === MANIFEST) faults.push(`${where} names no file of the bundle`);
    else if (files.has(name)) faults.push(`${where} names a file for the second time`);
    else files.set(name, hash);
  });
  if (files.size === 0 && faults.length === 0) faults.push(`${MANIFEST} lists no file`);
  return { files, faults };
}

/** `changed`: not what was listed; `unlisted`: was put there later. */
export type FileState = 'good' | 'changed' | 'missing' | 'unlisted';

export type CheckedFile = {
  readonly name: string;
  readonly state: FileState;
  /** Hexadecimal SHA-256 as listed and as found; null where there is none. */
  readonly listed: string | null;
  readonly found: string | null;
};

function stateOf(listed: string | undefined, found: string | null | undefined): FileState {
  if (listed === undefined) return 'unlisted';
  if (found === undefined) return 'missing';
  return found === listed ? 'good' : 'changed';
}

/** Holds what is listed against what is there, by name. `found`: null for what is no plain file, such as a link. */
export function checkFiles(listed: Hashes, found: ReadonlyMap<string, string | null>): readonly CheckedFile[] {
  const names = [...new Set([...listed.keys(), ...found.keys()])].sort();
  return names.map(name => ({
    name,
    state: stateOf(listed.get(name), found.get(name)),
    listed: listed.get(name) ?? null,
    found: found.get(name) ?? null,
  }));
}
