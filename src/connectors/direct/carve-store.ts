/**
 * Carves on disk, each in a directory of its own: `carve.json`, `blocks` (a line for each block that is in), and the
 * archive, `data.part` while it grows. What was acknowledged is there after the process was killed.
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Carve } from '../../core/ports.ts';
import { readPrivate, writePrivate } from './private-file.ts';

const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** `session` is a SHA-256: who reads the file cannot go on with the carve. */
const carveRecord = z.object({
  id: z.string(),
  guid: z.string(),
  requestId: z.string(),
  nodeId: z.string(),
  hostname: z.string(),
  path: z.string(),
  runId: z.string(),
  requestedAt: z.number(),
  session: z.string().nullable(),
  size: z.number(),
  blockSize: z.number(),
  blockCount: z.number(),
  completedAt: z.number().nullable(),
  sha256: z.string().nullable(),
  format: z.enum(['tar', 'tar.zst']).nullable(),
});
export type CarveRecord = z.infer<typeof carveRecord>;

export class CarveStore {
  readonly #dir: string;

  /** `dir`: the endpoint's directory. */
  constructor(dir: string) {
    this.#dir = join(dir, 'carves');
  }

  /** All that can be read; a record that cannot is left out. */
  records(): CarveRecord[] {
    if (!existsSync(this.#dir)) return [];
    return readdirSync(this.#dir).flatMap(id => this.#read(id) ?? []);
  }

  save(record: CarveRecord): void {
    writePrivate(this.#path(record.id, 'carve.json'), `${JSON.stringify(record, null, 2)}\n`);
  }

  /** Numbers of the blocks that are on disk. */
  blocks({ id, blockCount }: CarveRecord): Set<number> {
    const lines = (readPrivate(this.#path(id, 'blocks')) ?? '').split('\n');
    // The last line may be torn: it is whole only with its end.
    return new Set(
      lines
        .slice(0, -1)
        .map(Number)
        .filter(block => Number.isInteger(block) && block >= 0 && block < blockCount),
    );
  }

  /** Writes a block where it belongs, then notes that it is there. */
  write({ id, blockSize }: CarveRecord, block: number, bytes: Buffer): void {
    const part = this.#path(id, 'data.part');
    const descriptor = openSync(part, existsSync(part) ? 'r+' : 'wx+', 0o600);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done, bytes.length - done, block * blockSize + done);
    } finally {
      closeSync(descriptor);
    }
    appendFileSync(this.#path(id, 'blocks'), `${block}\n`, { mode: 0o600 });
  }

  /** The whole archive is in: its digest is taken, and it gets its name. */
  async finish(record: CarveRecord, now: number): Promise<CarveRecord> {
    const part = this.#path(record.id, 'data.part');
    const hash = createHash('sha256');
    const source = existsSync(part) ? part : this.archive(record);
    for await (const chunk of createReadStream(source)) hash.update(chunk as Buffer);
    const format = beginning(source).equals(ZSTD_MAGIC) ? 'tar.zst' : 'tar';
    const finished: CarveRecord = { ...record, sha256: hash.digest('hex'), format, completedAt: now };
    if (source === part) {
      sync(part);
      renameSync(part, this.archive(finished));
    }
    this.save(finished);
    return finished;
  }

  /** Where a complete archive is. */
  archive({ id, format }: CarveRecord): string {
    const whole = format ?? (existsSync(this.#path(id, 'data.tar.zst')) ? 'tar.zst' : 'tar');
    return this.#path(id, `data.${whole}`);
  }

  asCarve(record: CarveRecord, source: string): Carve {
    const { id, nodeId, hostname, path, runId, requestedAt, completedAt, size, sha256, format, session } = record;
    const received = sha256 === null ? bytesIn(record, this.blocks(record)) : size;
    const state = sha256 === null ? (session === null ? 'announced' : 'receiving') : 'complete';
    const file = sha256 === null ? null : this.archive(record);
    return { id, source, hostId: nodeId, hostname, path, state, runId, requestedAt, completedAt, size, received, sha256, format, file };
  }

  #read(id: string): CarveRecord | undefined {
    const file = this.#path(id, 'carve.json');
    if (!existsSync(file)) return undefined;
    try {
      return carveRecord.parse(JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      return undefined;
    }
  }

  #path(id: string, name: string): string {
    const dir = join(this.#dir, id);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return join(dir, name);
  }
}

/** Bytes that a block has: all the same but the last. */
export const bytesOf = ({ size, blockSize, blockCount }: CarveRecord, block: number): number =>
  block === blockCount - 1 ? size - blockSize * (blockCount - 1) : blockSize;

const bytesIn = (record: CarveRecord, blocks: ReadonlySet<number>): number =>
  [...blocks].reduce((sum, block) => sum + bytesOf(record, block), 0);

function beginning(path: string): Buffer {
  const bytes = Buffer.alloc(ZSTD_MAGIC.length);
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
