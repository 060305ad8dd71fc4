/** What the word under the cursor could become: fields first, then the values of the field. Pure, for any vocabulary. */
import { EVENT_VOCABULARY } from './filter.ts';
import { type Field, quoted, type Vocabulary, wordAt } from './filter-language.ts';

export type Completion = {
  /** What stands from `from` to `to` when it is taken. */
  readonly text: string;
  readonly kind: 'field' | 'value';
  /** The example of a field; empty for a value. */
  readonly help: string;
};

/** The completions replace the part of the expression from `from` to `to` (UTF-16 units). */
export type Completions = { readonly from: number; readonly to: number; readonly items: readonly Completion[] };

/** Values that were seen under a field, by its first name; those that should be offered first come first. */
export type Seen = (field: string) => Iterable<string>;

const MOST = 50;

/** `sev>=`, `host:`: the field with the operator of its example. */
function opening({ names: [name = ''], example }: Pick<Field<never>, 'names' | 'example'>): string {
  return name + (/^[a-z_]+(>=|<=|[:=<>])/i.exec(example)?.[1] ?? ':');
}

/** Beginnings before parts, otherwise in the order given; each once. */
function ranked(values: Iterable<string>, typed: string): string[] {
  const wanted = typed.toLowerCase();
  const begins: string[] = [];
  const holds: string[] = [];
  for (const value of new Set(values)) {
    const at = value.toLowerCase().indexOf(wanted);
    if (at === 0) begins.push(value);
    else if (at > 0) holds.push(value);
    if (begins.length >= MOST) break;
  }
  return [...begins, ...holds].slice(0, MOST);
}

const TYPED = /^([-!]?)(?:([a-z_]+)(>=|<=|[:=<>]))?([\s\S]*)$/i;

/** What fits at the cursor. `seen` gives values for fields without a closed set of them. */
export function completions(
  expression: string,
  cursor: number,
  seen: Seen,
  { fields }: Pick<Vocabulary<never>, 'fields'> = EVENT_VOCABULARY,
): Completions {
  const { from, to, text } = wordAt(expression, cursor);
  const [, mark = '', name, operator = '', rest = ''] = TYPED.exec(text.slice(0, cursor - from)) ?? [];
  const field = name === undefined ? undefined : fields.find(({ names }) => names.includes(name.toLowerCase()));
  if (name !== undefined && !field) return { from, to, items: [] };
  if (field) {
    const typed = rest.replaceAll('"', '');
    const values = ranked(field.values ?? seen(field.names[0] ?? ''), typed);
    const items = values.map(value => ({ text: `${mark}${name}${operator}${quoted(value)}`, kind: 'value' as const, help: '' }));
    return { from, to, items };
  }
  const begun = rest.toLowerCase();
  const fitting = rest.includes('"') ? [] : fields.filter(({ names }) => names.some(known => known.startsWith(begun)));
  return { from, to, items: fitting.map(one => ({ text: mark + opening(one), kind: 'field' as const, help: one.example })) };
}
