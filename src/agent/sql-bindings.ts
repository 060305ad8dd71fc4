/**
 * Which values a statement compares a table's columns with: what virtual tables of osquery learn from SQLite's planner
 * (xBestIndex), found here from the text. Every binding is a SELECT of its own, so SQLite itself works out the values:
 * of a literal, an expression, a sub-query, or the columns of another table that is joined.
 */
import { type Range, type Ref, type Scope, Statement } from './sql-scopes.ts';

/** A SELECT whose first column holds the values that `column` is compared with. */
export type Candidate = { readonly column: string; readonly op: 'equals' | 'like'; readonly sql: string; readonly constant: boolean };

/** One place where a statement reads a bound table, under a name of its own. `candidates` is undefined when nothing binds it. */
export type Binding = { readonly source: string; readonly table: string; readonly candidates: readonly Candidate[] | undefined };

/** A table as bindings see it: all its columns, and those of which a binding changes its rows; names in lower case. */
export type TableShape = { readonly columns: readonly string[]; readonly bound: readonly string[] };
export type ShapeOf = (table: string) => TableShape | undefined;

const NOT_A_COMPARISON = new Set([
  'not',
  '<',
  '>',
  '!',
  'is',
  'between',
  'glob',
  'match',
  'regexp',
  'case',
  'collate',
  'escape',
  'isnull',
  'notnull',
]);
/** Keywords inside expressions. */
const NOT_A_NAME = new Set(['and', 'or', 'in', 'like', 'null', 'true', 'false', 'as', 'when', 'then', 'else', 'end', ...NOT_A_COMPARISON]);
const STARTS_QUERY = new Set(['select', 'with', 'values']);

/**
 * Gives every reference to a table with bound columns a name of its own (`"file 1" AS file`), so that each is filled
 * with what it alone asks for, and says what binds it.
 */
export function bindingsOf(sql: string, shapeOf: ShapeOf): { readonly sql: string; readonly bindings: readonly Binding[] } {
  const separated = separate(sql, shapeOf);
  if (separated.tables.size === 0) return { sql, bindings: [] };
  const finder = new BindingFinder(new Statement(separated.sql), name => shapeOf(separated.tables.get(name) ?? name));
  const bindings = [...separated.tables].map(([source, table]) => ({ source, table, candidates: finder.candidates(source) }));
  return { sql: separated.sql, bindings };
}

function separate(sql: string, shapeOf: ShapeOf): { sql: string; tables: ReadonlyMap<string, string> } {
  const statement = new Statement(sql);
  const edits = statement.scopes
    .flatMap(scope => scope.refs)
    .flatMap(({ alias, source: text, table }) => (table && shapeOf(table.name)?.bound.length ? [{ alias, text, table }] : []))
    .map((edit, index) => ({ ...edit, at: statement.tokens[edit.table.range.from]?.at ?? 0, source: `${edit.table.name} ${index + 1}` }));
  let separated = sql;
  for (const { alias, text, table, at, source } of edits.toSorted((a, b) => b.at - a.at)) {
    const name = `"${source}"${table.aliased ? '' : ` AS "${alias}"`}`;
    separated = separated.slice(0, at) + name + separated.slice(at + text.length);
  }
  return { sql: separated, tables: new Map(edits.map(({ source, table }) => [source, table.name])) };
}

class BindingFinder {
  readonly #statement: Statement;
  readonly #shapeOf: ShapeOf;
  readonly #with: string;

  constructor(statement: Statement, shapeOf: ShapeOf) {
    this.#statement = statement;
    this.#shapeOf = shapeOf;
    const whole = { from: 0, to: statement.tokens.length };
    this.#with =
      statement.words[0] === 'with' ? `${statement.text({ from: 0, to: statement.find(whole, new Set(['select', 'values'])) })} ` : '';
  }

