/**
 * Whether a statement that somebody brings along (a site template) only reads. By its tokens, and by lists of what is
 * known to be harmless: what is not understood is refused. osquery itself would also run INSERT and CREATE
 * (sql/sqlite_util.h), send requests for a SELECT (`curl`) and copy files away (`carves`). Whether the statement fits
 * the tables is for SQLite to say.
 */
import { isOsqueryTable } from './osquery-tables.ts';
import { AllowlistError, type Problem } from './problem.ts';
import { clean } from './sanitize.ts';
import { tablesOf } from './sql-tables.ts';
import { type SqlToken, sqlTokens, unquoted } from './sql-tokens.ts';

/** Tables that do more than read, wherever their name stands. */
const ACTIVE_TABLES: ReadonlyMap<string, string> = new Map([
  ['curl', 'makes the host send a request to any address'],
  ['curl_certificate', 'makes the host connect to any address'],
]);

/** Columns that make a table act when a statement compares them. */
const ACTIVE_COLUMNS: readonly { readonly column: string; readonly tables: readonly string[]; readonly does: string }[] = [
  { column: 'carve', tables: ['carves'], does: 'starts the carving of files' },
  { column: 'sigurl', tables: ['yara_file', 'yara_process', 'yara'], does: 'makes the host fetch rules from an address' },
];

/** Functions of osquery that only compute, or look at a file's name (sql/sqlite_*.cpp); not `carve` and `sleep`. */
export const OSQUERY_FUNCTIONS: readonly string[] = `
  community_id_v1 community_id_v1_strict concat concat_ws conditional_to_base64 find_file_path_in_cmd from_base64 in_cidr_block inet_aton
  is_path_deterministic md5 parent_directory regex_match regex_split sha1 sha256 split to_base64 version_compare
`
  .trim()
  .split(/\s+/);

/** SQLite's own (sqlite.org/lang_corefunc.html and its neighbours), less those that load code, read files or eat memory. */
const SQLITE_FUNCTIONS = `
  abs char coalesce format glob hex ifnull iif instr length like likelihood likely lower ltrim max min nullif octet_length printf quote
  replace round rtrim sign soundex substr substring trim typeof unhex unicode unlikely upper
  avg count group_concat string_agg sum total
  cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
  date datetime julianday strftime time timediff unixepoch
  json json_array json_array_length json_each json_extract json_group_array json_group_object json_object json_quote json_tree json_type
  json_valid
  acos asin atan atan2 ceil ceiling cos cot degrees exp floor ln log log10 log2 mod pi pow power radians sin sqrt tan trunc
`
  .trim()
  .split(/\s+/);

const FUNCTIONS = new Set([...OSQUERY_FUNCTIONS, ...SQLITE_FUNCTIONS]);

/** Keywords before a bracket that is no list of arguments. */
const BEFORE_BRACKET = new Set(
  `
    all and as between by case cast distinct else end escape except exists filter from having in intersect is join limit materialized not
    offset on or over select then union using values when where
  `
    .trim()
    .split(/\s+/),
);

const STARTS_QUERY = new Set(['select', 'values', 'with']);

/** Control and invisible characters, and spaces that SQLite does not take for spaces: the eye and the parser must agree. */
const ODD_CHARACTER = /[^\P{C}\t\n\r]|(?! )\p{Z}/u;

/** Tokens with lower-case words (identifiers without their quotes; nothing for texts), and brackets with their partners. */
type Statement = { readonly tokens: readonly SqlToken[]; readonly words: readonly string[]; readonly closes: ReadonlyMap<number, number> };

const isIdentifier = (token: SqlToken | undefined): token is SqlToken => token?.kind === 'word' || token?.kind === 'name';

function read(sql: string): Statement {
  const tokens = [...sqlTokens(sql)];
  const closes = new Map<number, number>();
  const open: number[] = [];
  tokens.forEach(({ text }, index) => {
    if (text === '(') open.push(index);
    const from = text === ')' ? open.pop() : undefined;
    if (from !== undefined) closes.set(from, index);
  });
  return { tokens, words: tokens.map(({ kind, text }) => (kind === 'word' || kind === 'symbol' ? text.toLowerCase() : '')), closes };
}

