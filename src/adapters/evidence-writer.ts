/**
 * Writes an evidence bundle: a directory, or a tar archive where the name ends in `.tar`. It is made under a temporary name
 * beside its own, for its owner only, and takes its name when it is whole. What is there already is never replaced.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MANIFEST, manifestText, sha256 } from '../core/evidence.ts';
import { Problem } from '../core/problem.ts';
import { TAR_BLOCK, TAR_END, tarHeader, tarPadding } from './evidence-tar.ts';
import { storageProblem } from './storage-problem.ts';

export interface BundleWriter {
  /** Writes one file. Others get a turn in between. Throws a 'storage' Problem. */
  add(name: string, texts: Iterable<string>): Promise<void>;
  /** Writes the list of the files; nothing can be added any more. Returns the hexadecimal SHA-256 of the list. */
  seal(): Promise<string>;
  /** The bundle takes its name. Throws a 'usage' Problem when something stands there by now. */
  finish(): void;
  /** Leaves nothing behind. */
  discard(): void;
}

/** Where the files go. */
type Place = {
  readonly temporary: string;
  begin(name: string): { write(bytes: Buffer): void; end(): void };
  close(): void;
};

/** Bytes that are written before others get a turn. */
const TURN = 2 ** 20;
/** A longer name is not repeated inside an archive, where names have 100 bytes. */
const MAX_FOLDER_BYTES = 64;

const isTar = (target: string): boolean => target.toLowerCase().endsWith('.tar');

function directoryPlace(temporary: string): Place {
  mkdirSync(temporary, { mode: 0o700 });
  return {
    temporary,
    begin(name) {
      const descriptor = openSync(path.join(temporary, name), 'wx', 0o600);
      return {
        write: bytes => void writeSync(descriptor, bytes),
        end() {
          fsyncSync(descriptor);
          closeSync(descriptor);
        },
      };
    },
    close: () => undefined,
  };
}

function folderOf(name: string): string {
  const folder = name.slice(0, -'.tar'.length);
  return folder === '' || Buffer.byteLength(folder) > MAX_FOLDER_BYTES ? 'evidence' : folder;
}

/** How large a file is shows at its end: its header is written then. */
function tarPlace(temporary: string, folder: string, mtimeS: number): Place {
  const descriptor = openSync(temporary, 'wx', 0o600);
  let at = 0;
  const append = (bytes: Buffer) => {
    writeSync(descriptor, bytes, 0, bytes.length, at);
    at += bytes.length;
  };
  return {
    temporary,
    begin(name) {
      const start = at;
      append(Buffer.alloc(TAR_BLOCK));
      return {
        write: append,
        end() {
          const size = at - start - TAR_BLOCK;
          const header = tarHeader(`${folder}/${name}`, size, mtimeS);
          writeSync(descriptor, header, 0, header.length, start);
          append(tarPadding(size));
        },
      };
    },
    close() {
      append(TAR_END);
      fsyncSync(descriptor);
      closeSync(descriptor);
    },
  };
}

const taken = (target: string): Problem =>
  new Problem('usage', `There is something at ${target} already, and evidence is never written over. Name another path.`);

const isEmptyDirectory = (target: string): boolean => statSync(target).isDirectory() && readdirSync(target).length === 0;

/** Throws a 'usage' Problem when a bundle cannot be made there. */
function checkFree(target: string): void {
  if (existsSync(target) && (isTar(target) || !isEmptyDirectory(target))) throw taken(target);
}

/** Takes the name, unless something has it. */
function takeName(temporary: string, target: string): void {
  checkFree(target);
  if (!isTar(target)) {
    renameSync(temporary, target);
    return;
  }
  try {
    linkSync(temporary, target);
    rmSync(temporary);
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (code === 'EEXIST') throw taken(target);
    // A disk without hard links, such as a stick.
    renameSync(temporary, target);
  }
}

function unusable(target: string, thrown: unknown): unknown {
  if (thrown instanceof Problem) return thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new Problem('usage', `No bundle can be made at ${target} (${why}). Name a path in a directory that you may write to.`, {
    cause: thrown,
  });
}

/** Begins a bundle. `target`: absolute; `now`: epoch ms, for the times in an archive. Throws a 'usage' Problem when it cannot be there. */
export function openBundle(target: string, now: number): BundleWriter {
  const name = path.basename(target);
  const temporary = path.join(path.dirname(target), `.${name}.${randomBytes(6).toString('hex')}`);
  const hashes = new Map<string, string>();
  let place: Place;
  try {
    checkFree(target);
    place = isTar(target) ? tarPlace(temporary, folderOf(name), now / 1_000) : directoryPlace(temporary);
  } catch (thrown) {
    throw unusable(target, thrown);
  }
  let open = true;
  const close = () => {
    if (open) place.close();
    open = false;
  };
  const write = async (file: string, texts: Iterable<string>) => {
    const hash = createHash('sha256');
    try {
      const writing = place.begin(file);
      let since = 0;
      for (const text of texts) {
        const bytes = Buffer.from(text);
        hash.update(bytes);
        writing.write(bytes);
        since += bytes.length;
        if (since < TURN) continue;
        since = 0;
        await setImmediate();
      }
      writing.end();
    } catch (thrown) {
      throw storageProblem(target, thrown, 'name another path');
    }
    hashes.set(file, hash.digest('hex'));
  };
  return {
    add: write,
    async seal() {
      const text = manifestText(hashes);
      await write(MANIFEST, [text]);
      return sha256(text);
    },
    finish() {
      try {
        close();
        takeName(temporary, target);
      } catch (thrown) {
        throw thrown instanceof Problem ? thrown : storageProblem(target, thrown, 'name another path');
      }
    },
    discard() {
      close();
      rmSync(temporary, { recursive: true, force: true });
    },
  };
}
