/** The diagnostic log: one JSON object a line, for its owner only, without secrets. */
import { appendFileSync, chmodSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Clock, Log } from '../core/ports.ts';
import { isoUtc } from '../core/time.ts';
import type { Redactor } from './redact.ts';
import { storageProblem } from './storage-problem.ts';

/** A log that is larger when it is opened becomes `<file>.old`. */
const MAX_BYTES = 10 * 2 ** 20;
/** UTF-16 units; of a longer line the beginning is kept, as text. */
const MAX_LINE = 65_536;

function openPrivately(file: string): number {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(file, `${file}.old`);
  const descriptor = openSync(file, 'a', 0o600);
  chmodSync(file, 0o600);
  return descriptor;
}

const cut = (line: string, start: object): string =>
  JSON.stringify({ ...start, cut: line.length, beginning: line.slice(0, MAX_LINE).toWellFormed() });

/**
 * Opens the log for appending. Throws a 'storage' Problem when it cannot be opened; once it is open a line that cannot
 * be written (disk full) is lost, and `lost` counts it: the log must never stop the work that it tells of.
 */
export function openLog(file: string, clock: Clock, redactor: Redactor): Log & { readonly lost: number } {
  let descriptor: number;
  let lost = 0;
  try {
    descriptor = openPrivately(file);
  } catch (error) {
    throw storageProblem(file, error);
  }
  return {
    get lost() {
      return lost;
    },
    write(level, message, detail = {}) {
      const start = { time: isoUtc(clock.now()), level };
      const line = JSON.stringify({ ...start, message: redactor.redact(message), ...(redactor.redact(detail) as object) });
      try {
        appendFileSync(descriptor, `${line.length > MAX_LINE ? cut(line, start) : line}\n`);
      } catch {
        lost += 1;
      }
    },
  };
}
