/**
 * SQL over the node's tables: an in-memory SQLite per statement, with just the tables that it names, filled with just the
 * rows that it asks for. Answers and errors are worded as osquery words them (contracts/osquery-remote.md 1.6, 5).
 */
import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Row } from '../core/model.ts';
import { type SqlToken, sqlTokens, unquoted } from '../core/sql-tokens.ts';
import { type Binding, bindingsOf, type Candidate, type TableShape } from './sql-bindings.ts';
import { Budget, QueryFailed } from './sql-budget.ts';
import { isSqliteError, QueryDatabase, unbound } from './sql-database.ts';
import { textOf } from './sql-values.ts';
import { columnOf, type Demand, type Table, type Tables } from './table.ts';

export type SqlResult = { readonly rows: Row[] } | { readonly error: string };

export type SqlLimits = {
  /** ms for filling tables and stepping through the result; default 30 s. A single step of SQLite cannot be interrupted. */
  readonly limitMs?: number;
  /** Rows of an answer at most; default 200,000. */
  readonly maxRows?: number;
};

const WRITES = new Set(
  'alter analyze attach begin commit create delete detach drop end insert pragma reindex release replace rollback savepoint update vacuum'.split(
    ' ',
  ),
);
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
  let query: Query | undefined;
  try {
    query = new Query(sql, tokens, tables, limits);
    return { rows: await query.run() };
  } catch (thrown) {
    if (thrown instanceof QueryFailed || isSqliteError(thrown)) return { error: thrown.message };
    throw thrown;
  } finally {
    query?.close();
  }
}

/** One statement on its way through its own database. */
class Query {
  readonly #tables: Tables;
  readonly #tokens: readonly SqlToken[];
  readonly #sql: string;
  readonly #bindings: readonly Binding[];
  readonly #budget: Budget;
  readonly #db: QueryDatabase;
  readonly #maxRows: number;

  constructor(sql: string, tokens: readonly SqlToken[], tables: Tables, { limitMs = 30_000, maxRows = 200_000 }: SqlLimits) {
    this.#tables = tables;
    this.#tokens = tokens;
    this.#maxRows = maxRows;
    const bound = bindingsOf(sql, name => shapeOf(tables.get(name)));
    this.#sql = bound.sql;
    this.#bindings = bound.bindings;
    this.#budget = new Budget(limitMs);
    this.#db = new QueryDatabase(tables, this.#budget, usesOf(tokens));
  }

  async run(): Promise<Row[]> {
    const open = this.#bindings.flatMap(({ source, table: name, candidates }) => {
      const table = this.#tables.get(name);
      return table ? [{ source, table, candidates, asked: new Set<string>(), seen: new Set<string>() }] : [];
    });
    for (const { source, table } of open) this.#db.create(source, table);
    const { statement, tables } = this.#db.prepare(this.#sql);
    for (const table of tables) await this.#db.fill(table.name, table, NOTHING, new Set());
    await this.#fillBound(open);
    this.#db.readOnly();
    return this.#read(statement);
  }

  close(): void {
    this.#db.close();
  }

  /** Fills the tables whose rows depend on what the statement compares their columns with, until no new value turns up. */
  async #fillBound(open: readonly Open[]): Promise<void> {
    for (const { source, table, candidates, seen } of open) {
      if (candidates) continue;
      if (table.required) throw new QueryFailed(unbound(table.name));
      await this.#db.fill(source, table, NOTHING, seen);
    }
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      let news = false;
      for (const one of open) {
        const fresh = this.#freshValues(one);
        if (!fresh) continue;
        news = true;
        await this.#db.fill(one.source, one.table, fresh, one.seen);
      }
      if (!news) return;
    }
    throw new QueryFailed(`query stopped: it asks for a chain of more than ${MAX_ROUNDS} joins`);
  }

  /** Values that the table has not been asked for yet; undefined when there are none. */
  #freshValues({ table, candidates, asked }: Open): Pick<Demand, 'equals' | 'like'> | undefined {
    const news: Asked[] = [];
    for (const { column, op, sql } of candidates ?? []) {
      for (const value of this.#values(sql, table)) {
        const key = `${column} ${op} ${value}`;
        if (asked.has(key)) continue;
        asked.add(key);
        news.push({ column, op, value });
      }
    }
    return news.length > 0 ? { equals: grouped(news, 'equals'), like: grouped(news, 'like') } : undefined;
  }

  /** A candidate that cannot stand alone (a correlated sub-query) binds nothing. */
  #values(sql: string, table: Table): string[] {
    try {
      return this.#db.values(sql);
    } catch (thrown) {
      if (thrown instanceof QueryFailed || isSqliteError(thrown)) throw new QueryFailed(unbound(table.name));
      throw thrown;
    }
  }

  async #read(statement: StatementSync): Promise<Row[]> {
    const dropped = hiddenColumns(this.#db.revealed, this.#tokens);
    const columns = statement.columns().flatMap(({ name }, index) => (dropped.has(name) ? [] : [{ name, index }]));
    const rows: Row[] = [];
    for (const values of statement.iterate() as Iterable<unknown> as Iterable<readonly SQLOutputValue[]>) {
      if (rows.length >= this.#maxRows) throw new QueryFailed(`query stopped: more than ${this.#maxRows} rows`);
      rows.push(Object.fromEntries(columns.map(({ name, index }) => [name, textOf(values[index] ?? null)])));
      const pause = this.#budget.pause();
      if (pause) await pause;
    }
    return rows;
  }
}

/** A bound table on its way: the values it was asked for, and the files it has. */
type Open = {
  readonly source: string;
  readonly table: Table;
  readonly candidates: readonly Candidate[] | undefined;
  readonly asked: Set<string>;
  readonly seen: Set<string>;
};

type Asked = Pick<Candidate, 'column' | 'op'> & { readonly value: string };

const NOTHING = { equals: {}, like: {} };

function shapeOf(table: Table | undefined): TableShape | undefined {
  if (!table) return undefined;
  return { columns: table.columns.map(column => columnOf(column).name.toLowerCase()), bound: table.required ?? table.narrowed ?? [] };
}

function grouped(news: readonly Asked[], op: Candidate['op']): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (const { column, value } of news.filter(one => one.op === op)) {
    const list = values[column] ?? [];
    list.push(value);
    values[column] = list;
  }
  return values;
}

/** Whether a statement may read a column: it names it, or everything. */
function usesOf(tokens: readonly SqlToken[]): (column: string) => boolean {
  const names = new Set(tokens.map(token => unquoted(token).toLowerCase()));
  const all = tokens.some((token, index) => token.text === '*' && tokens[index - 1]?.text !== '(');
  return column => all || names.has(column);
}

/** Hidden columns that a statement only compares, and does not select: `SELECT *` must not show them. */
function hiddenColumns(revealed: ReadonlySet<string>, tokens: readonly SqlToken[]): ReadonlySet<string> {
  if (revealed.size === 0) return revealed;
  const end = tokens.findIndex(token => token.text.toLowerCase() === 'from');
  const selected = new Set(tokens.slice(0, end === -1 ? undefined : end).map(token => unquoted(token).toLowerCase()));
  return new Set([...revealed].filter(column => !selected.has(column)));
}
