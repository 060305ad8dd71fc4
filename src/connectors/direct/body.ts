/** Reads request bodies within limits. What is too much is refused by an error reply, so that the client keeps its data. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** A body that is not taken. `message` goes into the `error` of the reply. */
export class BadBody extends Error {
  override readonly name = 'BadBody';
}

/** osquery's own bodies nest 5 deep. */
const MAX_DEPTH = 16;

const inflate = promisify(gunzip);

/** Reads to the end even when it is too much, without keeping it: a client that is still sending would not see the reply. */
async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  let tooLarge = Number(request.headers['content-length'] ?? 0) > maxBytes;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    tooLarge ||= size > maxBytes;
    if (tooLarge) chunks.length = 0;
    else chunks.push(chunk);
  }
  if (tooLarge) throw new BadBody('too large');
  return Buffer.concat(chunks);
}

async function decoded(request: IncomingMessage, bytes: Buffer, gzip: boolean, maxBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return bytes;
  if (encoding !== 'gzip' || !gzip) throw new BadBody('content encoding not supported');
  try {
    return await inflate(bytes, { maxOutputLength: maxBytes });
  } catch (thrown) {
    const tooLarge = thrown instanceof RangeError;
    throw new BadBody(tooLarge ? 'too large' : 'not gzip');
  }
}

/** Looks at nesting before parsing: a few MB of `[` must not become objects. */
function tooDeep(bytes: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (inString) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}

export type BodyLimits = {
  /** Bytes on the wire, and bytes once unpacked. */
  readonly maxBytes: number;
  /** Only log bodies are ever packed (contracts/osquery-remote.md 1.5). */
  readonly gzip: boolean;
};

/**
 * The request's JSON. Invalid UTF-8, which osquery passes on from files and process arguments, becomes U+FFFD.
 * Throws `BadBody`; rejects with the stream's own error when the client went away.
 */
export async function readJson(request: IncomingMessage, { maxBytes, gzip }: BodyLimits): Promise<unknown> {
  const bytes = await decoded(request, await readBytes(request, maxBytes), gzip, maxBytes);
  if (tooDeep(bytes)) throw new BadBody('nested too deeply');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new BadBody('not JSON');
  }
}
