/** What was carved, as the operator gets at it: the list, and the files of one, extracted without trusting their names. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import type { Carve, CarveArchive, CarvedFile } from '../../core/ports.ts';
import { Problem } from '../../core/problem.ts';
import { clean } from '../../core/sanitize.ts';
import { type CarveRecord, CarveStore } from './carve-store.ts';
import { type TarEntry, tarEntries } from './tar.ts';

/** A small archive may unpack to very much. */
const MAX_UNPACKED_BYTES = 16 * 1_073_741_824;
const MAX_FILES = 100_000;
/** Where the carver gathers files; says nothing about where they were. */
const GATHERED = /^.*?osquery_carve_[^/]*\//;

export class DirectCarves implements CarveArchive {
  readonly #source: string;
  readonly #store: CarveStore;

  constructor(source: string, dir: string) {
    this.#source = source;
    this.#store = new CarveStore(dir);
  }

  async list(): Promise<readonly Carve[]> {
    const carves = this.#store.records().map(record => this.#store.asCarve(record, this.#source));
    return carves.sort((a, b) => b.requestedAt - a.requestedAt);
  }

  async files(id: string, directory: string | undefined, signal: AbortSignal): Promise<readonly CarvedFile[]> {
    const record = this.#store.records().find(one => one.id === id);
    if (!record) throw new Problem('usage', `There is no carve '${clean(id, 80)}'. \`rollcall carves\` lists them.`);
    if (record.sha256 === null) throw new Problem('usage', `The carve ${id} is not complete yet. \`rollcall carves\` says how far it is.`);
    if (directory !== undefined) await fresh(directory);
    try {
      return await this.#unpack(record, directory, signal);
    } catch (thrown) {
      if (signal.aborted || thrown instanceof Problem) throw thrown;
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      throw new Problem('usage', `The archive of carve ${id} cannot be read: ${clean(why, 200)}. It is kept as it came.`, {
        cause: thrown,
      });
    }
  }

  async #unpack(record: CarveRecord, directory: string | undefined, signal: AbortSignal): Promise<readonly CarvedFile[]> {
    const files: CarvedFile[] = [];
    const taken = new Set<string>();
    let left = MAX_UNPACKED_BYTES;
    for await (const entry of tarEntries(this.#bytes(record, signal))) {
      signal.throwIfAborted();
      left -= entry.size;
      if (files.length >= MAX_FILES || left < 0) throw new Error('it unpacks to more than is allowed');
      const path = safePath(entry.name);
      const note = entry.kind === 'other' ? 'not a file' : path === undefined || taken.has(path) ? 'no path of its own' : undefined;
      if (note !== undefined || path === undefined) {
        files.push({ path: clean(entry.name), size: entry.size, sha256: '', note: note ?? '' });
        continue;
      }
      taken.add(path);
      files.push(await this.#take(entry, path, directory));
    }
    return files;
  }

  /** A file that cannot be written, because it stands where another has a directory, does not lose the rest. */
  async #take(entry: TarEntry, path: string, directory: string | undefined): Promise<CarvedFile> {
    try {
      return { path, size: entry.size, sha256: await store(entry, directory === undefined ? undefined : join(directory, path)) };
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
      if (!['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'].includes(code)) throw thrown;
      return { path, size: entry.size, sha256: '', note: `not written: ${code}` };
    }
  }

  #bytes(record: CarveRecord, signal: AbortSignal): AsyncIterable<Buffer> {
    const source = createReadStream(this.#store.archive(record), { signal });
    if (record.format !== 'tar.zst') return source;
    // A failure shows where the bytes are read.
    return pipeline(source, createZstdDecompress(), () => undefined);
  }
}

/** Throws a 'usage' Problem unless the directory is new or empty: what is extracted must not mix with what is there. */
async function fresh(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if ((await readdir(directory)).length === 0) return;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Problem('usage', `${directory} cannot be written to (${why}). Name a new directory.`, { cause: thrown });
  }
  throw new Problem('usage', `${directory} is not empty. Name a new directory.`);
}

/** A path below wherever it is put, with printable names; undefined when it would lead out or is none. */
function safePath(name: string): string | undefined {
  const parts = name
    .replaceAll('\\', '/')
    .replace(GATHERED, '')
    .split('/')
    .filter(part => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..')) return undefined;
  return parts.map(part => clean(part, 200).replace(/[/\\:]/g, '_')).join('/');
}

/** Reads the entry and, with a path, writes it there: 0600, never over anything. Returns its SHA-256. */
async function store(entry: TarEntry, path: string | undefined): Promise<string> {
  const hash = createHash('sha256');
  if (path !== undefined) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = path === undefined ? undefined : await open(path, 'wx', 0o600);
  try {
    for await (const part of entry.content) {
      hash.update(part);
      await file?.write(part);
    }
  } finally {
    await file?.close();
  }
  return hash.digest('hex');
}
