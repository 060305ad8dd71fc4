/** The templates' SQL over tables as osquery would fill them. */
import sources from 'rollcall:templates';
import { approve } from '../../src/core/launch-policy.ts';
import { type Platform, parseTemplate } from '../../src/core/template.ts';
import { osqueryDatabase } from './osquery-database.ts';

const templates = sources.map(parseTemplate);

/** Epoch ms of the moment at which `runOnHost` asks. */
export const ASKED_AT = Date.UTC(2026, 6, 29, 12, 0, 0);

/** Rows by table; all other tables are empty. */
export type HostTables = Readonly<Record<string, readonly Readonly<Record<string, string | number | null>>[]>>;

/** What a template yields on a host with these tables. Throws what `approve` throws. */
export async function runOnHost(name: string, given: Record<string, string>, tables: HostTables, platform: Platform = 'linux') {
  const { sql } = approve(templates, { template: name, params: given }, ASKED_AT);
  const database = await osqueryDatabase(platform);
  for (const [table, rows] of Object.entries(tables)) {
    for (const row of rows) {
      const columns = Object.keys(row);
      database.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`).run(...Object.values(row));
    }
  }
  const found = database.prepare(sql).all();
  database.close();
  return found;
}

/** The values of one column. */
export const columnOf = (rows: readonly Record<string, unknown>[], name: string) => rows.map(row => row[name]);
