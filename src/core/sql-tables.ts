/** Which osquery tables a statement reads: what an event's table and severity come from. */
import { isOsqueryTable } from './osquery-tables.ts';
import { clean } from './sanitize.ts';
import { type SqlToken, sqlTokens, unquoted } from './sql-tokens.ts';

/** Words that end a list of tables, at the same depth of brackets. */
const ENDS_FROM = new Set(['where', 'group', 'having', 'window', 'order', 'limit', 'union', 'intersect', 'except', 'select', 'returning']);
const STARTS_QUERY = new Set(['select', 'with', 'values']);
/** Functions of SQLite that stand where a table does. */
const TABLE_FUNCTIONS = new Set(['json_each', 'json_tree', 'jsonb_each', 'jsonb_tree', 'generate_series']);

/** Tokens with lower-case words, and for every bracket the place of its partner. */
type Statement = { readonly tokens: readonly SqlToken[]; readonly words: readonly string[]; readonly closes: ReadonlyMap<number, number> };

function read(sql: string): Statement {
  const tokens = [...sqlTokens(sql)];
  const closes = new Map<number, number>();
  const open: number[] = [];
  tokens.forEach((token, index) => {
    if (token.text === '(') open.push(index);
    const from = token.text === ')' ? open.pop() : undefined;
    if (from !== undefined) closes.set(from, index);
  });
  const words = tokens.map(token => (token.kind === 'word' || token.kind === 'symbol' ? token.text.toLowerCase() : ''));
  return { tokens, words, closes };
}

const isName = (token: SqlToken | undefined): token is SqlToken => token !== undefined && (token.kind === 'word' || token.kind === 'name');

/** Printable: the statement may be a server's, and a quoted name may hold anything. */
const nameOf = (token: SqlToken): string => clean(unquoted(token), 128).toLowerCase();

/** A common table expression and the tokens among which its name hides a table of the same name. */
type Cte = { readonly name: string; readonly from: number; readonly to: number };

/** `name [(columns)] AS [[NOT] MATERIALIZED] (SELECT ...)`: nothing else in SQL looks like that. */
function commonTables({ tokens, words, closes }: Statement): Cte[] {
  const found: Cte[] = [];
  const scopes: number[] = [];
  tokens.forEach((token, index) => {
    if (words[index] === '(') scopes.push(index);
    if (words[index] === ')') scopes.pop();
    if (!isName(token)) return;
    let next = index + 1;
    if (words[next] === '(') next = (closes.get(next) ?? tokens.length) + 1;
    if (words[next] !== 'as') return;
    do next += 1;
    while (words[next] === 'not' || words[next] === 'materialized');
    if (words[next] !== '(' || !STARTS_QUERY.has(words[next + 1] ?? '')) return;
    const scope = scopes.at(-1);
    found.push({
      name: nameOf(token),
      from: scope ?? 0,
      to: (scope === undefined ? undefined : closes.get(scope)) ?? tokens.length,
    });
  });
  return found;
}

/** Indexes of the tokens that stand where a table's name is expected. */
function* tablePlaces({ words }: Statement): Generator<number> {
  let list = { tables: false, expected: false };
  const outer: (typeof list)[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '(') {
      outer.push({ ...list, expected: false });
      const nested = list.expected && !STARTS_QUERY.has(words[index + 1] ?? '');
      list = { tables: nested, expected: nested };
    } else if (word === ')') {
      list = outer.pop() ?? { tables: false, expected: false };
    } else if (word === 'join' || (word === 'from' && words[index - 1] !== 'distinct')) {
      list = { tables: true, expected: true };
    } else if (word === ',' && list.tables) {
      list.expected = true;
    } else if (word === ';' || ENDS_FROM.has(word)) {
      list = { tables: false, expected: false };
    } else if (list.expected) {
      list.expected = false;
      yield index;
    } else if (word === 'in' && words[index + 1] !== '(') {
      yield index + 1;
    }
  }
}

/**
 * Names of the tables that a statement reads (`FROM`, `JOIN`, `IN table`), in lower case, in order of appearance, each
 * once. Common table expressions and table functions are not tables; a schema prefix is left out.
 */
export function tablesOf(sql: string): string[] {
  const statement = read(sql);
  const { tokens, words } = statement;
  const ctes = commonTables(statement);
  const found = new Set<string>();
  for (const place of tablePlaces(statement)) {
    const qualified = words[place + 1] === '.';
    const at = qualified ? place + 2 : place;
    const token = tokens[at];
    if (!token || !['word', 'name', 'string'].includes(token.kind)) continue;
    const name = nameOf(token);
    const isCte = !qualified && ctes.some(cte => cte.name === name && place >= cte.from && place < cte.to);
    if (isCte || (words[at + 1] === '(' && TABLE_FUNCTIONS.has(name))) continue;
    found.add(name);
  }
  return [...found];
}

/** Documented as a table (contracts/aisoc.md 1.3), though osquery has none of that name. */
const isKnown = (name: string): boolean => isOsqueryTable(name) || name === 'browser_extensions';

/**
 * The table that a scheduled query is named after, or null: the name itself, its last part (`pack/ir/crontab`), or, in
 * osquery's default naming of packs (contracts/osquery-remote.md 1.4), its last words (`pack_ir_crontab`).
 */
export function tableOfQueryName(name: string): string | null {
  const whole = name.trim().toLowerCase();
  const last = whole.split(/[/:.]/).at(-1) ?? '';
  if (isKnown(last)) return last;
  if (!last.startsWith('pack_')) return null;
  const words = last.split('_');
  for (let from = 2; from < words.length; from += 1) {
    const candidate = words.slice(from).join('_');
    if (isKnown(candidate)) return candidate;
  }
  return null;
}
