/** The tables of a simulated host: osquery's for its platform, made of the host's seed. Those nobody wrote rows for are empty. */

import type { Demand, Table, TableRow, Tables } from '../../agent/table.ts';
import type { OsqueryTable } from '../../core/osquery-tables.ts';
import type { LabHost } from '../roster.ts';
import { accountRows } from './accounts.ts';
import { fileRows, hashRows } from './files.ts';
import { networkRows } from './network.ts';
import { persistenceRows } from './persistence.ts';
import { processRows } from './processes.ts';
import { systemRows } from './system.ts';

/** What rows are made of: the host, and the time (epoch s). */
export type View = { readonly host: LabHost; readonly now: number };

/** Rows of a table for a host; `demand` says where a statement points. */
export type Maker = (view: View, demand: Demand) => readonly TableRow[];

/** Who makes the rows of which table. */
export const MAKERS: Readonly<Record<string, Maker>> = {
  ...accountRows,
  ...networkRows,
  ...persistenceRows,
  ...processRows,
  ...systemRows,
  file: fileRows,
  hash: hashRows,
};

/** Specs of tables by name, with their columns as each platform declares them. */
export class World {
  readonly #specs: ReadonlyMap<string, OsqueryTable>;
  readonly #columns = new Map<string, readonly string[]>();

  constructor(specs: ReadonlyMap<string, OsqueryTable>) {
    this.#specs = specs;
  }

  /** The tables of a host at a time (epoch ms). */
  tables(host: LabHost, now: number): Tables {
    const view = { host, now: Math.floor(now / 1000) };
    return { get: name => this.#table(name, view) };
  }

  /** The first row of a table, as an enrol request tells it. */
  firstRow(name: 'os_version' | 'osquery_info' | 'platform_info' | 'system_info', host: LabHost, now: number): TableRow {
    return MAKERS[name]?.({ host, now: Math.floor(now / 1000) }, NOTHING_ASKED)[0] ?? {};
  }

  #table(name: string, view: View): Table | undefined {
    const spec = this.#specs.get(name);
    if (!spec?.platforms.includes(view.host.platform)) return undefined;
    const required = spec.columns.filter(column => column.required).map(column => column.name);
    const maker = MAKERS[name];
    return {
      name,
      columns: this.#columnsOf(spec, view.host),
      ...(required.length > 0 ? { required } : {}),
      ...(spec.perUser ? { narrowed: ['uid'] } : {}),
      rows: demand => (maker ? userRows(spec, demand, maker(view, demand)) : []),
    };
  }

  /** Columns of other platforms are there, but hidden, as in osquery's builds. */
  #columnsOf(spec: OsqueryTable, { platform }: LabHost): readonly string[] {
    const key = `${platform} ${spec.name}`;
    const known = this.#columns.get(key);
    if (known) return known;
    const columns = spec.columns.map(({ name, type, hidden, platforms }) => {
      const elsewhere = platforms.length > 0 && !platforms.includes(platform);
      return `${name} ${type}${hidden || elsewhere ? ' HIDDEN' : ''}`;
    });
    this.#columns.set(key, columns);
    return columns;
  }
}

const NOTHING_ASKED: Demand = { equals: {}, like: {}, uses: () => true, pause: () => Promise.resolve() };

/** A table of user data shows the users that a statement names, else those of root, who the agent runs as. */
function userRows(spec: OsqueryTable, demand: Demand, rows: readonly TableRow[]): readonly TableRow[] {
  if (!spec.perUser) return rows;
  const uids = new Set(demand.equals.uid ?? ['0']);
  return rows.filter(row => uids.has(String(row.uid)));
}
