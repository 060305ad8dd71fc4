/**
 * The audit trail: one JSON object a line, appended only, for its owner only. Each line holds its number and, in `prev`,
 * the SHA-256 of the line before it, so that a line that was changed or taken out shows. Several processes share one file.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import type { AuditLog, Clock } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { isoUtc } from '../core/time.ts';
import type { Redactor } from './redact.ts';
import { fileLock } from './sqlite-lock.ts';
import { storageProblem } from './storage-problem.ts';

/** `prev` of the first line. */
const NOTHING = '0'.repeat(64);
const CHUNK = 65_536;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The last line of the file, without its line break; it may be torn, if its writer was killed. */
function lastLine(descriptor: number): string {
  let tail = Buffer.alloc(0);
  for (let at = fstatSync(descriptor).size; at > 0; ) {
    const chunk = Buffer.alloc(Math.min(CHUNK, at));
    at -= chunk.length;
    readSync(descriptor, chunk, 0, chunk.length, at);
    tail = Buffer.concat([chunk, tail]);
    const text = tail.subarray(0, tail.at(-1) === 0x0a ? -1 : undefined);
    const start = text.lastIndexOf(0x0a);
    if (start >= 0) return text.subarray(start + 1).toString('utf8');
    if (at === 0) return text.toString('utf8');
  }
  return '';
}

function numberOf(line: string): number {
  return Number(/^\{"seq":(\d+),/.exec(line)?.[1] ?? 0);
}

function endsCleanly(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size === 0 || (readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] === 0x0a);
}

/** Makes the file, or narrows the one that is there, to its owner. */
function prepare(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

/**
 * Opens the trail. `who` is put on every line (user, process). `write` returns when the line is on disk and throws a
 * 'storage' Problem when it cannot be: what is to be audited must then not be done.
 */
export function openAudit(file: string, clock: Clock, redactor: Redactor, who: Readonly<Record<string, unknown>>): AuditLog {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    prepare(file);
    prepare(`${file}.lock`);
    const exclusively = fileLock(`${file}.lock`);
    const append = (action: string, detail: Readonly<Record<string, unknown>>) => {
      const descriptor = openSync(file, 'a+', 0o600);
      try {
        const before = lastLine(descriptor);
        const prev = before === '' ? NOTHING : sha256(before);
        const entry = {
          seq: numberOf(before) + 1,
          time: isoUtc(clock.now()),
          prev,
          action,
          ...who,
          ...(redactor.redact(detail) as object),
        };
        appendFileSync(descriptor, `${endsCleanly(descriptor) ? '' : '\n'}${JSON.stringify(entry)}\n`);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    };
    return {
      write(action, detail) {
        try {
          exclusively(() => append(action, detail));
        } catch (error) {
          const { message } = storageProblem(file, error) as Error;
          throw new Problem('storage', `Nothing was done, it could not be audited. ${message}`, { cause: error });
        }
      },
    };
  } catch (error) {
    throw storageProblem(file, error);
  }
}
