/** Answers filtered by the words of the filter language: hosts of a run, the rows that they gave, and stacked values. */
import { cellField, globField } from './filter-fields.ts';
import { compileFilter, type Field, type Filter, type Test, type Vocabulary } from './filter-language.ts';
import { HOST_VOCABULARY } from './host-filter.ts';
import type { Host, Row } from './model.ts';
import type { Target } from './run.ts';
import type { StackGroup } from './stack.ts';

/** What a person sees of a target: late answers are told apart, and whoever waits for its wave has not been asked. */
export const ROLL_STATES = [
  'rows',
  'no_rows',
  'error',
  'denylisted',
  'timed_out',
  'offline',
  'cancelled',
  'late',
  'waiting',
  'not_asked',
] as const;
export type RollState = (typeof ROLL_STATES)[number];

/** Every target is in exactly one. */
export function rollStateOf({ state, late }: Pick<Target, 'state' | 'late'>): RollState {
  if (late) return 'late';
  return state === 'queued' ? 'not_asked' : state;
}

/** "timed out", as it is written on screen. */
export const rollStateWord = (state: RollState): string => state.replaceAll('_', ' ');

/** A row with the host that gave it. */
export type AnsweredRow = { readonly target: Target; readonly row: Row };

function mapped<T>(test: Test<Host> | string, hostOf: (item: T) => Host): Test<T> | string {
  return typeof test === 'string' ? test : item => test(hostOf(item));
}

/** Everything that hosts are filtered by. */
const hostFields = <T>(hostOf: (item: T) => Host): Field<T>[] =>
  HOST_VOCABULARY.fields.map(field => ({ ...field, compile: (value, operator) => mapped(field.compile(value, operator), hostOf) }));

const state: Field<Target> = {
  names: ['state'],
  operators: [':', '='],
  example: 'state:error',
  values: ROLL_STATES,
  compile(value) {
    const wanted = ROLL_STATES.find(known => known === value.toLowerCase().replace(/[\s-]/g, '_'));
    if (wanted === undefined) return `there is no state '${value}' (there are ${ROLL_STATES.join(', ')})`;
    return target => rollStateOf(target) === wanted || target.state === wanted;
  },
};

/** Hosts of a run. `col:` is true of a host when it is of one of its rows. */
export const TARGET_VOCABULARY: Vocabulary<Target> = {
  fields: [
    ...hostFields<Target>(({ host }) => host),
    state,
    globField(['reason'], 'reason:*watchdog*', ({ reason }) => reason),
    cellField<Target>(({ rows }, column, test) => rows.some(row => test(row[column]))),
  ],
  anyText: (target, test) => test(target.key) || test(rollStateWord(rollStateOf(target))) || test(target.reason),
};

/** Rows of a run. */
export const ROW_VOCABULARY: Vocabulary<AnsweredRow> = {
  fields: [...hostFields<AnsweredRow>(({ target }) => target.host), cellField<AnsweredRow>(({ row }, column, test) => test(row[column]))],
  anyText({ target, row }, test) {
    if (test(target.key)) return true;
    for (const column in row) if (test(row[column] ?? '')) return true;
    return false;
  },
};

/** Values of a stack by these columns. */
export function stackVocabulary(columns: readonly string[]): Vocabulary<StackGroup> {
  return {
    fields: [cellField<StackGroup>(({ values }, column, test) => columns.includes(column) && test(values[columns.indexOf(column)]))],
    anyText: ({ values, firstHost }, test) => test(firstHost) || values.some(value => test(value ?? '')),
  };
}

export const parseTargetFilter = (expression: string): Filter<Target> => compileFilter(expression, TARGET_VOCABULARY);
export const parseRowFilter = (expression: string): Filter<AnsweredRow> => compileFilter(expression, ROW_VOCABULARY);
export const parseStackFilter = (expression: string, columns: readonly string[]): Filter<StackGroup> =>
  compileFilter(expression, stackVocabulary(columns));
