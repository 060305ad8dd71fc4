/**
 * Reads request bodies within limits. Who has not shown a valid key may send little: a large body is kept only for a
 * node. What is too much is refused by an error reply, so that the client keeps its data.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { JsonError, type JsonLimits, parseSliced } from './sliced-json.ts';

/** A body that is not taken. `message` goes into the `error` of the reply. */
export class BadBody extends Error {
  override readonly name = 'BadBody';
}

/** osquery's own bodies nest 5 deep; its snapshots have some thousand rows. */
const JSON_LIMITS: JsonLimits = { maxDepth: 16, maxContainers: 400_000 };
/** Until a key is proven. Room for a delivery of 1,024 lines whose key comes last, as other clients write it. */
const MAX_UNPROVEN_BYTES = 1_048_576;
/** Where osquery writes its key: at the beginning. */
const KEY_WITHIN = 4_096;
const PROOF_IN_BODY = { node_key: /"node_key"\s*:\s*"([\w-]{1,128})"/, session_id: /"session_id"\s*:\s*"([\w-]{1,128})"/ } as const;
/** Bytes of all bodies that are being read. */
const MAX_IN_MEMORY = 128 * 1_048_576;

export type BodyLimits = {
  /** Bytes on the wire, and bytes once unpacked. */
  readonly maxBytes: number;
  /** Only log bodies are ever packed (contracts/osquery-remote.md 1.5). */
  readonly gzip: boolean;
  /** What proves that a large body is wanted. */
  readonly proof: keyof typeof PROOF_IN_BODY;
};

/** Whether a node's key, or a carve's session, is one. */
export type KeyCheck = (key: string) => boolean;

export type Body = { readonly value: unknown; readonly bytes: number };

/** All bodies of a server, which share its memory. */
export class BodyReader {
  #inMemory = 0;

  /**
   * The request's JSON. Invalid UTF-8, which osquery passes on from files and process arguments, becomes U+FFFD.
   * Throws `BadBody`; rejects with the stream's own error when the client went away.
   */
  async read(request: IncomingMessage, limits: BodyLimits, headerKey: string | undefined, isKey: KeyCheck): Promise<Body> {
    const proven = headerKey !== undefined && isKey(headerKey);
    const chunks: Buffer[] = [];
    let counted = 0;
    try {
      for await (const chunk of this.#chunks(request, limits, proven, isKey)) {
        chunks.push(chunk);
        counted += chunk.length;
        this.#inMemory += chunk.length;
        if (this.#inMemory > MAX_IN_MEMORY) throw new BadBody('busy');
      }
      return { value: await parseSliced(Buffer.concat(chunks), JSON_LIMITS), bytes: counted };
    } catch (thrown) {
      await toTheEnd(request);
      if (thrown instanceof JsonError) throw new BadBody(thrown.message);
      throw thrown;
    } finally {
      this.#inMemory -= counted;
    }
  }

  /** The unpacked bytes, as long as they are not more than this client may send. */
  async *#chunks(
    request: IncomingMessage,
    { maxBytes, gzip, proof }: BodyLimits,
    proven: boolean,
    isKey: KeyCheck,
  ): AsyncGenerator<Buffer> {
    let known = proven;
    let beginning = '';
    let size = 0;
    for await (const chunk of unpacked(request, gzip)) {
      if (!known && beginning.length < KEY_WITHIN) {
        beginning += chunk.toString('latin1', 0, KEY_WITHIN);
        const key = PROOF_IN_BODY[proof].exec(beginning)?.[1];
        known = key !== undefined && isKey(key);
      }
      size += chunk.length;
      if (size > (known ? maxBytes : Math.min(maxBytes, MAX_UNPROVEN_BYTES))) throw new BadBody('too large');
      yield chunk;
    }
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
