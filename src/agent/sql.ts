/**
 * SQL over the node's tables: an in-memory SQLite per statement, with just the tables that it names, filled with just the
 * rows that it asks for. Answers and errors are worded as osquery words them (contracts/osquery-remote.md 1.6, 5).
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Row } from '../core/model.ts';
import { type SqlToken, sqlTokens, unquoted } from '../core/sql-tokens.ts';
import { type Binding, bindingsOf, type Candidate } from './sql-bindings.ts';
import { cellOf, textOf } from './sql-values.ts';
import { columnOf, type Demand, type Table, type TableRow, type Tables } from './table.ts';

export type SqlResult = { readonly rows: Row[] } | { readonly error: string };

export type SqlLimits = {
  /** ms for filling tables and stepping through the result; default 30 s. A single step of SQLite cannot be interrupted. */
  readonly limitMs?: number;
  /** Rows of an answer at most; default 200,000. */
  readonly maxRows?: number;
};

/** An error of the query, not of the program: it is the answer. */
class QueryFailed extends Error {}

const WRITES = new Set(
  'alter analyze attach begin commit create delete detach drop end insert pragma reindex release replace rollback savepoint update vacuum'.split(
    ' ',
  ),
);
/** How long a walk may keep others waiting, ms. */
const SLICE_MS = 8;
/** A chain of joins is as deep as the statement is long; only a recursion goes on for longer. */
const MAX_ROUNDS = 64;

/** Runs one read-only statement. Never throws for what a statement does wrong: that is an answer too. */
export async function runSql(sql: string, tables: Tables, limits: SqlLimits = {}): Promise<SqlResult> {
  const tokens = [...sqlTokens(sql)];
  const first = tokens[0]?.text.toLowerCase();
  if (first === undefined) return { rows: [] };
  if (WRITES.has(first)) return { error: 'not authorized' };
  const end = tokens.findIndex(token => token.text === ';');
  if (end !== -1 && tokens.slice(end).some(token => token.text !== ';')) return { error: 'only one statement can be run' };
  const query = new Query(sql, tokens, tables, limits);
  try {
    return { rows: await query.run() };
  } catch (thrown) {
    if (thrown instanceof QueryFailed || isSqliteError(thrown)) return { error: thrown.message };
    throw thrown;
  } finally {
    query.close();
  }
}

const isSqliteError = (thrown: unknown): thrown is Error =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_SQLITE_ERROR';

/** One statement on its way through its own database. */
class Query {
  readonly #db = new DatabaseSync(':memory:');
  readonly #tables: Tables;
  readonly #words: ReadonlySet<string>;
  readonly #tokens: readonly SqlToken[];
  readonly #sql: string;
  readonly #bindings: readonly Binding[];
  readonly #created = new Set<Table>();
  readonly #hidden = new Set<string>();
  readonly #maxRows: number;
  readonly #limitMs: number;
  readonly #started = performance.now();
  #sliceEnds = performance.now() + SLICE_MS;

