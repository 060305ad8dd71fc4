/** Which process holds the endpoint of a data directory: a lock that dies with its process, however that dies. */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Problem } from '../../core/problem.ts';

export type OwnerLock = { release(): void };

const SQLITE_BUSY = 5;

/**
 * Takes the lock in `dir` (made, and kept from others: 0700), or returns undefined while another process has it. SQLite's
 * own lock on an empty file, since node:fs has none. Throws a 'storage' Problem when the directory cannot be used.
 */
export function takeOwnerLock(dir: string): OwnerLock | undefined {
  const file = join(dir, 'owner.lock');
  let db: DatabaseSync | undefined;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
    closeSync(openSync(file, 'a', 0o600));
    db = new DatabaseSync(file, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    db?.close();
    if (thrown instanceof Error && 'errcode' in thrown && thrown.errcode === SQLITE_BUSY) return undefined;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Problem('storage', `${file} cannot be locked (${why}). The direct endpoint needs it: check owner and permissions.`, {
      cause: thrown,
    });
  }
  const held = db;
  return { release: () => held.close() };
}
