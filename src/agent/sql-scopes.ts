/** The SELECTs of a statement: what each reads from and under which conditions. As much of SQL's grammar as binding columns takes. */
import { type SqlToken, sqlTokens, unquoted } from '../core/sql-tokens.ts';
import { QueryFailed } from './sql-budget.ts';

/** Token indexes, `to` exclusive. */
export type Range = { readonly from: number; readonly to: number };

/** One thing in a FROM clause. */
export type Ref = {
  /** What columns are qualified with, in lower case. */
  readonly alias: string;
  /** Its text, fit for another FROM clause. */
  readonly source: string;
  /** Lower-case name when it is a table, and where the name stands. */
  readonly table?: { readonly name: string; readonly range: Range; readonly aliased: boolean };
};

/** A condition that every row of the scope meets, or, in the ON of an outer join, only rows of `only`. */
export type Condition = { readonly range: Range; readonly only?: Ref | 'none' };

export type Scope = {
  readonly parent: Scope | undefined;
  readonly refs: Ref[];
  readonly conditions: Condition[];
  where?: Range;
  /** Columns of `USING` with the reference on the right; in a LEFT JOIN they bind only that one. */
  readonly using: { readonly column: string; readonly right: Ref; readonly onlyRight: boolean }[];
};

/** SQLite's own limit, and its own words for it. */
const MAX_DEPTH = 1_000;
const JOIN_WORDS = new Set(['join', 'left', 'right', 'full', 'inner', 'outer', 'cross', 'natural']);
const COMPOUND = new Set(['union', 'intersect', 'except']);
const CLAUSES = new Set(['where', 'group', 'having', 'window', 'order', 'limit']);

export class Statement {
  readonly sql: string;
  readonly tokens: readonly SqlToken[];
  /** Lower-case words and symbols; empty for literals and quoted names. */
  readonly words: readonly string[];
  readonly scopes: Scope[] = [];
  readonly #closes = new Map<number, number>();

  constructor(sql: string) {
    this.sql = sql;
    this.tokens = [...sqlTokens(sql)];
    this.words = this.tokens.map(token => (token.kind === 'word' || token.kind === 'symbol' ? token.text.toLowerCase() : ''));
    const open: number[] = [];
    this.words.forEach((word, index) => {
      if (word === '(') open.push(index);
      if (open.length > MAX_DEPTH) throw new QueryFailed(`Expression tree is too large (maximum depth ${MAX_DEPTH})`);
      const from = word === ')' ? open.pop() : undefined;
      if (from !== undefined) this.#closes.set(from, index);
    });
    this.#walk({ from: 0, to: this.tokens.length }, undefined);
  }

  text({ from, to }: Range): string {
    const first = this.tokens[from];
    const last = this.tokens[to - 1];
    return first && last ? this.sql.slice(first.at, last.at + last.text.length) : '';
  }

  /** The identifier at an index, in lower case and without quotes; undefined for anything else. */
  name(index: number): string | undefined {
    const token = this.tokens[index];
    return token && (token.kind === 'word' || token.kind === 'name') ? unquoted(token).toLowerCase() : undefined;
  }

  /** The index of the bracket that closes the one at `index`. */
  close(index: number): number {
    return this.#closes.get(index) ?? this.tokens.length;
  }

  /** Indexes of a range, without the inside of brackets. */
  *level({ from, to }: Range): Generator<number> {
    for (let index = from; index < to; index += 1) {
      yield index;
      if (this.words[index] === '(') index = this.close(index) - 1;
    }
  }

  /** The first index of a range whose word is one of these, outside brackets; else the end of the range. */
  find(range: Range, words: ReadonlySet<string>): number {
    for (const index of this.level(range)) if (words.has(this.words[index] ?? '')) return index;
    return range.to;
  }

  #walk({ from, to }: Range, parent: Scope | undefined): void {
    for (let index = from; index < to; index += 1) {
      if (this.words[index] === '(') {
        const close = this.close(index);
        this.#walk({ from: index + 1, to: Math.min(close, to) }, parent);
        index = close;
      } else if (this.words[index] === 'select') {
        const end = this.find({ from: index, to }, COMPOUND);
        this.#select({ from: index + 1, to: end }, parent);
        index = end - 1;
      }
    }
  }

  #select(range: Range, parent: Scope | undefined): void {
    const scope: Scope = { parent, refs: [], conditions: [], using: [] };
    this.scopes.push(scope);
    const from = [...this.level(range)].find(index => this.words[index] === 'from' && this.words[index - 1] !== 'distinct') ?? range.to;
    const rest = { from: from + 1, to: range.to };
    const end = this.find(rest, CLAUSES);
    this.#from({ from: from + 1, to: end }, scope);
    if (this.words[end] === 'where') {
      const where = { from: end + 1, to: this.find({ from: end + 1, to: range.to }, CLAUSES) };
      scope.where = where;
      scope.conditions.push({ range: where });
    }
    for (const index of this.level(range)) {
      if (this.words[index] === '(') this.#walk({ from: index + 1, to: this.close(index) }, scope);
    }
  }

  #from({ from, to }: Range, scope: Scope): void {
    let outer: 'left' | 'other' | undefined;
    let index = from;
    while (index < to) {
      const word = this.words[index] ?? '';
      if (word === ',' || JOIN_WORDS.has(word)) {
        if (word === ',' || word === 'inner' || word === 'cross' || (word === 'join' && !JOIN_WORDS.has(this.words[index - 1] ?? '')))
          outer = undefined;
        if (word === 'left') outer = 'left';
        if (word === 'right' || word === 'full') outer = 'other';
        index += 1;
      } else if (word === 'on') {
        const end = this.find({ from: index + 1, to }, new Set([',', ...JOIN_WORDS]));
        const only = outer === 'left' ? scope.refs.at(-1) : outer && 'none';
        scope.conditions.push({ range: { from: index + 1, to: end }, ...(only === undefined ? {} : { only }) });
        index = end;
      } else if (word === 'using') {
        const close = this.close(index + 1);
        const right = scope.refs.at(-1);
        for (let place = index + 2; place < close; place += 2) {
          const column = this.name(place);
          if (column !== undefined && right && outer !== 'other') scope.using.push({ column, right, onlyRight: outer === 'left' });
        }
        index = close + 1;
      } else {
        index = this.#source(index, to, scope);
      }
    }
  }

  /** Reads one source with its alias; returns the index after it. */
  #source(start: number, to: number, scope: Scope): number {
    const qualified = this.words[start + 1] === '.';
    let end = this.words[start] === '(' ? this.close(start) + 1 : start + (qualified ? 3 : 1);
    const isTable = this.words[start] !== '(' && this.words[end] !== '(';
    const name = isTable ? this.name(end - 1) : undefined;
    if (this.words[start] !== '(' && this.words[end] === '(') end = this.close(end) + 1;
    const range = { from: start, to: Math.min(end, to) };
    const explicit = this.words[end] === 'as';
    const place = explicit ? end + 1 : end;
    const word = this.words[place] ?? '';
    const aliased =
      place < to && this.name(place) !== undefined && !JOIN_WORDS.has(word) && !['on', 'using', 'indexed', 'not'].includes(word);
    const alias = (aliased ? this.name(place) : name) ?? '';
    scope.refs.push({ alias, source: this.text(range), ...(name === undefined ? {} : { table: { name, range, aliased } }) });
    if (aliased) return place + 1;
    return Math.max(end, start + 1);
  }
}
