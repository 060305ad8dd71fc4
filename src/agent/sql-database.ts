/** The in-memory SQLite of one statement: tables that appear when they are named, and are filled from the node's. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Budget, QueryFailed } from './sql-budget.ts';
import { cellOf, textOf } from './sql-values.ts';
import { columnOf, type Demand, type Table, type TableRow, type Tables } from './table.ts';

export type Column = ReturnType<typeof columnOf>;

export class QueryDatabase {
  readonly #db = new DatabaseSync(':memory:');
  readonly #tables: Tables;
  readonly #budget: Budget;
  readonly #uses: (column: string) => boolean;
  /** SQLite's tables and what they stand for. */
  readonly #created = new Map<string, Table>();
  /** Hidden columns that the statement names. */
  readonly revealed = new Set<string>();

  constructor(tables: Tables, budget: Budget, uses: (column: string) => boolean) {
    this.#tables = tables;
    this.#budget = budget;
    this.#uses = uses;
  }

  close(): void {
    this.#db.close();
  }

  /** Creates a table under a name of its own. */
  create(source: string, table: Table): void {
    const columns = table.columns.map(columnOf).filter(({ hidden }) => !hidden);
    this.#db.exec(`CREATE TABLE "${source}" (${columns.map(({ name, type }) => `"${name}" ${type}`).join(', ')})`);
    this.#created.set(source, table);
  }

  /** Prepares a statement, creating tables and hidden columns until SQLite misses none that exist. Returns it with the tables it created. */
  prepare(sql: string): { readonly statement: StatementSync; readonly tables: readonly Table[] } {
    const tables: Table[] = [];
    for (;;) {
      try {
        const statement = this.#db.prepare(sql);
        statement.setReadBigInts(true);
        statement.setReturnArrays(true);
        return { statement, tables };
      } catch (thrown) {
        if (!isSqliteError(thrown)) throw thrown;
        const table = this.#missing(thrown.message);
        if (table) tables.push(table);
        else if (!this.#reveal(thrown.message)) throw new QueryFailed(thrown.message);
      }
    }
  }

  #missing(message: string): Table | undefined {
    const name = /^no such table: (?:main\.)?(.*)$/.exec(message)?.[1]?.toLowerCase();
    const table = name === undefined ? undefined : this.#tables.get(name);
    if (table?.required) throw new QueryFailed(unbound(table.name));
    if (table) this.create(table.name, table);
    return table;
  }

  /** Adds the hidden column that SQLite misses. `SELECT *` cannot leave it out any more: see `revealed`. */
  #reveal(message: string): boolean {
    const column = /^no such column: (?:.*\.)?(.*)$/.exec(message)?.[1]?.toLowerCase();
    if (column === undefined || this.revealed.has(column)) return false;
    for (const [source, table] of this.#created) {
      const definition = table.columns.map(columnOf).find(({ name, hidden }) => hidden && name === column);
      if (!definition) continue;
      this.revealed.add(column);
      this.#db.exec(`ALTER TABLE "${source}" ADD COLUMN "${column}" ${definition.type}`);
    }
    return this.revealed.has(column);
  }

  /** Fills a table with what is asked of it. `seen` holds the files it has already: osquery gives each once. */
  async fill(source: string, table: Table, asked: Pick<Demand, 'equals' | 'like'>, seen: Set<string>): Promise<void> {
    const columns = table.columns.map(columnOf).filter(({ name, hidden }) => !hidden || this.revealed.has(name));
    const insert = this.#db.prepare(
      `INSERT INTO "${source}" (${columns.map(({ name }) => `"${name}"`)}) VALUES (${columns.map(() => '?')})`,
    );
    const add = (row: TableRow) => {
      if (table.required && isRepeat(row, seen)) return;
      insert.run(...columns.map(({ name, type }) => cellOf(row[name], type === 'TEXT')));
    };
    this.#db.exec('BEGIN');
    try {
      await this.#each(table, asked, add);
    } catch (thrown) {
      if (thrown instanceof QueryFailed) throw thrown;
      throw new QueryFailed(`table ${table.name} could not be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
    this.#db.exec('COMMIT');
  }

  async #each(table: Table, asked: Pick<Demand, 'equals' | 'like'>, add: (row: TableRow) => void): Promise<void> {
    const demand: Demand = { ...asked, uses: this.#uses, pause: async () => this.#budget.pause() };
    const rows = await table.rows(demand);
    if (Symbol.iterator in rows) {
      for (const row of rows) {
        add(row);
        const pause = this.#budget.pause();
        if (pause) await pause;
      }
      return;
    }
    for await (const row of rows) add(row);
  }

  /** The first column of a statement's rows, as text; NULL left out. Throws SQLite's error as a `QueryFailed`. */
  values(sql: string): string[] {
    return [...this.prepare(sql).statement.iterate()].flatMap(row => {
      const [value] = Object.values(row);
      return value === null || value === undefined ? [] : [textOf(value)];
    });
  }

  readOnly(): void {
    this.#db.exec('PRAGMA query_only = ON');
  }
}

export const isSqliteError = (thrown: unknown): thrown is Error =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_SQLITE_ERROR';

/** osquery's own words (sql/virtual_table.cpp). */
export const unbound = (table: string): string => `Table ${table} was queried without a required column in the WHERE clause`;

/** True for a file that was already given, e.g. for its path and again for its directory. */
function isRepeat(row: TableRow, seen: Set<string>): boolean {
  const key = JSON.stringify([row.path, row.directory]);
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}
