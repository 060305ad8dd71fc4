/** Address ranges (`10.0.0.0/8`, `fe80::/10`, one address). IPv4 inside IPv6 (`::ffff:10.0.0.1`) counts as IPv4. */

type Address = { readonly bits: 32 | 128; readonly value: bigint };
type Range = Address & { readonly prefix: number };

function parseV4(text: string): bigint | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (!parts || parts.some(part => part > 255)) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

const groupsOf = (text: string): readonly string[] => (text === '' ? [] : text.split(':'));

function parseV6(text: string): bigint | undefined {
  const [, head = '', tail] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  const v4 = tail === undefined ? undefined : parseV4(tail);
  if (tail !== undefined && v4 === undefined) return undefined;
  const whole = v4 === undefined ? text : `${head}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  const [left = '', right, ...more] = whole.split('::');
  if (more.length > 0) return undefined;
  const before = groupsOf(left);
  const after = right === undefined ? [] : groupsOf(right);
  const missing = 8 - before.length - after.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array<string>(missing).fill('0'), ...after];
  if (!groups.every(group => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

const MAPPED = 0xffffn;

function parseAddress(text: string): Address | undefined {
  const v4 = parseV4(text);
  if (v4 !== undefined) return { bits: 32, value: v4 };
  const v6 = text.includes(':') ? parseV6(text.replace(/%.*$/, '')) : undefined;
  if (v6 === undefined) return undefined;
  return v6 >> 32n === MAPPED ? { bits: 32, value: v6 & 0xffffffffn } : { bits: 128, value: v6 };
}

/** Undefined for what is no range. */
export function parseCidr(text: string): Range | undefined {
  const [, base = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseAddress(base);
  if (!address) return undefined;
  const prefix = length === undefined ? address.bits : Number(length);
  return prefix <= address.bits ? { ...address, prefix } : undefined;
}

/** A test for addresses; what is no address is in no range. Throws for what is no range. */
export function cidrTest(text: string): (address: string) => boolean {
  const range = parseCidr(text);
  if (!range) throw new Error(`'${text}' is no address range`);
  const shift = BigInt(range.bits - range.prefix);
  const network = range.value >> shift;
  return candidate => {
    const address = parseAddress(candidate);
    return address !== undefined && address.bits === range.bits && address.value >> shift === network;
  };
}
