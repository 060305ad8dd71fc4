/** The real triage store on a database that is nowhere on disk. */
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../src/adapters/sqlite-schema.ts';
import { triageStore } from '../../src/adapters/sqlite-triage.ts';
import type { TriageStore } from '../../src/core/ports.ts';

export function triageInMemory(): TriageStore {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  return triageStore(db, work => work());
}
