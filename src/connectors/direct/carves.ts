/**
 * Takes carves from nodes (contracts/osquery-remote.md 1.7). Only those that a node announced in its answer to a query
 * of ours are taken. The client sends blocks again, sees no error in a reply and calls its carve a success whatever is
 * said: whether all is there is for us to know.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock, Log } from '../../core/ports.ts';
import { bytesOf, type CarveRecord, CarveStore } from './carve-store.ts';
import type { Limits } from './limits.ts';
import type { Node } from './nodes.ts';
import { freeBytes } from './quota.ts';

/** The largest that clients in the field are set to: orbit's 8 MB. */
const MAX_BLOCK_BYTES = 8 * 1_048_576;
const MAX_ID = 128;

const count = z.coerce.number().int().positive();
const startBody = z.looseObject({
  block_count: count,
  block_size: count.max(MAX_BLOCK_BYTES),
  carve_size: count,
  carve_id: z.string().min(1).max(MAX_ID),
  request_id: z.string().max(MAX_ID),
});
const blockBody = z.looseObject({
  block_id: z.coerce.number().int().min(0),
  session_id: z.string().min(1).max(MAX_ID),
  request_id: z.string().max(MAX_ID),
  data: z.string(),
});
const announcement = z.looseObject({ carve_guid: z.string().min(1).max(MAX_ID), request_id: z.string().max(MAX_ID).catch('') });

type Receiving = { record: CarveRecord; readonly blocks: Set<number> };
type Reply = Readonly<Record<string, unknown>>;

export type CarvesDeps = { readonly dir: string; readonly limits: Limits; readonly clock: Clock; readonly log: Log };

const sha256 = (text: string): string => hash('sha256', text, 'hex');
const failed = (error: string): Reply => ({ error });

/** The disk could not take it: the client tries again only when the exchange itself fails. */
export class DiskRefused extends Error {}

export class Carves {
  readonly #deps: CarvesDeps;
  readonly #store: CarveStore;
  readonly #byGuid = new Map<string, CarveRecord>();
  readonly #bySession = new Map<string, Receiving>();
  readonly #finishing = new Set<Promise<void>>();

  constructor(deps: CarvesDeps) {
    this.#deps = deps;
    this.#store = new CarveStore(deps.dir);
    for (const record of this.#store.records()) {
      this.#byGuid.set(guidKey(record.nodeId, record.guid), record);
      if (record.sha256 === null && record.session !== null) this.#receive(record, record.session);
    }
  }

