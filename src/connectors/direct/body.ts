/**
 * Reads request bodies within limits. Who has not shown a valid key may send little: a large body is kept only for a
 * node. What is too much is refused by an error reply, so that the client keeps its data.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Proof, Route } from './routes.ts';

/** A body that is not taken. `message` goes into the `error` of the reply. */
export class BadBody extends Error {
  override readonly name = 'BadBody';
}

/** Until a key is proven. Room for a delivery of 1,024 lines whose key comes last, as other clients write it. */
const MAX_UNPROVEN_BYTES = 1_048_576;
/** Where osquery writes its key: at the beginning. */
const KEY_WITHIN = 4_096;
const PROOF_IN_BODY = { node_key: /"node_key"\s*:\s*"([\w-]{1,128})"/, session_id: /"session_id"\s*:\s*"([\w-]{1,128})"/ } as const;
/** Bytes of all bodies that are being read or answered. Small ones are taken beyond it: large ones keep no host from asking. */
const MAX_IN_MEMORY = 128 * 1_048_576;
const SMALL_BYTES = 65_536;

/** The key that a body shows, if its beginning does. */
const keyIn = (proof: Proof, beginning: string): string | undefined => PROOF_IN_BODY[proof].exec(beginning)?.[1];

/** The key that a body as a whole shows. */
export const keyOf = (proof: Proof, body: Uint8Array): string | undefined =>
  keyIn(proof, Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, KEY_WITHIN)).toString('latin1'));

/** Whether a node's key, or a carve's session, is one. Never rejects. */
export type KeyCheck = (key: string) => Promise<boolean>;

/** What a client has shown so far. */
class Shown {
  readonly #proof: Proof;
  readonly #isKey: KeyCheck;
  #beginning = '';
  #proving: Promise<boolean> | undefined;
  key: string | undefined;

  constructor(proof: Proof, headerKey: string | undefined, isKey: KeyCheck) {
    this.#proof = proof;
    this.#isKey = isKey;
    this.key = headerKey;
  }

  look(chunk: Buffer): void {
    if (this.key !== undefined || this.#beginning.length >= KEY_WITHIN) return;
    this.#beginning += chunk.toString('latin1', 0, KEY_WITHIN);
    this.key = keyIn(this.#proof, this.#beginning);
  }

  /** Asks once. Whoever asks early has the answer at hand when it matters. */
  async isProven(): Promise<boolean> {
    if (this.key !== undefined) this.#proving ??= this.#isKey(this.key);
    return (await this.#proving) ?? false;
  }
}

/** All bodies of a server, which share its memory. */
export class BodyReader {
  #inMemory = 0;

  /**
   * Reads the request's body, unpacked, and hands it to `work`; its memory counts until that has ended. A body that is
   * refused goes to `refuse` with the key that was shown. Rejects with the stream's own error when the client went away.
   */
  async read<T>(
    request: IncomingMessage,
    route: Route,
    asking: { readonly headerKey: string | undefined; readonly isKey: KeyCheck },
    { work, refuse }: { work(body: Uint8Array<ArrayBuffer>): Promise<T>; refuse(reason: string, key: string | undefined): Promise<T> },
  ): Promise<T> {
    const shown = new Shown(route.proof, asking.headerKey, asking.isKey);
    const chunks: Buffer[] = [];
    let counted = 0;
    try {
      for await (const chunk of chunksWithin(request, route, shown)) {
        chunks.push(chunk);
        counted += chunk.length;
        this.#inMemory += chunk.length;
        if (counted > SMALL_BYTES && this.#inMemory > MAX_IN_MEMORY) throw new BadBody('busy');
      }
      return await work(joined(chunks, counted));
    } catch (thrown) {
      await toTheEnd(request);
      if (thrown instanceof BadBody && thrown.message !== 'busy') return refuse(thrown.message, shown.key);
      throw thrown;
    } finally {
      this.#inMemory -= counted;
    }
  }
}

/** In memory of its own, which can be handed to another thread. */
function joined(chunks: readonly Buffer[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** The unpacked bytes, as long as they are not more than this client may send. */
async function* chunksWithin(request: IncomingMessage, { maxBytes, gzip }: Route, shown: Shown): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of unpacked(request, gzip)) {
    // Who sends more than fits into one piece may need its proof, and is not pushed out for others once it has it.
    if (size > 0) void shown.isProven();
    shown.look(chunk);
    size += chunk.length;
    const isTooLarge = size > maxBytes || (size > MAX_UNPROVEN_BYTES && !(await shown.isProven()));
    if (isTooLarge) throw new BadBody('too large');
    yield chunk;
  }
}

async function* unpacked(request: IncomingMessage, gzip: boolean): AsyncGenerator<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && !(encoding === 'gzip' && gzip)) throw new BadBody('content encoding not supported');
  if (encoding === 'identity') {
    yield* chunksOf(request);
    return;
  }
  const gunzip = createGunzip();
  try {
    yield* chunksOf(request.on('error', error => gunzip.destroy(error)).pipe(gunzip));
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('Z_')) throw new BadBody('not gzip');
    throw thrown;
  } finally {
    request.unpipe(gunzip);
    gunzip.destroy();
  }
}

/** Leaving early does not destroy the request: a client that is still sending has to see the reply. */
async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
}

/** A client that is still sending would not see the reply. */
async function toTheEnd(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return;
  await new Promise<void>(resolve => {
    request
      .on('end', resolve)
      .on('close', resolve)
      .on('error', () => resolve());
    request.resume();
  });
}
