/** Reads the archives of osqueryd's carver, which come from hosts that may be hostile: nothing in them is believed. */
import { StringDecoder } from 'node:string_decoder';

const BLOCK = 512;
const MAX_EXTENSION_BYTES = 65_536;

export type TarEntry = {
  /** As it stands in the archive: absolute, as a rule. */
  readonly name: string;
  /** 'other': a link, a device, a directory. */
  readonly kind: 'file' | 'other';
  readonly size: number;
  /** The content; has to be read before the next entry is asked for, or is passed over. */
  readonly content: AsyncIterable<Buffer>;
};

/** What is no archive, or ends too early. */
export class TarError extends Error {}

/** Hands out exactly as many bytes as are asked for. */
class Source {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Up to `max` bytes, at least one; undefined at the end. */
  async some(max: number): Promise<Buffer | undefined> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#rest = next.value;
    }
    const taken = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  async exactly(count: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    for (let left = count; left > 0; ) {
      const part = await this.some(left);
      if (!part) return undefined;
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }
}

const text = (field: Buffer): string =>
  new StringDecoder('utf8').end(field.subarray(0, (field.indexOf(0) + field.length + 1) % (field.length + 1)));

/** Octal text, or with the first bit set a big-endian number, as GNU tar writes large sizes. */
function numberIn(field: Buffer): number {
  const first = field[0] ?? 0;
  if ((first & 0x80) === 0) return Number.parseInt(text(field).trim() || '0', 8);
  return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, first & 0x7f);
}

function checksumFits(header: Buffer): boolean {
  let sum = 0;
  for (let at = 0; at < BLOCK; at += 1) sum += at >= 148 && at < 156 ? 0x20 : (header[at] ?? 0);
  return sum === numberIn(header.subarray(148, 156));
}

/** `path` and `size` of a pax header: records `LENGTH KEY=VALUE\n`. */
function paxFields(bytes: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, Math.max(at, space)));
    if (space < 0 || !Number.isInteger(length) || length <= 0) break;
    const record = bytes.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    if (equals > 0) fields.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return fields;
}

async function* contentOf(source: Source, size: number): AsyncGenerator<Buffer> {
  for (let left = size; left > 0; ) {
    const part = await source.some(left);
    if (!part) throw new TarError('the archive ends in the middle of a file');
    left -= part.length;
    yield part;
  }
  if (size % BLOCK > 0 && !(await source.exactly(BLOCK - (size % BLOCK)))) throw new TarError('the archive ends too early');
}

/** The entries in their order. Throws `TarError`. */
export async function* tarEntries(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const source = new Source(chunks);
  let extended: ReadonlyMap<string, string> = new Map();
  for (let header = await source.exactly(BLOCK); header; header = await source.exactly(BLOCK)) {
    if (header.every(byte => byte === 0)) return;
    if (!checksumFits(header)) throw new TarError('it is no tar archive');
    const type = String.fromCharCode(header[156] ?? 0);
    const prefix = header.toString('latin1', 257, 262) === 'ustar' ? text(header.subarray(345, 500)) : '';
    const own = text(header.subarray(0, 100));
    const size = Number(extended.get('size') ?? numberIn(header.subarray(124, 136)));
    if (!Number.isSafeInteger(size) || size < 0) throw new TarError('it has a file of no size');
    if (type === 'x' || type === 'g' || type === 'L') {
      if (size > MAX_EXTENSION_BYTES) throw new TarError('it has a header without end');
      const parts: Buffer[] = [];
      for await (const part of contentOf(source, size)) parts.push(part);
      const bytes = Buffer.concat(parts);
      if (type === 'x') extended = paxFields(bytes);
      else if (type === 'L') extended = new Map([['path', text(bytes)]]);
      continue;
    }
    const name = extended.get('path') ?? (prefix ? `${prefix}/${own}` : own);
    extended = new Map();
    const content = contentOf(source, size);
    yield { name, kind: type === '0' || type === '\0' ? 'file' : 'other', size, content };
    for await (const _rest of content);
  }
}
