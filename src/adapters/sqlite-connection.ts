/** What every connection to the data file has in common. */
import type { DatabaseSync } from 'node:sqlite';

/** ms to wait for another process, or thread, to finish writing. */
export const BUSY_TIMEOUT_MS = 10_000;

/** WAL: readers and a writer side by side, safe against kill -9. A larger cache made nothing faster. */
export const SETTINGS = `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 67108864`;

/** Runs its work in one write transaction. */
export type Atomic = <T>(work: () => T) => T;

export const atomicIn =
  (db: DatabaseSync): Atomic =>
  work => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
