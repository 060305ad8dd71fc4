/** Everything rollcall remembers, in one SQLite file that several processes may share. */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type {
  EventArchive,
  EventLookup,
  EventStore,
  HistogramStore,
  HostChangesStore,
  KeyValueStore,
  RetentionStore,
  RunStore,
  SummaryStore,
  TriageStore,
} from '../core/ports.ts';
import { CHECKPOINT_PAGES, checkpoints } from './sqlite-checkpoint.ts';
import { eventStore } from './sqlite-events.ts';
import { histogramStore } from './sqlite-histogram.ts';
import { hostChangesStore } from './sqlite-host-changes.ts';
import { retentionStore } from './sqlite-prune.ts';
import { runStore } from './sqlite-runs.ts';
import { migrate, SCHEMA_VERSION, versionOf } from './sqlite-schema.ts';
import { summaryStore } from './sqlite-summary.ts';
import { triageStore } from './sqlite-triage.ts';
import { newerProblem, storageProblem } from './storage-problem.ts';

export type Store = EventStore &
  EventLookup &
  EventArchive &
  TriageStore &
  RetentionStore &
  SummaryStore &
  HistogramStore &
  HostChangesStore &
  RunStore &
  KeyValueStore & { close(): void };

/** ms to wait for another process to finish writing. */
const BUSY_TIMEOUT_MS = 10_000;

/** WAL: readers and a writer side by side, safe against kill -9. A larger cache made nothing faster. */
const SETTINGS = `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 67108864`;

/** The file is made, and narrowed to its owner, before SQLite writes to it; its WAL files take over the mode. */
function prepareFile(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

function open(file: string): DatabaseSync {
  prepareFile(file);
  const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    if (versionOf(db) > SCHEMA_VERSION) throw newerProblem(file);
    db.exec(SETTINGS);
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function keyValueStore(db: DatabaseSync): KeyValueStore {
  const get = db.prepare('SELECT value FROM pairs WHERE space = ? AND key = ?');
  const set = db.prepare('INSERT INTO pairs (space, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value');
  const remove = db.prepare('DELETE FROM pairs WHERE space = ? AND key = ?');
  const all = db.prepare('SELECT key, value FROM pairs WHERE space = ? ORDER BY key');
  return {
    get(space, key) {
      const row = get.get(space, key);
      return row ? String(row.value) : undefined;
    },
    set: (space, key, value) => void set.run(space, key, value),
    delete: (space, key) => void remove.run(space, key),
    entries: space => all.all(space).map(row => [String(row.key), String(row.value)] as const),
  };
}

/** The same functions, whose failures are 'storage' Problems. */
function guarded<T extends object>(file: string, functions: T): T {
  const guard = ([name, inner]: [string, (...args: unknown[]) => unknown]) => [
    name,
    (...args: unknown[]) => {
      try {
        return inner(...args);
      } catch (error) {
        throw storageProblem(file, error);
      }
    },
  ];
  return Object.fromEntries(Object.entries(functions).map(guard)) as T;
}

/**
 * Opens the data file, made 0600 when it is new, and brings it up to date. `page` sorts by time, or by store sequence
 * where `beforeSeq` or `afterSeq` is given. Throws a 'storage' Problem, as every function of the store does.
 */
export function openStore(file: string): Store {
  try {
    const db = open(file);
    const { wrote, close } = checkpoints(file, db);
    const atomic = <T>(work: () => T): T => {
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
    return guarded(file, {
      ...eventStore(db, atomic, wrote),
      ...triageStore(db, atomic),
      ...retentionStore(db, atomic),
      ...summaryStore(db),
      ...histogramStore(db),
      ...hostChangesStore(db),
      ...runStore(db),
      ...keyValueStore(db),
      close() {
        close();
        db.close();
      },
    });
  } catch (error) {
    throw storageProblem(file, error);
  }
}
