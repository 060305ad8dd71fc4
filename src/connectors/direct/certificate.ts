/** The certificate that hosts pin: made on first use, kept in the data directory. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { keepPrivate, readPrivate, writePrivate } from './private-file.ts';

const DAY_MS = 86_400_000;
/** Hosts pin the certificate, so it has to outlast an incident by far; 398 days is what TLS clients accept at most. */
const VALID_DAYS = 398;
const RENEW_DAYS = 30;
/** Clocks of suspect hosts are often slow. */
const BACKDATED_DAYS = 2;

export type Identity = {
  readonly certificate: string;
  readonly key: string;
  /** SHA-256 of the certificate, `AB:CD:…`. */
  readonly fingerprint: string;
  /** Epoch ms. */
  readonly notAfter: number;
  /** What the operator should know about it, as standing remarks. */
  readonly remarks: readonly string[];
};

export type IdentityRequest = {
  readonly dir: string;
  /** DNS names and IP addresses that hosts may use. */
  readonly names: readonly string[];
  /** Enrolled nodes: while there are any, a certificate that still works is not replaced, for they pin it. */
  readonly enrolled: number;
  readonly now: number;
};

type Loaded = { readonly pem: string; readonly key: string; readonly certificate: X509Certificate };

function load(certificatePath: string, keyPath: string): Loaded | undefined {
  const pem = readPrivate(certificatePath);
  const key = readPrivate(keyPath);
  if (pem === undefined || key === undefined) return undefined;
  keepPrivate(keyPath);
  try {
    const certificate = new X509Certificate(pem);
    return certificate.checkPrivateKey(createPrivateKey(key)) ? { pem, key, certificate } : undefined;
  } catch {
    return undefined; // Not PEM any more: as good as lost.
  }
}

const covers = (certificate: X509Certificate, name: string): boolean =>
  (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;

/** Loads the certificate, or makes one when there is none, it is worn out, or it lacks a name and nobody pins it. */
export async function serverIdentity({ dir, names, enrolled, now }: IdentityRequest): Promise<Identity> {
  const certificatePath = join(dir, 'cert.pem');
  const keyPath = join(dir, 'key.pem');
  const kept = load(certificatePath, keyPath);
  if (kept) {
    const notAfter = kept.certificate.validToDate.getTime();
    const daysLeft = Math.floor((notAfter - now) / DAY_MS);
    const missing = names.filter(name => !covers(kept.certificate, name));
    const due = daysLeft < RENEW_DAYS || missing.length > 0;
    if (daysLeft >= 0 && (enrolled > 0 || !due)) {
      const remarks = [
        ...(daysLeft < RENEW_DAYS
          ? [`the certificate ends in ${daysLeft} d; it is renewed once no host is enrolled, or when it has ended`]
          : []),
        ...(missing.length > 0
          ? [`the certificate does not name ${missing.join(', ')}; ${enrolled} enrolled hosts pin it, so it stays`]
          : []),
      ];
      return { certificate: kept.pem, key: kept.key, fingerprint: kept.certificate.fingerprint256, notAfter, remarks };
    }
  }
  const notAfter = now + VALID_DAYS * DAY_MS;
  const { selfSigned } = await import('./x509.ts');
  const { certificate, key } = await selfSigned({ names, notBefore: now - BACKDATED_DAYS * DAY_MS, notAfter });
  writePrivate(keyPath, key);
  writePrivate(certificatePath, certificate);
  const remarks = enrolled > 0 ? [`the certificate is new: the ${enrolled} hosts enrolled before must be given it`] : [];
  return { certificate, key, fingerprint: new X509Certificate(certificate).fingerprint256, notAfter, remarks };
}
