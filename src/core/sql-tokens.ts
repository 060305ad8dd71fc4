/** SQLite's tokens, as far as reading and filling in a statement needs them (sqlite.org/lang.html, tokenize.c). */

export type SqlToken = {
  /**
   * `word` an unquoted identifier or keyword, `name` a quoted identifier, `string` a literal, `mark` a parameter
   * (`:name`, `@name`, `$name`, `?`), `number`, `symbol` one other character, `open` a quote or comment that never ends.
   */
  readonly kind: 'word' | 'name' | 'string' | 'mark' | 'number' | 'symbol' | 'open';
  readonly text: string;
  /** UTF-16 offset in the statement. */
  readonly at: number;
};

const TOKEN = new RegExp(
  [
    String.raw`(?<skip>\s+|--[^\n]*|/\*[\s\S]*?\*/)`,
    "(?<string>[xX]?'[^']*'(?:'[^']*')*)",
    '(?<name>"[^"]*"(?:"[^"]*")*|`[^`]*`(?:`[^`]*`)*|\\[[^\\]]*\\])',
    '(?<open>[xX]?\'|["`[]|/\\*)',
    String.raw`(?<mark>[:@$][\w$\u0080-\uffff]+|\?\d*)`,
    String.raw`(?<number>\d[\w.]*|\.\d\w*)`,
    String.raw`(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
    String.raw`(?<symbol>[\s\S])`,
  ].join('|'),
  'y',
);

const KINDS = ['string', 'name', 'open', 'mark', 'number', 'word', 'symbol'] as const;

/** The tokens of a statement, without white space and comments. After an `open` token the rest is not read. */
export function* sqlTokens(sql: string): Generator<SqlToken> {
  const reader = new RegExp(TOKEN);
  while (reader.lastIndex < sql.length) {
    const at = reader.lastIndex;
    const groups = reader.exec(sql)?.groups;
    if (!groups) return;
    const kind = KINDS.find(candidate => groups[candidate] !== undefined);
    if (kind === undefined) continue;
    yield { kind, text: groups[kind] ?? '', at };
    if (kind === 'open') return;
  }
}

/** The identifier or text that a token stands for, without its quotes. */
export function unquoted({ kind, text }: SqlToken): string {
  if (kind !== 'name' && kind !== 'string') return text;
  const quote = text.at(-1) ?? '';
  const inner = text.slice(1, -1);
  return quote === ']' ? inner : inner.replaceAll(quote + quote, quote);
}
