/** Whether a statement fits osquery's tables: it is prepared, not run, in an empty SQLite that has them. */
import { DatabaseSync } from 'node:sqlite';
import { loadOsqueryTables, type OsqueryTable } from '../core/osquery-tables.ts';
import { clean } from '../core/sanitize.ts';
import { OSQUERY_FUNCTIONS } from '../core/select-only.ts';
import type { Platform, Template } from '../core/template.ts';

export interface Preparer {
  /** Why the template's SQL cannot run on one of its platforms; undefined when it can on all. */
  fault(template: Template): string | undefined;
  close(): void;
}

function databaseOf(tables: Iterable<OsqueryTable>, platform: Platform): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  for (const { name, platforms, columns } of tables) {
    if (!platforms.includes(platform)) continue;
    const here = columns.filter(column => column.platforms.length === 0 || column.platforms.includes(platform));
    database.exec(`CREATE TABLE "${name}" (${here.map(column => `"${column.name}" ${column.type}`).join(', ')})`);
  }
  for (const name of OSQUERY_FUNCTIONS) database.function(name, { varargs: true }, () => null);
  return database;
}

/** Holds a database for each platform that was asked for, until it is closed. */
export async function openPreparer(): Promise<Preparer> {
  const tables = await loadOsqueryTables();
  const databases = new Map<Platform, DatabaseSync>();
  const open = (platform: Platform): DatabaseSync => {
    const database = databases.get(platform) ?? databaseOf(tables.values(), platform);
    databases.set(platform, database);
    return database;
  };
  return {
    fault({ sql, platforms }) {
      for (const platform of platforms) {
        try {
          open(platform).prepare(sql);
        } catch (thrown) {
          return `It does not fit osquery's tables on ${platform} (${clean(thrown instanceof Error ? thrown.message : String(thrown), 200)}).`;
        }
      }
      return undefined;
    },
    close() {
      for (const database of databases.values()) database.close();
    },
  };
}
