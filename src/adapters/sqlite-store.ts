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
import { atomicIn, BUSY_TIMEOUT_MS, SETTINGS } from './sqlite-connection.ts';
import { eventStore } from './sqlite-events.ts';
import { histogramStore } from './sqlite-histogram.ts';
import { hostChangesStore } from './sqlite-host-changes.ts';
import { retentionStore } from './sqlite-prune.ts';
import { runStore } from './sqlite-runs.ts';
import { migrate, SCHEMA_VERSION, versionOf } from './sqlite-schema.ts';
import { summaryStore } from './sqlite-summary.ts';
import { triageStore } from './sqlite-triage.ts';
import { type EventWriter, eventWriter } from './sqlite-writer.ts';
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
  KeyValueStore &
  Omit<EventWriter, 'append'>;

/** Of WAL, some 60 MB. A flood has a thread of its own that sees to it earlier (`sqlite-writer-worker.ts`). */
const CHECKPOINT_PAGES = 16_000;

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
    db.exec(`${SETTINGS}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
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
  const failed = (error: unknown): never => {
    throw storageProblem(file, error);
  };
  const guard = ([name, inner]: [string, (...args: unknown[]) => unknown]) => [
    name,
    (...args: unknown[]) => {
      try {
        const result = inner(...args);
        return result instanceof Promise ? result.catch(failed) : result;
      } catch (error) {
        return failed(error);
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
    const atomic = atomicIn(db);
    const { append, isWriting, close } = eventWriter(file, db);
    return guarded(file, {
      append,
      isWriting,
      ...eventStore(db),
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
