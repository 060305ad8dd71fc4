/** The prompt for filter expressions, the same on every screen: live, with completions, and pointing at what is wrong. */
import { type Completion, completions, type Seen } from '../core/filter-completions.ts';
import { FilterProblem, type Vocabulary, whileTyped, wordAt } from '../core/filter-language.ts';
import { toProblem } from '../core/problem.ts';
import type { Fault } from './prompt.ts';
import type { Ui } from './ui-state.ts';

type Fields = Vocabulary<never>['fields'];

export type FilterPrompt = {
  /** Prompts of one id share their history, which outlasts the console. */
  readonly id: string;
  readonly label: string;
  /** The filter in force: it holds again when the prompt is left with esc. */
  readonly before: string;
  /** What the prompt begins with; the filter in force when absent. */
  readonly value?: string;
  readonly fields: Fields;
  /** Values that were seen under a field, the likely ones first. */
  readonly seen: Seen;
  /** Bare words find something however short they are: they are looked for although they may become the name of a field. */
  readonly fuzzy?: boolean;
  /** Throws a `FilterProblem` for what is wrong. */
  parse(filter: string): unknown;
  /**
   * Takes a filter, which has been parsed. Called as one types: the last good one stays in force, and the value at the cursor
   * counts as the beginning of one. Once accepted it is taken as it stands.
   */
  look(filter: string): unknown;
};

/** A mark that excludes nothing yet. */
const LONE_MARK = /(^|\s)[-!](?=\s|$)/g;
const meant = (text: string): string => text.replace(LONE_MARK, '$1').trim();

/** The expression without the word at the cursor while it looks like the beginning of a field: `sev` would hide everything. */
function settled(text: string, cursor: number, fields: Fields): string {
  const word = wordAt(text, cursor);
  const begun = /^[-!]?([a-z_]+)$/i.exec(word.text)?.[1]?.toLowerCase();
  const names = fields.flatMap(field => field.names);
  if (begun === undefined || !names.some(name => name.startsWith(begun))) return text;
  return text.slice(0, word.from) + text.slice(word.to);
}

function faultOf(parse: (filter: string) => unknown, text: string): Fault | undefined {
  try {
    // Blanks for the mark: the other words keep their places.
    parse(text.replace(LONE_MARK, '$1 '));
    return undefined;
  } catch (thrown) {
    if (thrown instanceof FilterProblem) return thrown;
    return { from: 0, to: text.length, what: toProblem(thrown).message };
  }
}

/** What a completion is known by: a field by its example, a value without its field. */
const labelOf = ({ kind, text, help }: Completion): string =>
  kind === 'field' ? help : text.replace(/^[-!]?[a-z_]+(?:>=|<=|[:=<>])/i, '');

export function promptFilter(ui: Ui, filter: FilterPrompt): void {
  const { id, label, before, value = before, fields, seen, fuzzy = false, parse, look } = filter;
  ui.prompt({
    id,
    label,
    value,
    lasting: true,
    recalls: true,
    check: text => faultOf(parse, text),
    complete(text, cursor) {
      const { items, ...place } = completions(text, cursor, seen, { fields });
      return { ...place, items: items.map(item => ({ text: item.text, label: labelOf(item) })) };
    },
    onChange(text, cursor) {
      const begun = whileTyped(text, cursor, fields);
      const wanted = fuzzy ? begun : settled(begun, cursor, fields);
      if (faultOf(parse, wanted) === undefined) look(meant(wanted));
    },
    onAccept: text => look(meant(text)),
    onCancel: () => look(before),
  });
}

/** The filter with one more term. A term that is there already is not added again. */
export function withTerm(filter: string, term: string): string {
  const has = filter === term || filter.startsWith(`${term} `) || filter.endsWith(` ${term}`) || filter.includes(` ${term} `);
  return has ? filter : `${filter} ${term}`.trim();
}

/** What the prompt begins with that asks for a term to filter out. */
export const andNot = (filter: string): string => `${filter} -`.trimStart();

/** Values by how often they occur, the most frequent first. */
export function byFrequency(values: Iterable<string>): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([value]) => value);
}
