/**
 * Paths that a `LIKE` pattern stands for, as osquery finds them (filesystem/filesystem.cpp): `%` is one level of glob(3)
 * without dotfiles, a trailing `%%` goes on recursively (dotfiles below the first level included), directories end in `/`.
 */
import { type Dirent, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { lstatOf, statOf } from './files.ts';

const MAX_DEPTH = 64;

type Pause = () => Promise<void>;

/** Every path that matches, each directory with a trailing slash. `pause` is called in between and may throw. */
export async function* pathsLike(pattern: string, pause: Pause): AsyncGenerator<string> {
  const glob = pattern.replaceAll('%', '*').replace(/^~(?=\/|$)/, homedir());
  const isRecursive = glob.endsWith('**');
  const seen = new Set<string>();
  for (const one of alternatives(isRecursive ? glob.slice(0, -1) : glob)) {
    for await (const path of matches(one, pause)) {
      yield path;
      if (isRecursive && path.endsWith('/')) yield* below(path, seen, 0, pause);
    }
  }
}

/** `{a,b}` once for each alternative (GLOB_BRACE). */
function alternatives(glob: string): string[] {
  const found = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(glob);
  if (!found) return [glob];
  const [, before = '', list = '', after = ''] = found;
  return list.split(',').flatMap(part => alternatives(before + part + after));
}

async function* matches(glob: string, pause: Pause): AsyncGenerator<string> {
  if (!glob.startsWith('/')) return;
  const parts = glob
    .slice(1)
    .split('/')
    .filter(part => part !== '');
  yield* step('/', parts, glob.endsWith('/'), pause);
}

async function* step(base: string, parts: readonly string[], isDirectoryWanted: boolean, pause: Pause): AsyncGenerator<string> {
  const [part, ...rest] = parts;
  if (part === undefined) {
    yield base;
    return;
  }
  for (const name of /[*?[]/.test(part) ? namesLike(base, part) : [part]) {
    await pause();
    const path = base + name;
    const isDirectory = statOf(path)?.isDirectory() ?? false;
    if (isDirectory) yield* step(`${path}/`, rest, isDirectoryWanted, pause);
    else if (rest.length === 0 && !isDirectoryWanted && lstatOf(path)) yield path;
  }
}

/** A wildcard never matches a leading dot. */
function namesLike(directory: string, part: string): string[] {
  const pattern = patternOf(part);
  return entries(directory)
    .map(entry => entry.name)
    .filter(name => (part.startsWith('.') || !name.startsWith('.')) && pattern.test(name))
    .toSorted();
}

/** `*`, `?` and `[...]` of one path segment as a regular expression. */
function patternOf(part: string): RegExp {
  const source = part.replace(/\[(!?)([^\]]+)\]|[\s\S]/g, (found, not: string | undefined, set: string | undefined) => {
    if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`;
    if (found === '*') return '.*';
    return found === '?' ? '.' : found.replace(/[\\^$.+()[\]{}|/]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 's');
}

async function* below(directory: string, seen: Set<string>, depth: number, pause: Pause): AsyncGenerator<string> {
  const identity = identityOf(directory);
  if (depth >= MAX_DEPTH || identity === undefined || seen.has(identity)) return;
  seen.add(identity);
  for (const entry of entries(directory)) {
    await pause();
    const path = directory + entry.name;
    const isDirectory = entry.isSymbolicLink() ? (statOf(path)?.isDirectory() ?? false) : entry.isDirectory();
    yield isDirectory ? `${path}/` : path;
    if (isDirectory) yield* below(`${path}/`, seen, depth + 1, pause);
  }
}

/** Device and inode: cuts the loops that links make. */
function identityOf(directory: string): string | undefined {
  const stat = statOf(directory);
  return stat && `${stat.dev}:${stat.ino}`;
}

function entries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
