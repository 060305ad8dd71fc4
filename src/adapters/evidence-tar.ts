/** The headers of a tar archive (POSIX ustar), for files with short names of our own. */

export const TAR_BLOCK = 512;

/** Bytes that fill a file up to whole blocks. */
export const tarPadding = (size: number): Buffer => Buffer.alloc((TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK);

/** What ends an archive. */
export const TAR_END = Buffer.alloc(2 * TAR_BLOCK);

/** 11 octal digits. */
const MOST_BYTES = 0o77_777_777_777;

/** The header of a file, 0600, of nobody in particular. `name` fits into 100 bytes. Throws RangeError for what does not fit. */
export function tarHeader(name: string, size: number, mtimeS: number): Buffer {
  if (Buffer.byteLength(name) > 100 || size > MOST_BYTES) throw new RangeError(`${name} does not fit into a tar archive`);
  const octal = (value: number) => `${Math.max(0, Math.floor(value)).toString(8).padStart(11, '0')}\0`;
  const header = Buffer.alloc(TAR_BLOCK);
  header.write(name, 0);
  header.write('0000600\0', 100);
  header.write('0000000\0'.repeat(2), 108);
  header.write(octal(size), 124);
  header.write(octal(mtimeS), 136);
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
