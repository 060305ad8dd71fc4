/**
 * Filter expressions: terms joined by AND (interface.md "feed"). What can be filtered is a `Vocabulary`: one record a
 * field, so that hosts and result rows are filtered by the same words as events.
 */
import { Problem } from './problem.ts';
import { clean } from './sanitize.ts';

export type Operator = ':' | '=' | '>=' | '<=' | '>' | '<';
export type Test<T> = (item: T) => boolean;

/** Whether an operator holds, by the difference between what there is and what is wanted. */
export const COMPARED: Readonly<Record<Operator, (difference: number) => boolean>> = {
  ':': difference => difference === 0,
  '=': difference => difference === 0,
  '>=': difference => difference >= 0,
  '<=': difference => difference <= 0,
  '>': difference => difference > 0,
  '<': difference => difference < 0,
};

/** One thing to filter by. `compile` returns a test, or in words what is wrong with the value. */
export type Field<T> = {
  readonly names: readonly string[];
  readonly operators: readonly Operator[];
  /** One example, for help and for errors. */
  readonly example: string;
  /** All values there are, for fields with a closed set of them. */
  readonly values?: readonly string[];
  /** What a value stands for while it is being typed: the beginning of one. Absent where it is taken as it is. */
  begun?(value: string): string;
  compile(value: string, operator: Operator): Test<T> | string;
};

export type Vocabulary<T> = {
  readonly fields: readonly Field<T>[];
  /** Whether any text that a bare word is looked for in passes; most telling first. */
  anyText(item: T, test: (text: string) => boolean): boolean;
};

export type Term = { readonly text: string; readonly field: string | null; readonly excluded: boolean };
export type Filter<T> = { readonly terms: readonly Term[]; match(item: T): boolean };

type Word = { readonly text: string; readonly column: number };

/** Words between white space; a quoted part may hold any. */
const WORD = /[^\s"]*(?:"[^"]*"?[^\s"]*)*/y;

function* wordsOf(text: string): Generator<Word> {
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at] ?? '')) {
      at += 1;
      continue;
    }
    const reader = new RegExp(WORD);
    reader.lastIndex = at;
    const word = reader.exec(text)?.[0] ?? '';
    yield { text: word, column: at + 1 };
    at += word.length;
  }
}

/**
 * A filter that cannot be read. The wrong word stands from `from` to `to` of the expression (UTF-16 units), and `what` says
 * what is wrong with it; the message names column and word, the detail has a caret under it.
 */
export class FilterProblem extends Problem {
  override readonly name = 'FilterProblem';
  readonly from: number;
  readonly to: number;
  readonly what: string;

  constructor(expression: string, { text, column }: Word, what: string) {
    const detail = `${clean(expression)}\n${' '.repeat(column - 1)}^`;
    super('usage', `The filter is off at column ${column}, '${clean(text, 120)}': ${what}.`, { detail });
    this.from = column - 1;
    this.to = this.from + text.length;
    this.what = what;
  }
}

/** A term that finds this value in a field, quoted where that is needed. A quote mark inside it becomes a `?`. */
export function filterTerm(field: string, value: string, excluded = false): string {
  return `${excluded ? '-' : ''}${field}:${quoted(value)}`;
}

/** A value as it stands in a term. */
export function quoted(value: string): string {
  const text = value.replaceAll('"', '?');
  return /^[^\s"]+$/.test(text) ? text : `"${text}"`;
}

/** The word that the cursor stands in or right behind; an empty one at the cursor where it stands in none. */
export function wordAt(expression: string, cursor: number): { readonly from: number; readonly to: number; readonly text: string } {
  for (const { text, column } of wordsOf(expression)) {
    const from = column - 1;
    if (cursor >= from && cursor <= from + text.length) return { from, to: from + text.length, text };
  }
  return { from: cursor, to: cursor, text: '' };
}

/** The expression without its terms on these fields. */
export function withoutFields(expression: string, names: readonly string[]): string {
  const on = new RegExp(`^[-!]?(?:${names.join('|')})[:=<>]`, 'i');
  const words = [...wordsOf(expression)].map(({ text }) => text);
  return words.filter(word => !on.test(word)).join(' ');
}

const unquote = (text: string): string => text.replaceAll('"', '');

/** Looks for the words anywhere in an item's texts, in any case. Shorter texts, as most cells are, are passed over unread. */
export function substring<T>(wanted: string, anyText: Vocabulary<T>['anyText']): Test<T> {
  const pattern = new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`), 'iu');
  const test = (text: string) => text.length >= wanted.length && pattern.test(text);
  return item => anyText(item, test);
}

const FIELD_TERM = /^([a-z_]{2,})(>=|<=|[:=<>])([\s\S]*)$/i;

/**
 * The expression as it is meant while the word at the cursor is being typed: a value without quotes is the beginning of one where
 * its field has a way to say so, and `table:cron` finds `crontab` already. What is excluded is taken as it stands.
 */
export function whileTyped(expression: string, cursor: number, fields: Vocabulary<never>['fields']): string {
  const { to, text } = wordAt(expression, cursor);
  const [, name = '', , value = ''] = FIELD_TERM.exec(text) ?? [];
  const field = fields.find(({ names }) => names.includes(name.toLowerCase()));
  if (cursor !== to || !field?.begun || value === '' || value.includes('"')) return expression;
  return expression.slice(0, to - value.length) + field.begun(value) + expression.slice(to);
}

/** One word without its leading `-` or `!`. */
function compileTerm<T>(body: string, { fields, anyText }: Vocabulary<T>): { test: Test<T>; field: string | null } | string {
  if ((body.match(/"/g)?.length ?? 0) % 2 === 1) return 'its quote does not end';
  const [, name, operator, raw = ''] = FIELD_TERM.exec(body) ?? [];
  if (name === undefined) {
    const wanted = unquote(body);
    return wanted === '' ? 'there is nothing to look for' : { test: substring(wanted, anyText), field: null };
  }
  const field = fields.find(candidate => candidate.names.includes(name.toLowerCase()));
  const examples = fields.map(candidate => candidate.example).join(', ');
  if (!field) return `there is no field '${name}' (there are ${examples}); put it in quotes to look for the text`;
  const known = field.operators.find(candidate => candidate === operator);
  const value = unquote(raw);
  if (!known || value === '') return `write it as ${field.example}`;
  const test = field.compile(value, known);
  return typeof test === 'string' ? test : { test, field: field.names[0] ?? name };
}

/** Compiles an expression. An empty one matches everything. Throws a `FilterProblem` that points at the wrong word. */
export function compileFilter<T>(expression: string, vocabulary: Vocabulary<T>): Filter<T> {
  const compiled = [...wordsOf(expression)].map(word => {
    const excluded = /^[-!]/.test(word.text);
    const term = compileTerm(excluded ? word.text.slice(1) : word.text, vocabulary);
    if (typeof term === 'string') throw new FilterProblem(expression, word, term);
    return { test: term.test, term: { text: word.text, field: term.field, excluded } };
  });
  return {
    terms: compiled.map(({ term }) => term),
    match: item => compiled.every(({ test, term }) => test(item) !== term.excluded),
  };
}
