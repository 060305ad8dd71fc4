/** A pax tar with one file, as osqueryd's carver makes it (contracts/osquery-remote.md 1.7). */

const RECORD = 512;
const NAME_BYTES = 100;
const END = Buffer.alloc(2 * RECORD);

const padded = (size: number): number => Math.ceil(size / RECORD) * RECORD;

function header(name: Buffer, size: number, mtimeS: number, type: '0' | 'x'): Buffer {
  const record = Buffer.alloc(RECORD);
  name.copy(record, 0, 0, NAME_BYTES);
  record.write('0000600\0', 100);
  record.write('0000000\0'.repeat(2), 108);
  record.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  record.write(`${mtimeS.toString(8).padStart(11, '0')}\0`, 136);
  record.write(' '.repeat(8), 148);
  record.write(type, 156);
  record.write('ustar\u000000', 257);
  const sum = record.reduce((total, byte) => total + byte, 0);
  record.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return record;
}

/** `<length> path=<name>\n`, where the length counts itself. */
function paxRecord(name: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(' path='), name, Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** Everything before the content. */
function opening(name: Buffer, size: number, mtimeS: number): Buffer {
  const file = header(name, size, mtimeS, '0');
  if (name.length <= NAME_BYTES) return file;
  const pax = paxRecord(name);
  const fill = Buffer.alloc(padded(pax.length) - pax.length);
  return Buffer.concat([header(Buffer.from('pax'), pax.length, mtimeS, 'x'), pax, fill, file]);
}

export type TarOfOne = {
  /** Bytes of the archive. */
  readonly size: number;
  bytes(): AsyncIterable<Buffer>;
};

/** `content` yields exactly `size` bytes. */
export function tarOfOne(name: string, size: number, mtimeS: number, content: () => AsyncIterable<Buffer>): TarOfOne {
  const head = opening(Buffer.from(name), size, mtimeS);
  return {
    size: head.length + padded(size) + END.length,
    async *bytes() {
      yield head;
      yield* content();
      yield Buffer.alloc(padded(size) - size);
      yield END;
    },
  };
}
