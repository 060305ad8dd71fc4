/** Makes the self-signed certificate that osquery pins. The key and the signature are node:crypto's. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import * as der from './der.ts';

export type CertificateRequest = {
  /** DNS names and IP addresses that clients may use: the subject alternative names. */
  readonly names: readonly string[];
  /** Epoch ms. */
  readonly notBefore: number;
  readonly notAfter: number;
};

const ECDSA_SHA256 = der.sequence(der.oid('1.2.840.10045.4.3.2'));
const COMMON_NAME = '2.5.4.3';
const BASIC_CONSTRAINTS = '2.5.29.19';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const SUBJECT_ALT_NAME = '2.5.29.17';
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** The 4 or 16 bytes of an address. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const missing = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail)];
  return Buffer.from(all.map(group => group.padStart(4, '0')).join(''), 'hex');
}

const altName = (name: string): Buffer =>
  isIP(name) ? der.implicit(IP_ADDRESS, addressBytes(name)) : der.implicit(DNS_NAME, Buffer.from(name, 'ascii'));

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  der.sequence(der.oid(id), ...(critical ? [Buffer.of(0x01, 0x01, 0xff)] : []), der.octets(value));

const pem = (label: string, content: Buffer): string =>
  `-----BEGIN ${label}-----\n${content.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`;

/**
 * A P-256 key and its self-signed server certificate, both as PEM. It is no CA, so that whoever trusts it trusts nothing
 * else. It has no key usage on purpose: OpenSSL 1.1.1 (older osquery) takes a self-signed certificate whose key usage
 * lacks `keyCertSign` for one of an unknown issuer, and refuses it.
 */
export function selfSigned({ names, notBefore, notAfter }: CertificateRequest): { readonly certificate: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = der.sequence(der.set(der.sequence(der.oid(COMMON_NAME), der.text('rollcall'))));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Buffer.of(2))),
    der.integer(serial),
    ECDSA_SHA256,
    name,
    der.sequence(der.time(notBefore), der.time(notAfter)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(
      3,
      der.sequence(
        extension(BASIC_CONSTRAINTS, true, der.sequence()),
        extension(EXTENDED_KEY_USAGE, false, der.sequence(der.oid(SERVER_AUTH))),
        extension(SUBJECT_ALT_NAME, false, der.sequence(...names.map(altName))),
      ),
    ),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const certificate = der.sequence(toBeSigned, ECDSA_SHA256, der.bits(signature));
  return { certificate: pem('CERTIFICATE', certificate), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