/** The index after `name [(columns)] AS [[NOT] MATERIALIZED] (SELECT ...)`, a common table; undefined when there is none. */
function afterCommonTable({ tokens, words, closes }: Statement, start: number): number | undefined {
  if (!isIdentifier(tokens[start])) return undefined;
  let at = start + 1;
  if (words[at] === '(') at = (closes.get(at) ?? tokens.length) + 1;
  if (words[at] !== 'as') return undefined;
  at += 1;
  if (words[at] === 'not') at += 1;
  if (words[at] === 'materialized') at += 1;
  if (words[at] !== '(' || !STARTS_QUERY.has(words[at + 1] ?? '')) return undefined;
  const close = closes.get(at);
  return close === undefined ? undefined : close + 1;
}

/** Why the statement is no single SELECT. SQLite allows nothing but queries inside brackets, so its own verb decides. */
function notOneSelect(statement: Statement): string | undefined {
  const { tokens, words } = statement;
  if (tokens.length === 0) return 'It is empty.';
  if (tokens.at(-1)?.kind === 'open') return 'It has a quote or comment that does not end.';
  const end = words.indexOf(';');
  if (end !== -1 && end < tokens.length - 1) return 'It is more than one statement.';
  let verb = 0;
  if (words[0] === 'with') {
    verb = words[1] === 'recursive' && isIdentifier(tokens[2]) ? 2 : 1;
    for (let next: number | undefined = verb; next !== undefined; next = words[next] === ',' ? next + 1 : undefined) {
      const after = afterCommonTable(statement, next);
      if (after === undefined) return `After WITH, "${clean(tokens[next]?.text ?? '', 40)}" begins no common table.`;
      [verb, next] = [after, after];
    }
  }
  return words[verb] === 'select' ? undefined : `It begins with "${clean(tokens[verb]?.text ?? '', 40)}", not with SELECT or WITH.`;
}

/** A function, or what looks like one, that is not known to be harmless. */
function unknownFunction(statement: Statement): string | undefined {
  const { tokens, words } = statement;
  for (const [index, token] of tokens.entries()) {
    if (words[index + 1] !== '(' || !isIdentifier(token)) continue;
    const name = unquoted(token).toLowerCase();
    if (FUNCTIONS.has(name) || (token.kind === 'word' && BEFORE_BRACKET.has(name))) continue;
    if (isCommonTable(statement, index)) continue;
    return `It calls ${clean(name, 60)}(), which is not on the list of functions that only compute.`;
  }
  return undefined;
}

/** A common table with a list of columns, in its place: after WITH, RECURSIVE or the comma behind another one. */
function isCommonTable(statement: Statement, index: number): boolean {
  const before = statement.words[index - 1];
  return (before === 'with' || before === 'recursive' || before === ',') && afterCommonTable(statement, index) !== undefined;
}

/** `FROM users window, x`: an alias that only looks like the start of a WINDOW clause would hide the tables behind it. */
function hidesTables({ tokens, words }: Statement): boolean {
  return words.some((word, index) => word === 'window' && !(isIdentifier(tokens[index + 1]) && words[index + 2] === 'as'));
}

function badTable(sql: string, statement: Statement): string | undefined {
  if (hidesTables(statement)) return 'It uses the word "window" as a name.';
  const tables = tablesOf(sql);
  const named = new Set(statement.tokens.filter(isIdentifier).map(token => unquoted(token).toLowerCase()));
  const texts = new Set(statement.tokens.map(token => unquoted(token).toLowerCase()));
  for (const [table, does] of ACTIVE_TABLES) {
    if (named.has(table) || tables.includes(table)) return `It reads the table ${table}, which ${does}.`;
  }
  for (const { column, tables: owners, does } of ACTIVE_COLUMNS) {
    if (texts.has(column) && owners.some(table => named.has(table) || tables.includes(table))) {
      return `It uses the column ${column} of ${owners[0]}, which ${does}.`;
    }
  }
  const unknown = tables.filter(table => !isOsqueryTable(table));
  return unknown.length > 0 ? `It reads ${unknown.join(', ')}: osquery has no such table.` : undefined;
}

/**
 * Why a statement must not be sent to hosts, as a 'refused' Problem; undefined when it is one SELECT (or WITH ... SELECT)
 * over osquery's tables that changes nothing, asks no other machine and calls only functions that compute.
 */
export function checkSelect(sql: string): Problem | undefined {
  const statement = read(sql);
  const odd = ODD_CHARACTER.test(sql) ? 'It holds control, invisible or odd space characters.' : undefined;
  const reason = odd ?? notOneSelect(statement) ?? badTable(sql, statement) ?? unknownFunction(statement);
  if (reason === undefined) return undefined;
  return new AllowlistError(
    `The statement is refused. ${reason} Only a single SELECT that just reads osquery's tables may be sent to hosts.`,
  );
}
