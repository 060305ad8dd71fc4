/** Makes the self-signed certificate that osquery pins. Loaded when there is none yet: the library takes a while. */
import 'reflect-metadata';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export type CertificateRequest = {
  /** DNS names and IP addresses that clients may use: the subject alternative names. */
  readonly names: readonly string[];
  /** Epoch ms. */
  readonly notBefore: number;
  readonly notAfter: number;
};

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const PEM_LINE = /.{64}/g;

/**
 * A P-256 key and its self-signed server certificate, both as PEM. It is no CA, so that whoever trusts it trusts nothing
 * else. It has no key usage on purpose: OpenSSL 1.1.1 (older osquery) takes a self-signed certificate whose key usage
 * lacks `keyCertSign` for one of an unknown issuer, and refuses it.
 */
export async function selfSigned(request: CertificateRequest): Promise<{ readonly certificate: string; readonly key: string }> {
  const { names, notBefore, notAfter } = request;
  const keys = await crypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=rollcall',
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    signingAlgorithm: P256,
    keys,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names.map(value => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
    ],
  });
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${key.replace(PEM_LINE, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`,
  };
}
