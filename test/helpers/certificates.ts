/** Certificates for TLS servers in tests. */
import type { webcrypto } from 'node:crypto';
import type * as X509 from '@peculiar/x509';

export type TestCertificate = { readonly cert: string; readonly key: string };
export type TestAuthority = { readonly cert: string; sign(options?: CertificateOptions): Promise<TestCertificate> };
export type CertificateOptions = {
  /** DNS names and IP addresses; default 127.0.0.1 and localhost. */
  readonly names?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
};

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** The package asks for the Reflect metadata API when it is loaded; nothing that it then does here needs a real one. */
async function load(): Promise<typeof X509> {
  Object.assign(Reflect, {
    getMetadata: () => undefined,
    getOwnMetadata: () => undefined,
    hasOwnMetadata: () => false,
    defineMetadata: () => undefined,
    metadata: () => () => undefined,
  });
  return import('@peculiar/x509');
}

const newKeys = () => crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${(der.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
}

function fields(x509: typeof X509, subject: string, options: CertificateOptions) {
  const names = options.names ?? ['127.0.0.1', 'localhost'];
  return {
    serialNumber: Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex'),
    notBefore: options.notBefore ?? new Date(Date.now() - DAY_MS),
    notAfter: options.notAfter ?? new Date(Date.now() + DAY_MS),
    signingAlgorithm: ALGORITHM,
    subject: `CN=${subject}`,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        names.map(value => ({ type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
    ],
  };
}

export async function selfSigned(options: CertificateOptions = {}): Promise<TestCertificate> {
  const x509 = await load();
  const keys = await newKeys();
  const { subject, ...rest } = fields(x509, 'self-signed', options);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({ ...rest, name: subject, keys });
  return { cert: cert.toString('pem'), key: await keyPem(keys.privateKey) };
}

/** A CA of its own, which signs certificates for servers and clients. */
export async function authority(): Promise<TestAuthority> {
  const x509 = await load();
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...fields(x509, 'unused', { names: [] }),
    name: 'CN=Test CA',
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    cert: root.toString('pem'),
    async sign(options = {}) {
      const own = await newKeys();
      const cert = await x509.X509CertificateGenerator.create({
        ...fields(x509, 'signed', options),
        issuer: 'CN=Test CA',
        signingKey: keys.privateKey,
        publicKey: own.publicKey,
      });
      return { cert: cert.toString('pem'), key: await keyPem(own.privateKey) };
    },
  };
}
