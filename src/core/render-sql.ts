/** Fills a template in. The only place where SQL for hosts is made; a value can never leave its literal. */
import { AllowlistError } from './problem.ts';
import { sqlTokens } from './sql-tokens.ts';
import type { ParamValue, Template } from './template.ts';

/**
 * A value as a literal. Negative numbers are bracketed, since `-` before one would start a comment. Throws for what
 * SQLite could not read back unchanged: NUL ends a statement, half a surrogate pair is no character.
 */
function literal(template: string, name: string, value: ParamValue): string {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value < 0 ? `(${value})` : String(value);
  } else if (!value.includes('\0') && value.isWellFormed()) {
    return `'${value.replaceAll("'", "''")}'`;
  }
  throw new AllowlistError(`Template '${template}' cannot take the value of parameter '${name}': it has no form in SQL.`);
}

/** A literal must not run into a word or another literal beside it: `x:name` would become `x'...'`, a blob. */
const touches = (neighbour: string | undefined): boolean => neighbour !== undefined && !/[\s(),]/.test(neighbour);

/**
 * The template's SQL with each `:name` mark outside strings and comments replaced by its value's literal.
 * Every mark must have a value and every value a mark, and the whole must be one statement; else throws `AllowlistError`.
 */
export function renderSql(template: Pick<Template, 'name' | 'sql'>, params: Readonly<Record<string, ParamValue>>): string {
  const { name, sql } = template;
  const used = new Set<string>();
  let rendered = '';
  let done = 0;
  for (const token of sqlTokens(sql)) {
    if (token.kind === 'open') throw new AllowlistError(`Template '${name}' has a quote or comment that does not end.`);
    if (token.text === ';') throw new AllowlistError(`Template '${name}' has more than one statement.`);
    if (token.kind !== 'mark') continue;
    const key = token.text.slice(1);
    const value = token.text.startsWith(':') && Object.hasOwn(params, key) ? params[key] : undefined;
    if (value === undefined) throw new AllowlistError(`Template '${name}' has the mark ${token.text}, which has no value.`);
    const end = token.at + token.text.length;
    const before = touches(sql[token.at - 1]) ? ' ' : '';
    const after = touches(sql[end]) ? ' ' : '';
    rendered += sql.slice(done, token.at) + before + literal(name, key, value) + after;
    done = end;
    used.add(key);
  }
  const idle = Object.keys(params).filter(key => !used.has(key));
  if (idle.length > 0) throw new AllowlistError(`Template '${name}' does not use parameter(s): ${idle.join(', ')}.`);
  return rendered + sql.slice(done);
}

/** Lets a host carve one file: the `carves` table begins a carve when it is asked so. `:path` is a literal path, no pattern. */
export const CARVE = { name: 'carve', sql: 'SELECT * FROM carves WHERE path = :path AND carve = 1' } as const;