  candidates(source: string): readonly Candidate[] | undefined {
    for (const scope of this.#statement.scopes) {
      const ref = scope.refs.find(candidate => candidate.table?.name === source);
      if (!ref) continue;
      const found = scope.conditions
        .filter(({ only }) => only === undefined || only === ref)
        .map(({ range }) => this.#bound(range, ref, scope))
        .filter(candidates => candidates !== undefined);
      return best([...found, ...this.#using(ref, scope)]);
    }
    return undefined;
  }

  /** What binds `ref` in every row that meets the condition. */
  #bound(range: Range, ref: Ref, scope: Scope): readonly Candidate[] | undefined {
    const inner = this.#unwrap(range);
    const alternatives = this.#split(inner, 'or');
    if (alternatives.length > 1) {
      const all = alternatives.map(part => this.#bound(part, ref, scope));
      return all.some(part => part === undefined) ? undefined : all.flatMap(part => part ?? []);
    }
    const parts = this.#split(inner, 'and');
    if (parts.length > 1) return best(parts.map(part => this.#bound(part, ref, scope)).filter(part => part !== undefined));
    return this.#comparison(inner, ref, scope);
  }

  #unwrap(range: Range): Range {
    const { words } = this.#statement;
    const isWrapped =
      words[range.from] === '(' && this.#statement.close(range.from) === range.to - 1 && !STARTS_QUERY.has(words[range.from + 1] ?? '');
    return isWrapped ? this.#unwrap({ from: range.from + 1, to: range.to - 1 }) : range;
  }

  /** The parts of a condition between `word`, outside brackets and CASE; the AND of a BETWEEN is no such word. */
  #split(range: Range, word: 'and' | 'or'): Range[] {
    const parts: Range[] = [];
    let from = range.from;
    let cases = 0;
    let between = false;
    for (const index of this.#statement.level(range)) {
      const current = this.#statement.words[index] ?? '';
      if (current === 'case') cases += 1;
      if (current === 'end') cases -= 1;
      if (current === 'between') between = true;
      if (current === 'and' && between) between = false;
      else if (current === word && cases === 0) {
        parts.push({ from, to: index });
        from = index + 1;
      }
    }
    return [...parts, { from, to: range.to }];
  }

  #comparison(range: Range, ref: Ref, scope: Scope): readonly Candidate[] | undefined {
    const { words } = this.#statement;
    const places = [...this.#statement.level(range)];
    if (places.some(index => NOT_A_COMPARISON.has(words[index] ?? ''))) return undefined;
    const at = places.find(index => words[index] === '=' || words[index] === 'in' || words[index] === 'like');
    if (at === undefined) return undefined;
    const left = { from: range.from, to: at };
    const right = { from: at + (words[at + 1] === '=' ? 2 : 1), to: range.to };
    const column = this.#column(left, ref, scope);
    if (words[at] === 'in') return column === undefined ? undefined : this.#list(column, right, ref, scope);
    const op = words[at] === 'like' ? 'like' : 'equals';
    if (column !== undefined) return this.#expression(column, op, right, ref, scope);
    const mirrored = op === 'equals' ? this.#column(right, ref, scope) : undefined;
    return mirrored === undefined ? undefined : this.#expression(mirrored, op, left, ref, scope);
  }

  /** The column of `ref` that a range consists of. */
  #column({ from, to }: Range, ref: Ref, scope: Scope): string | undefined {
    const name = this.#statement.name(to - 1);
    if (name === undefined || !this.#isBound(ref, name)) return undefined;
    if (to - from === 3 && this.#statement.words[from + 1] === '.') return this.#statement.name(from) === ref.alias ? name : undefined;
    const isShared = scope.refs.some(other => other !== ref && this.#has(other, name));
    return to - from === 1 && !isShared ? name : undefined;
  }

  /** `IN (1, 2)`, `IN (SELECT ...)`, `IN table`. */
  #list(column: string, range: Range, ref: Ref, scope: Scope): readonly Candidate[] | undefined {
    const { words } = this.#statement;
    if (words[range.from] !== '(')
      return [{ column, op: 'equals', sql: `${this.#with}SELECT * FROM ${this.#statement.text(range)}`, constant: false }];
    const inside = { from: range.from + 1, to: range.to - 1 };
    if (inside.from === inside.to) return [];
    if (STARTS_QUERY.has(words[inside.from] ?? ''))
      return [{ column, op: 'equals', sql: this.#with + this.#statement.text(inside), constant: false }];
    const found: Candidate[] = [];
    let { from } = inside;
    for (const index of [...this.#statement.level(inside), inside.to]) {
      if (index !== inside.to && words[index] !== ',') continue;
      const value = this.#expression(column, 'equals', { from, to: index }, ref, scope);
      if (value === undefined) return undefined;
      found.push(...value);
      from = index + 1;
    }
    return found;
  }

  #expression(column: string, op: 'equals' | 'like', range: Range, ref: Ref, scope: Scope): readonly Candidate[] | undefined {
    const { refs } = this.#named(range, scope);
    if (refs.has(ref)) return undefined;
    const text = this.#statement.text(range);
    if (refs.size === 0) return [{ column, op, sql: `SELECT ${text}`, constant: true }];
    return [{ column, op, sql: this.#valuesOf(text, refs, scope), constant: false }];
  }

  /** The values of an expression over these references, narrowed by the conditions that concern nothing else. */
  #valuesOf(text: string, refs: ReadonlySet<Ref>, scope: Scope): string {
    const from = [...refs].map(ref => `${ref.source} AS "${ref.alias}"`).join(', ');
    const conditions: string[] = [];
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      const where = at.where && this.#unwrap(at.where);
      if (!where || this.#split(where, 'or').length > 1) continue;
      for (const part of this.#split(where, 'and')) {
        const named = this.#named(part, at);
        const concernsOnlyThese = named.refs.size > 0 && [...named.refs].every(ref => refs.has(ref));
        if (concernsOnlyThese && !named.more) conditions.push(this.#statement.text(part));
      }
    }
    return `${this.#with}SELECT DISTINCT ${text} FROM ${from}${conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''}`;
  }

  /** `USING (column)`: the value on the other side, in a source that has the column. */
  #using(ref: Ref, scope: Scope): readonly (readonly Candidate[])[] {
    const place = scope.refs.indexOf(ref);
    return scope.using.flatMap(({ column, right, onlyRight }) => {
      if (!this.#isBound(ref, column) || (right !== ref && onlyRight) || place > scope.refs.indexOf(right)) return [];
      const others = right === ref ? scope.refs.slice(0, place) : [right];
      const other = others.find(candidate => this.#has(candidate, column) ?? true);
      if (!other) return [];
      const sql = this.#valuesOf(`"${other.alias}"."${column}"`, new Set([other]), scope);
      return [[{ column, op: 'equals' as const, sql, constant: false }]];
    });
  }

  /** The references whose columns a range names. `more`: it has a sub-query, or names that are nobody's known column. */
  #named(range: Range, scope: Scope): { readonly refs: ReadonlySet<Ref>; readonly more: boolean } {
    const refs = new Set<Ref>();
    let more = false;
    for (let index = range.from; index < range.to; index += 1) {
      const { words } = this.#statement;
      if (words[index] === '(' && STARTS_QUERY.has(words[index + 1] ?? '')) {
        more = true;
        index = this.#statement.close(index);
        continue;
      }
      const name = this.#statement.name(index);
      if (name === undefined || words[index + 1] === '(' || NOT_A_NAME.has(words[index] ?? '')) continue;
      const qualified = words[index + 1] === '.';
      const known = qualified ? refNamed(name, scope) : this.#refWith(name, scope);
      const ref = known ?? this.#unknown(scope);
      if (!known) more = true;
      if (ref) refs.add(ref);
      if (qualified) index += 2;
    }
    return { refs, more };
  }

  /** A source whose columns are not known (a sub-query, a common table expression): a name that is nobody else's is its. */
  #unknown(scope: Scope): Ref | undefined {
    return scope.refs.find(ref => !ref.table || !this.#shapeOf(ref.table.name));
  }

  #isBound({ table }: Ref, column: string): boolean {
    return (table && this.#shapeOf(table.name)?.bound.includes(column)) ?? false;
  }

  /** Whether a source has a column; undefined when its columns are not known. */
  #has({ table }: Ref, column: string): boolean | undefined {
    return table && this.#shapeOf(table.name)?.columns.includes(column);
  }

  #refWith(column: string, scope: Scope): Ref | undefined {
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      const known = at.refs.find(ref => this.#has(ref, column));
      if (known) return known;
    }
    return undefined;
  }
}

function refNamed(alias: string, scope: Scope): Ref | undefined {
  for (let at: Scope | undefined = scope; at; at = at.parent) {
    const ref = at.refs.find(candidate => candidate.alias === alias);
    if (ref) return ref;
  }
  return undefined;
}

/**
 * Of several conditions that all hold, each of which binds: all the constant ones (osquery's tables take the union of
 * their constraints), else one equality, else a pattern.
 */
function best(all: readonly (readonly Candidate[])[]): readonly Candidate[] | undefined {
  const equal = all.filter(candidates => candidates.every(({ op }) => op === 'equals'));
  const constant = equal.filter(candidates => candidates.every(candidate => candidate.constant));
  if (constant.length > 0) return constant.flat();
  return equal[0] ?? all[0];
}
