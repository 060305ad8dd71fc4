/**
 * The secret that hosts enrol with, in the endpoint's directory (0600) or in a file of the operator's own. After a rotation
 * the one before may be good for a while, for hosts that were handed it and have not enrolled yet.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Problem } from '../../core/problem.ts';
import { keepPrivate, readPrivate, writePrivate } from './private-file.ts';

/** `until` in epoch ms. */
const retired = z.object({ secret: z.string(), until: z.number() });

const same = (a: string, b: string): boolean => timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));

export class EnrolSecrets {
  readonly #dir: string;
  readonly #file: string | undefined;
  #current: string;
  #before: z.infer<typeof retired> | undefined;

  /** `file`: the operator's own. Throws a 'usage' Problem when it is missing or empty; without one a secret is made on first use. */
  constructor(dir: string, file: string | undefined) {
    this.#dir = dir;
    this.#file = file;
    this.#current = file === undefined ? this.#own() : fromFile(file);
    this.#before = retired.safeParse(parsed(readPrivate(this.#path('enroll_secret.before')) ?? '')).data;
  }

  get current(): string {
    return this.#current;
  }

  /** Whether a host that says this may enrol at `now` (epoch ms). */
  accepts(said: string, now: number): boolean {
    const { secret, until } = this.#before ?? { secret: '', until: 0 };
    const isCurrent = same(said, this.#current);
    const isBefore = same(said, secret) && now < until;
    return isCurrent || isBefore;
  }

  /** Another secret in place of the one in use, which stays good for `graceMs`. One of the operator's own file is read again. */
  rotate(graceMs: number, now: number): void {
    const next = this.#file === undefined ? newSecret() : fromFile(this.#file);
    this.#before = graceMs > 0 ? { secret: this.#current, until: now + graceMs } : undefined;
    if (this.#before) writePrivate(this.#path('enroll_secret.before'), JSON.stringify(this.#before));
    else rmSync(this.#path('enroll_secret.before'), { force: true });
    if (this.#file === undefined) writePrivate(this.#path('enroll_secret'), `${next}\n`);
    this.#current = next;
  }

  #own(): string {
    const path = this.#path('enroll_secret');
    const kept = readPrivate(path)?.trim();
    if (kept) {
      keepPrivate(path);
      return kept;
    }
    const made = newSecret();
    writePrivate(path, `${made}\n`);
    return made;
  }

  #path(name: string): string {
    return join(this.#dir, name);
  }
}

/** 256 random bits. */
const newSecret = (): string => randomBytes(32).toString('base64url');

function fromFile(file: string): string {
  const secret = readPrivate(file)?.trim();
  if (secret) return secret;
  throw new Problem('usage', `The enroll secret file ${file} is missing or empty. Write a secret into it, or leave the setting out.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
