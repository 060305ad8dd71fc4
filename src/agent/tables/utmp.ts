/** Records of utmp and wtmp: 384 bytes each on 64-bit Linux (contracts/osquery-remote.md 5). */

export type LoginRecord = {
  readonly type: number;
  readonly pid: number;
  readonly line: string;
  readonly user: string;
  readonly host: string;
  /** Epoch s. */
  readonly time: number;
};

const SIZE = 384;

/** The records of a file, in its order; a torn last one is left out. */
export function* loginRecords(bytes: Buffer): Generator<LoginRecord> {
  for (let at = 0; at + SIZE <= bytes.length; at += SIZE) {
    const text = (from: number, length: number) => cText(bytes.subarray(at + from, at + from + length));
    yield {
      type: bytes.readInt16LE(at),
      pid: bytes.readInt32LE(at + 4),
      line: text(8, 32),
      user: text(44, 32),
      host: text(76, 256),
      time: bytes.readInt32LE(at + 340),
    };
  }
}

function cText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end === -1 ? undefined : end).toString('utf8');
}
