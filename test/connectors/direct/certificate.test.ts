import { X509Certificate } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { serverIdentity } from '../../../src/connectors/direct/certificate.ts';
import { EnrolSecrets } from '../../../src/connectors/direct/enrol-secrets.ts';
import { temporaryDirectory } from '../../helpers/directories.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 21);
const NAMES = ['localhost', '127.0.0.1', '::1'];
const mode = (file: string) => statSync(file).mode & 0o777;

let dir: string;
beforeEach(() => {
  dir = path.join(temporaryDirectory(), 'direct', 'jump');
});
const identity = (over: Partial<Parameters<typeof serverIdentity>[0]> = {}) =>
  serverIdentity({ dir, names: NAMES, enrolled: 0, now: NOW, ...over });

describe('the certificate', () => {
  it('is self-signed, P-256, no CA, and names every address', async () => {
    const { certificate, fingerprint, notAfter } = await identity({ names: [...NAMES, '10.0.0.5', 'fd00::5', 'jump.example'] });
    const parsed = new X509Certificate(certificate);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.ca).toBe(false);
    expect(parsed.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    for (const ip of ['127.0.0.1', '::1', '10.0.0.5', 'fd00::5']) expect(parsed.checkIP(ip), ip).toBe(ip);
    for (const host of ['localhost', 'jump.example']) expect(parsed.checkHost(host), host).toBe(host);
    expect(parsed.checkIP('10.0.0.6')).toBeUndefined();
    expect(fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect(parsed.validFromDate.getTime()).toBeLessThan(NOW);
    expect(notAfter).toBe(parsed.validToDate.getTime());
    expect((notAfter - NOW) / DAY_MS).toBeGreaterThan(90);
  });

  it('is valid beyond 2049, where its dates are written in another way', async () => {
    const { certificate } = await identity({ now: Date.UTC(2049, 11, 1) });
    expect(new X509Certificate(certificate).validToDate.getUTCFullYear()).toBe(2051);
  });

  it('is kept, with its key for the owner only', async () => {
    const first = await identity();
    expect(mode(dir)).toBe(0o700);
    expect(mode(path.join(dir, 'key.pem'))).toBe(0o600);
    expect(mode(path.join(dir, 'cert.pem'))).toBe(0o600);
    expect(await identity({ now: NOW + DAY_MS })).toEqual(first);
  });

  it.each(['jump_box', 'JUMP', 'xn--jmp-hoa.example', '10.0.0.5', 'fd00:0:0::5'])('that names %s is not made anew for it', async name => {
    const names = [...NAMES, name];
    expect((await identity({ names })).fingerprint).toBe((await identity({ names })).fingerprint);
  });

  it('takes its key back from others', async () => {
    await identity();
    chmodSync(path.join(dir, 'key.pem'), 0o644);
    await identity();
    expect(mode(path.join(dir, 'key.pem'))).toBe(0o600);
  });

  it('is made anew for another name only while no host pins it', async () => {
    const first = await identity();
    const names = [...NAMES, 'jump.example'];
    const pinned = await identity({ names, enrolled: 3 });
    expect(pinned.fingerprint).toBe(first.fingerprint);
    expect(pinned.remarks).toEqual([expect.stringContaining('does not name jump.example; 3 enrolled hosts')]);
    const free = await identity({ names });
    expect(free.fingerprint).not.toBe(first.fingerprint);
    expect(free.remarks).toEqual([]);
  });

  it('that ends soon is said while hosts pin it, and renewed when none does', async () => {
    const first = await identity();
    const soon = first.notAfter - 10 * DAY_MS;
    expect(await identity({ now: soon, enrolled: 1 })).toMatchObject({
      fingerprint: first.fingerprint,
      remarks: [expect.stringContaining('ends in 10 d')],
    });
    expect((await identity({ now: soon })).fingerprint).not.toBe(first.fingerprint);
  });

  it('that has ended is renewed in any case, and hosts must be given the new one', async () => {
    const first = await identity();
    const renewed = await identity({ now: first.notAfter + DAY_MS, enrolled: 2 });
    expect(renewed.fingerprint).not.toBe(first.fingerprint);
    expect(renewed.remarks).toEqual([expect.stringContaining('the 2 hosts enrolled before must be given it')]);
  });

  it.each(['cert.pem', 'key.pem'])('is made anew when %s is damaged', async file => {
    const first = await identity();
    writeFileSync(path.join(dir, file), 'damaged');
    expect((await identity()).fingerprint).not.toBe(first.fingerprint);
  });

  it('is made anew when its key is another’s', async () => {
    const first = await identity();
    await identity({ dir: `${dir}-2` });
    writeFileSync(path.join(dir, 'key.pem'), readFileSync(path.join(`${dir}-2`, 'key.pem')));
    expect((await identity()).fingerprint).not.toBe(first.fingerprint);
  });
});

describe('the enroll secret', () => {
  const enrollSecret = (directory: string, file: string | undefined) => new EnrolSecrets(directory, file).current;

  it('is random, kept, and for the owner only', () => {
    const secret = enrollSecret(dir, undefined);
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(enrollSecret(dir, undefined)).toBe(secret);
    expect(enrollSecret(`${dir}-2`, undefined)).not.toBe(secret);
    const file = path.join(dir, 'enroll_secret');
    expect(mode(file)).toBe(0o600);
    chmodSync(file, 0o644);
    enrollSecret(dir, undefined);
    expect(mode(file)).toBe(0o600);
  });

  it('is the operator’s where a file is named', () => {
    const file = path.join(temporaryDirectory(), 'secret');
    writeFileSync(file, ' chosen by hand \n');
    expect(enrollSecret(dir, file)).toBe('chosen by hand');
  });

  it('file that is missing or empty is a usage problem', () => {
    const file = path.join(temporaryDirectory(), 'secret');
    expect(() => enrollSecret(dir, file)).toThrow(expect.objectContaining({ kind: 'usage' }));
    writeFileSync(file, '\n');
    expect(() => enrollSecret(dir, file)).toThrow(/missing or empty/);
  });
});
