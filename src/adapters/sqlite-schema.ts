/** The tables of the data file. Each migration moves `user_version` up by one; a shipped one is never changed. */
import type { DatabaseSync } from 'node:sqlite';

const MIGRATIONS: readonly string[] = [
  `CREATE TABLE events (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     time INTEGER NOT NULL,
     source TEXT NOT NULL,
     body TEXT NOT NULL,
     raw TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_by_time ON events (time, seq);
   CREATE INDEX events_by_source ON events (source, time, seq);

   CREATE TABLE cursors (feed TEXT PRIMARY KEY, cursor TEXT NOT NULL) STRICT, WITHOUT ROWID;

   CREATE TABLE runs (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     record TEXT NOT NULL,
     hosts TEXT NOT NULL,
     phase TEXT NOT NULL,
     ended_at INTEGER,
     remote_ids TEXT NOT NULL,
     notes TEXT NOT NULL,
     silences TEXT NOT NULL
   ) STRICT;

   CREATE TABLE answers (
     run TEXT NOT NULL,
     source TEXT NOT NULL,
     host TEXT NOT NULL,
     at INTEGER NOT NULL,
     state TEXT NOT NULL,
     words TEXT NOT NULL,
     late INTEGER NOT NULL,
     row_count INTEGER NOT NULL,
     rows TEXT NOT NULL,
     PRIMARY KEY (run, source, host)
   ) STRICT;

   CREATE TABLE pairs (space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (space, key)) STRICT, WITHOUT ROWID;`,

  `CREATE TABLE triage (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     event TEXT NOT NULL,
     action TEXT NOT NULL,
     state TEXT NOT NULL,
     until INTEGER,
     comment TEXT NOT NULL,
     who TEXT NOT NULL,
     at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX triage_by_event ON triage (event, seq);`,

  `CREATE TABLE IF NOT EXISTS seen (content INTEGER NOT NULL, host INTEGER NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (content, host))
     STRICT, WITHOUT ROWID;
   CREATE INDEX events_severe ON events (time) WHERE json_extract(body, '$.severity') IN ('high', 'critical');`,

  `CREATE INDEX events_by_host ON events (source, json_extract(body, '$.hostId'), time);`,

  `CREATE TABLE IF NOT EXISTS tallies (
     minute INTEGER NOT NULL,
     severity TEXT NOT NULL,
     events INTEGER NOT NULL,
     PRIMARY KEY (minute, severity)
   ) STRICT, WITHOUT ROWID;
   DELETE FROM tallies;
   INSERT INTO tallies SELECT time / 60000, json_extract(body, '$.severity'), count(*) FROM events GROUP BY 1, 2;
   CREATE TRIGGER IF NOT EXISTS event_deleted AFTER DELETE ON events BEGIN
     UPDATE tallies SET events = events - 1 WHERE minute = old.time / 60000 AND severity = json_extract(old.body, '$.severity');
   END;`,

  `ALTER TABLE runs ADD COLUMN sendings TEXT NOT NULL DEFAULT '[]';`,

  'CREATE INDEX IF NOT EXISTS triage_waking ON triage (until) WHERE until IS NOT NULL;',

  'CREATE TABLE IF NOT EXISTS heard (what INTEGER PRIMARY KEY, host INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;',

  `ALTER TABLE events ADD COLUMN host TEXT NOT NULL DEFAULT '';
   ALTER TABLE events ADD COLUMN severe INTEGER NOT NULL DEFAULT 0;
   DROP INDEX events_by_host;
   DROP INDEX events_severe;
   UPDATE events SET host = json_extract(body, '$.hostId'), severe = json_extract(body, '$.severity') IN ('high', 'critical');
   CREATE INDEX events_by_host ON events (source, host, time);
   CREATE INDEX events_severe ON events (time) WHERE severe = 1;`,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** The file's version; 0 for a new one. */
export function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
}

/** Brings the file up to `SCHEMA_VERSION`, in one transaction, however many processes open it at once. */
export function migrate(db: DatabaseSync): void {
  if (versionOf(db) >= SCHEMA_VERSION) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const migration of MIGRATIONS.slice(versionOf(db))) db.exec(migration);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
