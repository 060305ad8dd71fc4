/** A lock between processes that dies with its process, however that dies: SQLite's own, on an empty file. */
import { DatabaseSync } from 'node:sqlite';

const PATIENCE_MS = 10_000;

/** Runs `work` while no other process that uses the same lock file runs its own. */
export type Exclusively = <T>(work: () => T) => T;

/** The file must exist, with the mode it is to have. */
export function fileLock(file: string): Exclusively {
  const db = new DatabaseSync(file, { timeout: PATIENCE_MS });
  return work => {
    db.exec('BEGIN EXCLUSIVE');
    try {
      return work();
    } finally {
      db.exec('ROLLBACK');
    }
  };
}
