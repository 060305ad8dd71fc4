/**
 * The one place that decides what is printable. Hosts and servers are hostile: what they say becomes a single line in
 * which every control, escape, bidirectional or invisible character is a visible mark. Nothing but the glue of
 * emoji is removed without a trace, so an attack stays readable: `ESC ] 0 ; x` is shown as `␛]0;x`.
 */
import type { Row } from './model.ts';

/** Longest line by default, in UTF-16 units. */
export const MAX_TEXT = 4_096;
/** Longest cell of a row: the longest command line Windows can hold. */
export const MAX_CELL = 32_767;
/** Columns of a row at most; osquery's widest table has far fewer. */
export const MAX_COLUMNS = 256;
const MAX_COLUMN_NAME = 128;

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** Control, format, surrogate, private use and unassigned; line and paragraph separators; what renderers leave out. */
const INVISIBLE = String.raw`\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800`;
const UNPRINTABLE = new RegExp(String.raw`\r\n|[${INVISIBLE}]|(?! )\p{Zs}`, 'gu');
/** Glue inside emoji: terminals disagree about the width of the whole and agree about that of the parts. */
const EMOJI_GLUE =
  /(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier})(?:\ufe0e|\ufe0f)|(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic})/gu;
/** More than two marks on one letter draw over the neighbouring rows. */
const STACKED_MARKS = /(\p{M}{2})\p{M}+/gu;
const LEADING_MARK = /^\p{M}/u;

function visible(found: string): string {
  const code = found.codePointAt(0) ?? 0;
  if (found === '\r\n' || code === 0x0a || code === 0x85 || code === 0x2028 || code === 0x2029) return '⏎';
  if (code === 0x1b) return '␛';
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '␡';
  if (code < 0xa0) return `␛${String.fromCodePoint(code - 0x40)}`;
  return /\p{Zs}/u.test(found) ? ' ' : '·';
}

const cut = (text: string, max: number): string =>
  text.length <= max
    ? text
    : `${text
        .slice(0, max)
        .toWellFormed()
        .replace(/\ufffd$/, '')}…`;

/**
 * Untrusted text as one line that is safe on any terminal. Longer than `max` UTF-16 units: cut, with `…` at the end.
 * An 8-bit control is shown as its 7-bit form (`0x9b` as `␛[`), other controls as their pictures, a newline as `⏎`,
 * any wide or odd space as a space, everything invisible as `·`.
 */
export function clean(text: string, max: number = MAX_TEXT): string {
  const short = cut(text, max);
  if (PRINTABLE_ASCII.test(short)) return short;
  const line = short.replace(EMOJI_GLUE, '').replace(UNPRINTABLE, visible).replace(STACKED_MARKS, '$1');
  return LEADING_MARK.test(line) ? `◌${line}` : line;
}

/** Like `clean`, but line breaks (`\n`, `\r\n`) stay. For text that is shown as a block, such as SQL. */
export function cleanMultiline(text: string, max: number = MAX_TEXT): string {
  return cut(text, max)
    .split(/\r?\n/)
    .map(line => clean(line, max))
    .join('\n');
}

function cell(value: unknown): string | null {
  if (typeof value === 'string') return clean(value, MAX_CELL);
  if (value === null || value === undefined) return null;
  if (typeof value !== 'object') return clean(String(value), MAX_CELL);
  try {
    return clean(JSON.stringify(value), MAX_CELL);
  } catch (thrown) {
    return `(unreadable: ${clean(String(thrown), 80)})`;
  }
}

/** Names that every object has by birth (`__proto__`, `constructor`) get a mark: a row is then safe to copy and look up in. */
function freeName(raw: string, taken: object): string {
  const name = clean(raw, MAX_COLUMN_NAME);
  const base = name in Object.prototype ? `·${name}` : name;
  let free = base;
  for (let count = 2; Object.hasOwn(taken, free); count += 1) free = `${base} (${count})`;
  return free;
}

/**
 * A row of a host, cleaned: names and values printable, numbers and booleans as text, nested values as JSON text, `null`
 * kept. Two columns whose names become the same are both kept (`name`, `name (2)`); columns beyond `MAX_COLUMNS` are
 * counted in a last column `…`. Undefined when `row` is not an object.
 */
export function cleanRow(row: unknown): Row | undefined {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return undefined;
  const cleaned: Record<string, string | null> = {};
  const entries = Object.entries(row);
  for (const [name, value] of entries.slice(0, MAX_COLUMNS)) cleaned[freeName(name, cleaned)] = cell(value);
  if (entries.length > MAX_COLUMNS) cleaned[freeName('…', cleaned)] = `${entries.length - MAX_COLUMNS} more columns cut`;
  return cleaned;
}

const UNSAFE_IN_JSON = new RegExp(`[${INVISIBLE}]`, 'gu');
const escapeUnits = (found: string): string =>
  Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

/**
 * JSON for a terminal: the same meaning, with 8-bit controls, bidirectional and invisible characters written as `\uXXXX`.
 * `indent` as in `JSON.stringify`.
 */
export function safeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent) ?? 'null';
  // The line breaks of an indented text are controls too.
  return text.replace(UNSAFE_IN_JSON, found => (found === '\n' ? found : escapeUnits(found)));
}
