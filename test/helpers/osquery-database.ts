/** An SQLite database with osquery's tables, empty, as a host of one platform has them. */
import { DatabaseSync } from 'node:sqlite';
import { loadOsqueryTables } from '../../src/core/osquery-tables.ts';
import type { Platform } from '../../src/core/template.ts';

const quoted = (name: string) => `"${name}"`;

/** Hidden columns are left out, so that `SELECT *` yields what it does on a host. */
export async function osqueryDatabase(platform: Platform): Promise<DatabaseSync> {
  const database = new DatabaseSync(':memory:');
  for (const { name, platforms, columns } of (await loadOsqueryTables()).values()) {
    if (!platforms.includes(platform)) continue;
    const here = columns.filter(column => !column.hidden && (column.platforms.length === 0 || column.platforms.includes(platform)));
    database.exec(`CREATE TABLE ${quoted(name)} (${here.map(column => `${quoted(column.name)} ${column.type}`).join(', ')})`);
  }
  return database;
}