  /** A node's answer to a carve query: what it is about to send. */
  announce(node: Node, path: string, runId: string, rows: readonly unknown[]): void {
    for (const row of rows) {
      const { data } = announcement.safeParse(row);
      if (!data || this.#byGuid.has(guidKey(node.id, data.carve_guid))) continue;
      const asked = { guid: data.carve_guid, requestId: data.request_id, nodeId: node.id, hostname: node.hostname, path, runId };
      const nothing = { session: null, size: 0, blockSize: 0, blockCount: 0, completedAt: null, sha256: null, format: null };
      const now = this.#deps.clock.now();
      this.#keep({ id: newId(now), ...asked, requestedAt: now, ...nothing });
    }
  }

  /** Begins a carve, or goes on with one that was begun: then what is in stays in. */
  start(node: Node, body: unknown): Reply {
    const parsed = startBody.safeParse(body);
    if (!parsed.success) return failed('not a carve');
    const { carve_id, request_id, carve_size: size, block_size: blockSize, block_count: blockCount } = parsed.data;
    const known = this.#byGuid.get(guidKey(node.id, carve_id));
    if (!known || (known.requestId !== '' && known.requestId !== request_id)) return failed('this carve was not announced');
    if (known.sha256 !== null) return failed('this carve is complete');
    if (size > blockSize * blockCount || size <= blockSize * (blockCount - 1)) return failed('size, block size and block count do not fit');
    const refusal = this.#noRoom(size);
    if (refusal !== undefined) {
      this.#deps.log.write('warn', 'A carve was refused.', { host: node.hostname, path: known.path, size, reason: refusal });
      return failed(refusal);
    }
    const same = known.size === size && known.blockSize === blockSize && known.blockCount === blockCount;
    if (known.session !== null && !same) return failed('this carve began with another size');
    const session = randomBytes(24).toString('base64url');
    if (known.session !== null) this.#bySession.delete(known.session);
    const record = { ...known, requestId: request_id, session: sha256(session), size, blockSize, blockCount };
    this.#keep(record);
    this.#receive(record, record.session);
    return { session_id: session };
  }

  /** Whether a session is one of a carve that is coming. */
  isSession(session: string): boolean {
    return this.#bySession.has(sha256(session));
  }

  /** Takes a block, in any order, any number of times. Throws `DiskRefused`. */
  block(body: unknown): Reply {
    const parsed = blockBody.safeParse(body);
    if (!parsed.success) return failed('not a block');
    const { block_id: block, session_id, request_id, data } = parsed.data;
    const receiving = this.#bySession.get(sha256(session_id));
    if (!receiving || !equal(receiving.record.requestId, request_id)) return failed('no such carve');
    const { record, blocks } = receiving;
    if (block >= record.blockCount) return failed('no such block');
    if (blocks.has(block)) return { success: true };
    const bytes = Buffer.from(data, 'base64');
    if (bytes.length !== bytesOf(record, block)) return failed('the block has another size');
    this.#write(receiving, block, bytes);
    if (blocks.size === record.blockCount) this.#finish(receiving);
    return { success: true };
  }

  /** Resolves when digests that are being taken are known. */
  async close(): Promise<void> {
    await Promise.all(this.#finishing);
  }

  #write({ record, blocks }: Receiving, block: number, bytes: Buffer): void {
    try {
      this.#store.write(record, block, bytes);
    } catch (thrown) {
      this.#deps.log.write('error', 'A block of a carve could not be written.', { carve: record.id, block, detail: String(thrown) });
      throw new DiskRefused('the block could not be written', { cause: thrown });
    }
    blocks.add(block);
  }

  #finish(receiving: Receiving): void {
    const finishing = this.#digest(receiving).finally(() => this.#finishing.delete(finishing));
    this.#finishing.add(finishing);
  }

  async #digest(receiving: Receiving): Promise<void> {
    const { clock, log } = this.#deps;
    try {
      const finished = await this.#store.finish(receiving.record, clock.now());
      receiving.record = finished;
      this.#byGuid.set(guidKey(finished.nodeId, finished.guid), finished);
      log.write('info', 'A carve is complete.', {
        carve: finished.id,
        host: finished.hostname,
        path: finished.path,
        sha256: finished.sha256,
      });
    } catch (thrown) {
      log.write('error', 'A carve is all here but could not be finished.', { carve: receiving.record.id, detail: String(thrown) });
    }
  }

  /** Listens for blocks. A carve that was complete when the process ended is finished now. */
  #receive(record: CarveRecord, session: string): void {
    const receiving = { record, blocks: this.#store.blocks(record) };
    this.#bySession.set(session, receiving);
    if (receiving.blocks.size === record.blockCount) this.#finish(receiving);
  }

  #keep(record: CarveRecord): void {
    this.#byGuid.set(guidKey(record.nodeId, record.guid), record);
    this.#store.save(record);
  }

  #noRoom(size: number): string | undefined {
    const { limits, dir } = this.#deps;
    if (size > limits.carveBytes) return 'too large';
    const all = [...this.#byGuid.values()].reduce((sum, record) => sum + record.size, 0);
    if (all + size > limits.allCarveBytes) return 'quota of all carves reached';
    return freeBytes(dir) - size < limits.freeBytes ? 'disk full' : undefined;
  }
}

const guidKey = (nodeId: string, guid: string): string => `${nodeId} ${guid}`;

const equal = (a: string, b: string): boolean => timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));

/** Sorts by time. */
function newId(now: number): string {
  const time = new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 15).toLowerCase();
  return `${time}-${randomBytes(3).toString('hex')}`;
}
