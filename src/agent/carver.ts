/**
 * The node's carver: a statement on the table `carves` announces a file, and once the server has been told, the file goes to it
 * in blocks (contracts/osquery-remote.md 1.7). It begins at once, not at the next full minute as osqueryd does.
 */
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Clock, Log } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import type { NodeClient } from './client.ts';
import { QueryFailed } from './sql-budget.ts';
import type { Table, TableRow } from './table.ts';
import { isReadable, statOf } from './tables/files.ts';
import { type TarOfOne, tarOfOne } from './tar.ts';

export type CarverOptions = {
  readonly client: Pick<NodeClient, 'carveStart' | 'carveBlock'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes of a file at most; default 256 MiB. */
  readonly maxBytes?: number;
  /** Bytes of a block; default 256 KiB. */
  readonly blockBytes?: number;
};

type Status = 'PENDING' | 'SUCCESS' | 'FAILED';

type Announced = {
  readonly guid: string;
  readonly requestId: string;
  readonly path: string;
  /** Epoch s. */
  readonly time: number;
  status: Status;
  size: number;
  sha256: string;
};

const MAX_BYTES = 256 * 1_048_576;
const BLOCK_BYTES = 262_144;
const READ_BYTES = 65_536;
/** Carves that the table remembers. */
const REMEMBERED = 1_000;

export class Carver {
  readonly #options: Required<CarverOptions>;
  #carves: Announced[] = [];
  /** Announced in answers that the server does not have yet. */
  #held: Announced[] = [];
  readonly #queue: Announced[] = [];

  constructor(options: CarverOptions) {
    this.#options = { maxBytes: MAX_BYTES, blockBytes: BLOCK_BYTES, ...options };
  }

  /** `path = '/x' AND carve = 1` announces a carve; anything else lists those of before. */
  get table(): Table {
    return {
      name: 'carves',
      columns: [
        'time BIGINT',
        'sha256 TEXT',
        'size BIGINT',
        'path TEXT',
        'status TEXT',
        'carve_guid TEXT',
        'request_id TEXT',
        'carve INTEGER',
      ],
      narrowed: ['path', 'carve'],
      rows: ({ equals }) => {
        const paths = equals.carve?.includes('1') ? (equals.path ?? []) : undefined;
        return paths ? paths.flatMap(path => this.#announce(path)) : this.#carves.map(carve => rowOf(carve, 0));
      },
    };
  }

  /** The server has every answer: what was announced may go. */
  release(): void {
    this.#queue.push(...this.#held.splice(0));
  }

  /** Sends what was released, one after the other. A carve that fails is told of in the log and the table, and not tried again. */
  async work(signal: AbortSignal): Promise<void> {
    for (let carve = this.#queue.shift(); carve; carve = this.#queue.shift()) {
      try {
        await this.#send(carve, signal);
        carve.status = 'SUCCESS';
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof Problem) && !isFileError(thrown)) throw thrown;
        carve.status = 'FAILED';
        this.#options.log.write('warn', 'A carve failed.', { path: carve.path, reason: thrown.message });
      }
    }
  }

  /** Directories and what cannot be read are left out, as osquery does; only that it says so at once. */
  #announce(path: string): TableRow[] {
    const stat = statOf(path);
    if (!stat?.isFile() || !isReadable(path)) return [];
    const { maxBytes, clock } = this.#options;
    if (Number(stat.size) > maxBytes) throw new QueryFailed(`cannot carve ${path}: it has ${stat.size} bytes, more than ${maxBytes}`);
    const time = Math.floor(clock.now() / 1000);
    const carve: Announced = { guid: randomUUID(), requestId: randomUUID(), path, time, status: 'PENDING', size: 0, sha256: '' };
    this.#carves = [...this.#carves, carve].slice(-REMEMBERED);
    this.#held.push(carve);
    return [rowOf(carve, 1)];
  }

  async #send(carve: Announced, signal: AbortSignal): Promise<void> {
    const file = await open(carve.path, 'r');
    try {
      const { size, mtimeMs } = await file.stat();
      const archive = tarOfOne(memberOf(carve), size, Math.floor(mtimeMs / 1000), () => exactly(file, size));
      carve.size = archive.size;
      carve.sha256 = await this.#blocks(carve, archive, signal);
    } finally {
      await file.close();
    }
  }

  /** Returns the SHA-256 of the archive. */
  async #blocks({ guid, requestId }: Announced, archive: TarOfOne, signal: AbortSignal): Promise<string> {
    const { client, blockBytes } = this.#options;
    const geometry = { block_count: Math.ceil(archive.size / blockBytes), block_size: blockBytes, carve_size: archive.size };
    const session = await client.carveStart({ ...geometry, carve_id: guid, request_id: requestId }, signal);
    const digest = createHash('sha256');
    let id = 0;
    for await (const block of inBlocks(archive.bytes(), blockBytes)) {
      digest.update(block);
      const data = block.toString('base64');
      await client.carveBlock({ block_id: id, session_id: session, request_id: requestId, data }, signal);
      id += 1;
    }
    return digest.digest('hex');
  }
}

const rowOf = ({ time, sha256, size, path, status, guid, requestId }: Announced, carve: 0 | 1): TableRow => ({
  time,
  sha256,
  size,
  path,
  status,
  carve_guid: guid,
  request_id: requestId,
  carve,
});

/** Where osqueryd gathers what it carves. */
const memberOf = ({ guid, path }: Announced): string => `/tmp/osquery_carve_${guid}/${path.replace(/^\/+|:/g, '').replaceAll('\\', '/')}`;

const isFileError = (thrown: unknown): thrown is Error => thrown instanceof Error && 'syscall' in thrown;

/** Exactly `size` bytes of a file that may grow or shrink meanwhile: what is missing is zeros. */
async function* exactly(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let done = 0; done < size; ) {
    const buffer = Buffer.alloc(Math.min(READ_BYTES, size - done));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, done);
    const part = bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead);
    yield part;
    done += part.length;
  }
}

/** The same bytes in parts of `size`; the last one may be shorter. */
async function* inBlocks(parts: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const part of parts) {
    rest.push(part);
    length += part.length;
    while (length >= size) {
      const all = Buffer.concat(rest);
      yield all.subarray(0, size);
      rest = [all.subarray(size)];
      length -= size;
    }
  }
  if (length > 0) yield Buffer.concat(rest);
}