  constructor(sql: string, tokens: readonly SqlToken[], tables: Tables, limits: SqlLimits) {
    this.#tokens = tokens;
    this.#tables = tables;
    this.#words = new Set(tokens.map(token => unquoted(token).toLowerCase()));
    this.#maxRows = limits.maxRows ?? 200_000;
    this.#limitMs = limits.limitMs ?? 30_000;
    const bound = bindingsOf(
      sql,
      name => isBound(this.#table(name)),
      name => this.#table(name)?.columns.map(column => columnOf(column).name.toLowerCase()),
    );
    this.#sql = bound.sql;
    this.#bindings = bound.bindings;
  }

  async run(): Promise<Row[]> {
    for (const { source, table } of this.#bindings) this.#create(source, table);
    const statement = this.#prepare(this.#sql);
    for (const table of this.#created) await this.#fill(table.name, table, {}, {});
    await this.#fillBound();
    this.#db.exec('PRAGMA query_only = ON');
    statement.setReadBigInts(true);
    return this.#read(statement);
  }

  close(): void {
    this.#db.close();
  }

  #table(name: string): Table | undefined {
    return this.#tables.get(name);
  }

  /** Prepares a statement, creating tables and hidden columns until SQLite misses none that exist. */
  #prepare(sql: string): StatementSync {
    for (;;) {
      try {
        return this.#db.prepare(sql);
      } catch (thrown) {
        if (!isSqliteError(thrown) || !this.#supply(thrown.message)) throw thrown;
      }
    }
  }

  #supply(message: string): boolean {
    const missing = /^no such table: (?:main\.)?(.*)$/.exec(message)?.[1]?.toLowerCase();
    const table = missing === undefined ? undefined : this.#table(missing);
    if (table?.required) throw new QueryFailed(unbound(table.name));
    if (table) {
      this.#create(table.name, table.name);
      this.#created.add(table);
      return true;
    }
    const column = /^no such column: (?:.*\.)?(.*)$/.exec(message)?.[1]?.toLowerCase();
    return column !== undefined && this.#reveal(column);
  }

  #create(name: string, tableName: string): void {
    const columns = (this.#table(tableName)?.columns ?? []).map(columnOf).filter(({ hidden }) => !hidden);
    this.#db.exec(`CREATE TABLE "${name}" (${columns.map(column => `"${column.name}" ${column.type}`).join(', ')})`);
  }

  /** Adds a hidden column to the tables that have it; `SELECT *` of an ordinary SQLite table cannot leave it out, so `#read` does. */
  #reveal(column: string): boolean {
    if (this.#hidden.has(column)) return false;
    const places = [...[...this.#created].map(({ name }) => ({ source: name, table: name })), ...this.#bindings];
    for (const { source, table } of places) {
      const definition = this.#table(table)
        ?.columns.map(columnOf)
        .find(({ name, hidden }) => hidden && name === column);
      if (!definition) continue;
      this.#hidden.add(column);
      this.#db.exec(`ALTER TABLE "${source}" ADD COLUMN "${column}" ${definition.type}`);
    }
    return this.#hidden.has(column);
  }

  async #fill(source: string, table: Table, equals: Demand['equals'], like: Demand['like'], seen = new Set<string>()): Promise<void> {
    const columns = table.columns.map(columnOf).filter(({ name, hidden }) => !hidden || this.#hidden.has(name));
    const insert = this.#db.prepare(
      `INSERT INTO "${source}" (${columns.map(({ name }) => `"${name}"`)}) VALUES (${columns.map(() => '?')})`,
    );
    const isText = columns.map(({ type }) => type === 'TEXT');
    const demand = { equals, like, uses: (column: string) => this.#uses(column), pause: () => this.#pause() };
    this.#db.exec('BEGIN');
    for await (const row of rowsOf(table, demand)) {
      await this.#pause();
      if (table.required && isRepeat(row, seen)) continue;
      insert.run(...columns.map(({ name }, index) => cellOf(row[name], isText[index] ?? true)));
    }
    this.#db.exec('COMMIT');
  }

  #uses(column: string): boolean {
    const isAll = (token: SqlToken, index: number) => token.text === '*' && this.#tokens[index - 1]?.text !== '(';
    return this.#words.has(column) || this.#tokens.some(isAll);
  }

  /** Fills the tables whose rows depend on what the statement compares their columns with, until no new value turns up. */
  async #fillBound(): Promise<void> {
    const open = this.#bindings.map(binding => ({
      ...binding,
      definition: this.#table(binding.table),
      asked: new Set<string>(),
      seen: new Set<string>(),
    }));
    for (const { source, definition, candidates } of open) {
      if (candidates) continue;
      if (definition?.required) throw new QueryFailed(unbound(definition.name));
      if (definition) await this.#fill(source, definition, {}, {});
    }
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      let news = false;
      for (const { source, definition, candidates, asked, seen } of open) {
        if (!definition || !candidates) continue;
        const fresh = this.#freshValues(candidates, asked, definition);
        if (!fresh) continue;
        news = true;
        await this.#fill(source, definition, fresh.equals, fresh.like, seen);
      }
      if (!news) return;
    }
    throw new QueryFailed(`query stopped: it asks for a chain of more than ${MAX_ROUNDS} joins`);
  }

  /** Values that the table has not been asked for yet; undefined when there are none. */
  #freshValues(candidates: readonly Candidate[], asked: Set<string>, table: Table): Pick<Demand, 'equals' | 'like'> | undefined {
    const news: Asked[] = [];
    for (const { column, op, sql } of candidates) {
      for (const value of this.#values(sql, table)) {
        const key = `${column} ${op} ${value}`;
        if (asked.has(key)) continue;
        asked.add(key);
        news.push({ column, op, value });
      }
    }
    return news.length > 0 ? { equals: grouped(news, 'equals'), like: grouped(news, 'like') } : undefined;
  }

  /** The first column of a candidate's rows. One that cannot stand alone (a correlated sub-query) binds nothing. */
  #values(sql: string, table: Table): string[] {
    try {
      const statement = this.#db.prepare(sql);
      statement.setReadBigInts(true);
      return statement.all().flatMap(row => {
        const [value] = Object.values(row);
        return value === null || value === undefined ? [] : [textOf(value)];
      });
    } catch (thrown) {
      if (isSqliteError(thrown)) throw new QueryFailed(unbound(table.name));
      throw thrown;
    }
  }

  async #read(statement: StatementSync): Promise<Row[]> {
    const rows: Row[] = [];
    const end = this.#tokens.findIndex(token => token.text.toLowerCase() === 'from');
    const selected = new Set(this.#tokens.slice(0, end === -1 ? undefined : end).map(token => unquoted(token).toLowerCase()));
    const dropped = [...this.#hidden].filter(column => !selected.has(column));
    for (const row of statement.iterate()) {
      if (rows.length >= this.#maxRows) throw new QueryFailed(`query stopped: more than ${this.#maxRows} rows`);
      rows.push(
        Object.fromEntries(Object.entries(row).flatMap(([name, value]) => (dropped.includes(name) ? [] : [[name, textOf(value)]]))),
      );
      await this.#pause();
    }
    return rows;
  }

  async #pause(): Promise<void> {
    const now = performance.now();
    if (now - this.#started > this.#limitMs)
      throw new QueryFailed(`query stopped: it took more than ${Math.round(this.#limitMs / 1000)} s`);
    if (now < this.#sliceEnds) return;
    await nextTurn();
    this.#sliceEnds = performance.now() + SLICE_MS;
  }
}

type Asked = Pick<Candidate, 'column' | 'op'> & { readonly value: string };

function grouped(news: readonly Asked[], op: Candidate['op']): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (const { column, value } of news.filter(one => one.op === op)) {
    const list = values[column] ?? [];
    list.push(value);
    values[column] = list;
  }
  return values;
}

/** A table that breaks fails the query, not the node. */
async function* rowsOf(table: Table, demand: Demand): AsyncGenerator<TableRow> {
  try {
    yield* await table.rows(demand);
  } catch (thrown) {
    if (thrown instanceof QueryFailed) throw thrown;
    throw new QueryFailed(`table ${table.name} could not be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

const isBound = (table: Table | undefined): boolean => table?.required !== undefined || table?.narrowed !== undefined;

/** osquery's own words (sql/virtual_table.cpp). */
const unbound = (table: string): string => `Table ${table} was queried without a required column in the WHERE clause`;

/** True for a row that was already given, e.g. for its path and again for its directory. */
function isRepeat(row: TableRow, seen: Set<string>): boolean {
  const key = JSON.stringify([row.path, row.directory]);
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}
