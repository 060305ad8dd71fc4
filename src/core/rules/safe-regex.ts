/**
 * Regular expressions that cannot run away, whatever text a host sends: every repetition is of one character and has an
 * end, and the ways to match from one place are counted. No look-around, no references back.
 */

/** Ways to match from one place at most. With texts of `MAX_TESTED` that bounds the work to some ms. */
const MAX_WAYS = 1_000;
const MAX_LENGTH = 500;
/** UTF-16 units of a text that are looked at. */
export const MAX_TESTED = 4_096;

type Reader = { readonly pattern: string; at: number };

const fault = (what: string): never => {
  throw new Error(what);
};

const QUANTIFIER = /(?:[*+?]|\{(\d*)(,?)(\d*)\})\??/y;

/** The number of choices of a repetition that follows here; undefined when none does. */
function repetition(reader: Reader): { readonly ways: number; readonly optional: boolean } | undefined {
  QUANTIFIER.lastIndex = reader.at;
  const [found, min = '', comma = '', max = ''] = QUANTIFIER.exec(reader.pattern) ?? [];
  if (found === undefined) return undefined;
  reader.at += found.length;
  if (found.startsWith('?')) return { ways: 2, optional: true };
  if (!found.startsWith('{')) fault(`'${found}' has no end: write {0,40} or {1,40}`);
  if (min === '') fault(`'${found}' is no repetition; a brace is written \\{`);
  if (comma !== '' && max === '') fault(`'${found}' has no end: write {${min},40}`);
  const ways = comma === '' ? 1 : Number(max) - Number(min) + 1;
  return { ways: ways > 0 ? ways : fault(`'${found}' ends before it begins`), optional: false };
}

/** A class `[...]`, an escape or one character. */
function atom(reader: Reader): void {
  const { pattern, at } = reader;
  if (pattern[at] === '[') {
    let end = at + 1;
    while (end < pattern.length && pattern[end] !== ']') end += pattern[end] === '\\' ? 2 : 1;
    reader.at = end + 1;
    return;
  }
  if (pattern[at] === '\\') {
    if (/[1-9k]/.test(pattern[at + 1] ?? '')) fault('references back are not allowed');
    reader.at += 2;
    return;
  }
  reader.at += 1;
}

function group(reader: Reader): number {
  reader.at += 1;
  if (reader.pattern[reader.at] === '?') {
    if (reader.pattern[reader.at + 1] !== ':') fault('a group may begin with (?: but with nothing else');
    reader.at += 2;
  }
  const inner = alternatives(reader);
  reader.at += 1;
  const repeated = repetition(reader);
  if (!repeated) return inner;
  return repeated.optional ? inner + 1 : fault('a group may be repeated by ? only');
}

function sequence(reader: Reader): number {
  let ways = 1;
  while (reader.at < reader.pattern.length && !'|)'.includes(reader.pattern[reader.at] ?? '')) {
    if (reader.pattern[reader.at] === '(') {
      ways *= group(reader);
    } else {
      atom(reader);
      ways *= repetition(reader)?.ways ?? 1;
    }
  }
  return ways;
}

function alternatives(reader: Reader): number {
  let ways = sequence(reader);
  while (reader.pattern[reader.at] === '|') {
    reader.at += 1;
    ways += sequence(reader);
  }
  return ways;
}

/** What speaks against a pattern, in words; undefined when it may be used. */
export function regexFault(pattern: string): string | undefined {
  if (pattern.length > MAX_LENGTH) return `a regex has at most ${MAX_LENGTH} characters`;
  try {
    new RegExp(pattern, 'iu');
    const ways = alternatives({ pattern, at: 0 });
    return ways > MAX_WAYS ? `the regex can match in ${ways} ways, more than ${MAX_WAYS}: make its repetitions shorter` : undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

/** A test for texts, of which the first `MAX_TESTED` units are looked at. Throws for a pattern that has a fault. */
export function safeRegex(pattern: string): (text: string) => boolean {
  const wrong = regexFault(pattern);
  if (wrong !== undefined) throw new Error(wrong);
  const regex = new RegExp(pattern, 'iu');
  return text => regex.test(text.length > MAX_TESTED ? text.slice(0, MAX_TESTED) : text);
}
