/** Looks at the data file and at locks of other processes, and changes nothing: it works on a disk that cannot be written to. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { StoreFacts } from '../core/doctor-data.ts';
import { readProblem } from './read-problem.ts';
import { SCHEMA_VERSION, versionOf } from './sqlite-schema.ts';

export { SCHEMA_VERSION };

const BUSY_TIMEOUT_MS = 1_000;

/** Nobody has the file open when there is no journal beside it: it is read without leaving one. */
function openAsItIs(file: string): DatabaseSync {
  if (existsSync(`${file}-wal`)) return new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true });
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** A table that an older file does not have counts as empty. */
function tableReader(db: DatabaseSync) {
  const tables = new Set(
    db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map(row => String(row.name)),
  );
  return (table: string, statement: string): number | null => {
    if (!tables.has(table)) return null;
    const value = db.prepare(statement).get()?.value;
    return value === undefined || value === null ? null : Number(value);
  };
}

/** What is in the data file; undefined when there is none. Throws a 'storage' Problem when it cannot be read. */
export function inspectStore(file: string): StoreFacts | undefined {
  let db: DatabaseSync | undefined;
  try {
    // Throws where one may not even look.
    if (!statSync(file, { throwIfNoEntry: false })) return undefined;
    db = openAsItIs(file);
    const read = tableReader(db);
    return {
      schema: versionOf(db),
      events: read('events', 'SELECT count(*) AS value FROM events') ?? 0,
      runs: read('runs', 'SELECT count(*) AS value FROM runs') ?? 0,
      openRuns: read('runs', "SELECT count(*) AS value FROM runs WHERE phase = 'waiting'") ?? 0,
      bytes: sizeOf(file) + sizeOf(`${file}-wal`),
      newest: read('events', 'SELECT max(time) AS value FROM events'),
    };
  } catch (thrown) {
    throw readProblem(file, thrown);
  } finally {
    db?.close();
  }
}

const SQLITE_BUSY = 5;

/** Linux names the holders of locks, by the file's number on its disk. */
function holderOf(file: string): number | undefined {
  if (!existsSync('/proc/locks')) return undefined;
  const { ino } = statSync(file);
  const lines = readFileSync('/proc/locks', 'utf8').split('\n');
  const found = lines.find(line => new RegExp(`POSIX +ADVISORY +WRITE +\\d+ +[0-9a-f]+:[0-9a-f]+:${ino} `).test(line));
  const pid = Number(/WRITE +(\d+) /.exec(found ?? '')?.[1] ?? 0);
  return pid > 0 ? pid : undefined;
}

/** Whether another process has a lock on the file (see `fileLock`), and which, where the system tells. Takes none itself. */
export function inspectLock(file: string): { readonly held: boolean; readonly pid: number | undefined } {
  if (!existsSync(file)) return { held: false, pid: undefined };
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    versionOf(db);
    return { held: false, pid: undefined };
  } catch (thrown) {
    if (thrown instanceof Error && 'errcode' in thrown && thrown.errcode === SQLITE_BUSY) return { held: true, pid: holderOf(file) };
    throw readProblem(file, thrown);
  } finally {
    db?.close();
  }
}
