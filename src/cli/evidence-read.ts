/** Reads evidence bundles as they lie there, directories and tar archives. Nothing in them is believed, no link is followed. */
import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, opendirSync, statSync } from 'node:fs';
import path from 'node:path';
import { TarError, tarEntries } from '../connectors/direct/tar.ts';
import { MANIFEST } from '../core/evidence.ts';
import { Problem } from '../core/problem.ts';

/** Hexadecimal SHA-256 by name inside the bundle; null for what is no plain file. `manifest`: the bytes of the list. */
export type FoundBundle = { readonly files: ReadonlyMap<string, string | null>; readonly manifest: Buffer };

/** A larger list is none of ours. */
const MAX_MANIFEST = 16 * 2 ** 20;

const noBundle = (target: string, why: string, cause?: unknown): Problem =>
  new Problem('usage', `${target} is no evidence bundle: ${why}. Name the directory or the .tar that \`rollcall evidence export\` made.`, {
    cause,
  });

type Content = { readonly hash: string; readonly kept: Buffer | undefined };

/** The hash of a content, and the content itself where `keep` says so. */
async function readContent(chunks: AsyncIterable<Buffer>, keep: boolean): Promise<Content> {
  const hash = createHash('sha256');
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
    if (keep && size <= MAX_MANIFEST) parts.push(chunk);
  }
  return { hash: hash.digest('hex'), kept: keep && size <= MAX_MANIFEST ? Buffer.concat(parts) : undefined };
}

/** Paths of all that lies under a directory, directories themselves left out. */
function* pathsUnder(directory: string, prefix = ''): Generator<string> {
  const opened = opendirSync(directory);
  try {
    for (let entry = opened.readSync(); entry; entry = opened.readSync()) {
      const name = `${prefix}${entry.name}`;
      if (entry.isDirectory()) yield* pathsUnder(path.join(directory, entry.name), `${name}/`);
      else yield name;
    }
  } finally {
    opened.closeSync();
  }
}

async function readDirectory(target: string): Promise<FoundBundle> {
  const files = new Map<string, string | null>();
  let manifest: Buffer | undefined;
  for (const name of pathsUnder(target)) {
    const file = path.join(target, name);
    if (!lstatSync(file).isFile()) {
      files.set(name, null);
      continue;
    }
    const { hash, kept } = await readContent(createReadStream(file), name === MANIFEST);
    if (name === MANIFEST) manifest = kept;
    else files.set(name, hash);
  }
  if (!manifest) throw noBundle(target, `it holds no ${MANIFEST}`);
  return { files, manifest };
}

/** Where in an archive the bundle is: beside its list, which lies higher than any other of that name. */
function folderOf(names: Iterable<string>): string | undefined {
  const lists = [...names].filter(name => path.posix.basename(name) === MANIFEST);
  const [highest] = lists.sort((a, b) => a.split('/').length - b.split('/').length);
  return highest?.slice(0, -MANIFEST.length);
}

async function readArchive(target: string): Promise<FoundBundle> {
  const contents = new Map<string, Content | null>();
  for await (const { name, kind, content } of tarEntries(createReadStream(target))) {
    const plain = name.replace(/^(\.\/)+/, '');
    if (plain === '' || plain.endsWith('/')) continue;
    const read = kind === 'file' ? await readContent(content, path.posix.basename(plain) === MANIFEST) : null;
    // Whoever unpacks it gets the last one; that there are two is wrong in itself.
    contents.set(contents.has(plain) ? `${plain} (again)` : plain, read);
  }
  const folder = folderOf(contents.keys());
  const manifest = folder === undefined ? undefined : contents.get(`${folder}${MANIFEST}`)?.kept;
  if (folder === undefined || !manifest) throw noBundle(target, `it holds no ${MANIFEST}`);
  const inside = (name: string) => (name.startsWith(folder) ? name.slice(folder.length) : `../${name}`);
  const files = [...contents].map(([name, content]) => [inside(name), content?.hash ?? null] as const);
  return { files: new Map(files.filter(([name]) => name !== MANIFEST)), manifest };
}

/** Reads a bundle. Throws a 'usage' Problem when there is none, or it cannot be read. */
export async function readBundle(target: string): Promise<FoundBundle> {
  try {
    return statSync(target).isDirectory() ? await readDirectory(target) : await readArchive(target);
  } catch (thrown) {
    if (thrown instanceof Problem) throw thrown;
    if (thrown instanceof TarError) throw noBundle(target, thrown.message, thrown);
    const missing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw noBundle(target, missing ? 'there is nothing' : `it cannot be read (${why})`, thrown);
  }
}
