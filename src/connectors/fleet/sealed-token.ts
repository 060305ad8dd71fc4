/**
 * A session token that may lie on disk: encrypted with the account's own password, so that whoever can read it could
 * have logged in anyway. The data directory never holds a token in clear.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';

const CIPHER = 'aes-256-gcm';
const base64 = z.base64().transform(text => Buffer.from(text, 'base64'));
const sealedToken = z.object({ salt: base64, nonce: base64, tag: base64, box: base64 });

/** Slow on purpose (some 50 ms): a stolen file must not make a weak password cheap to guess. */
const keyOf = (password: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password, salt, 32, (error, key) => (error ? reject(error) : resolve(key)));
  });

/** `about` names what the token is for; it must be the same when unsealing. */
export async function seal(token: string, password: string, about: string): Promise<string> {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER, await keyOf(password, salt), nonce).setAAD(Buffer.from(about));
  const box = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
  const parts = { salt, nonce, tag: cipher.getAuthTag(), box };
  return JSON.stringify(Object.fromEntries(Object.entries(parts).map(([name, bytes]) => [name, bytes.toString('base64')])));
}

/** The token, or undefined when the text is damaged or was sealed with another password or for something else. */
export async function unseal(sealed: string, password: string, about: string): Promise<string | undefined> {
  try {
    const { salt, nonce, tag, box } = sealedToken.parse(JSON.parse(sealed));
    const decipher = createDecipheriv(CIPHER, await keyOf(password, salt), nonce, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(about)).setAuthTag(tag);
    return Buffer.concat([decipher.update(box), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
