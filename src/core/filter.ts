/** Events filtered by words: `sev>=high host:web-* attack:T1543 since:1h status:open col:path=/tmp/* "text" -noise`. */
import { cellField, globField } from './filter-fields.ts';
import {
  COMPARED,
  compileFilter,
  type Field,
  type Filter,
  type Operator,
  substring,
  type Test,
  type Vocabulary,
} from './filter-language.ts';
import { globTest } from './glob.ts';
import type { FeedEvent } from './model.ts';
import { SEVERITIES } from './model.ts';
import { parseTime } from './time.ts';
import { isOpen, TRIAGE_STATES, type TriageState } from './triage.ts';

/** What lists hold of an event. The raw record is not looked into. */
export type FilteredEvent = Omit<FeedEvent, 'raw' | 'dedupeKey' | 'tables' | 'isNew' | 'rules'> & {
  readonly tables?: FeedEvent['tables'] | undefined;
  readonly isNew?: FeedEvent['isNew'] | undefined;
  readonly rules?: FeedEvent['rules'] | undefined;
  /** Title and cells as one text, where the event is held so; a word is then looked for in it. */
  readonly text?: string | undefined;
  /** One cell, where that is cheaper than the whole row. */
  cell?(name: string): string | null | undefined;
};

const cellOf = (event: FilteredEvent, name: string): string | null | undefined =>
  event.cell ? event.cell(name) : Object.hasOwn(event.row, name) ? event.row[name] : undefined;

/** What a filter cannot know from an event alone. */
export type FilterFacts = {
  /** Epoch ms from which spans (`since:1h`) count; taken once, when the filter is made. */
  readonly now?: number;
  /** Where an event stands now; everything is new when absent. */
  readonly statusOf?: (event: FilteredEvent) => TriageState;
};

const ALL_OPERATORS = Object.keys(COMPARED) as Operator[];

const severity: Field<FilteredEvent> = {
  names: ['sev', 'severity'],
  operators: ALL_OPERATORS,
  example: 'sev>=high',
  values: SEVERITIES,
  compile(value, operator) {
    const wanted = (SEVERITIES as readonly string[]).indexOf(value.toLowerCase());
    if (wanted < 0) return `there is no severity '${value}' (there are ${SEVERITIES.join(', ')})`;
    const chosen = new Set(SEVERITIES.filter((_, rank) => COMPARED[operator](rank - wanted)));
    return event => chosen.has(event.severity);
  },
};

/** A field with a few values, each of which is a test; what it does not know is an error. */
function choice(names: readonly string[], example: string, tests: Readonly<Record<string, Test<FilteredEvent>>>): Field<FilteredEvent> {
  const values = Object.keys(tests);
  return {
    names,
    operators: [':', '='],
    example,
    values,
    compile(value) {
      const known = value.toLowerCase().replaceAll('-', '_');
      const test = Object.hasOwn(tests, known) ? tests[known] : undefined;
      return test ?? `there is no '${value}' (there are ${values.join(', ')})`;
    },
  };
}

/** A technique, and with it its sub-techniques: `T1543` finds `T1543.002`. */
const attack: Field<FilteredEvent> = {
  names: ['attack', 'mitre'],
  operators: [':', '='],
  example: 'attack:T1543',
  begun: value => `${value}*`,
  compile(value) {
    const wanted = value.toUpperCase();
    if (wanted.includes('*') || wanted.includes('?')) {
      const test = globTest(wanted);
      return event => event.attack.some(test);
    }
    return event => event.attack.some(id => id === wanted || id.startsWith(`${wanted}.`));
  },
};

/** `since:1h`, `until:2026-11-21T03:00:00Z`: by the event's own time, as everywhere. */
function timeField(name: 'since' | 'until', example: string, { now }: FilterFacts): Field<FilteredEvent> {
  return {
    names: [name],
    operators: [':', '='],
    example,
    compile(value) {
      const at = parseTime(value, now ?? Number.NaN);
      if (at === undefined) return `'${value}' is no time (30m, 24h, 7d ago, or RFC 3339)`;
      if (Number.isNaN(at)) return 'a span has nothing to count from here: write the time (RFC 3339)';
      return name === 'since' ? event => event.time >= at : event => event.time <= at;
    },
  };
}

const text: Field<FilteredEvent> = {
  names: ['text'],
  operators: [':', '='],
  example: 'text:"a b"',
  compile: value => substring(value, anyEventText),
};

function status({ statusOf = () => 'new' }: FilterFacts): Field<FilteredEvent> {
  const single = TRIAGE_STATES.map(state => [state, (event: FilteredEvent) => statusOf(event) === state] as const);
  return choice(['status'], 'status:open', {
    open: event => isOpen(statusOf(event)),
    closed: event => !isOpen(statusOf(event)),
    ...Object.fromEntries(single),
  });
}

const novelty = choice(['new'], 'new:yes', {
  yes: event => event.isNew !== undefined,
  no: event => event.isNew === undefined,
  host: event => event.isNew !== undefined,
  fleet: event => event.isNew === 'fleet',
});

function anyEventText(event: FilteredEvent, test: (text: string) => boolean): boolean {
  const { hostname, queryName, table, text = event.title } = event;
  if (test(text) || test(hostname) || (queryName !== null && test(queryName)) || (table !== null && test(table))) return true;
  if (event.text !== undefined) return false;
  const { row } = event;
  for (const name in row) {
    const value = row[name];
    if (typeof value === 'string' && test(value)) return true;
  }
  return false;
}

/** The words for events, with what they need to know beyond the event. */
const eventVocabulary = (facts: FilterFacts = {}): Vocabulary<FilteredEvent> => ({
  fields: [
    severity,
    globField(['host'], 'host:web-*', event => event.hostname),
    globField(['table'], 'table:crontab', event => event.table),
    globField(['source'], 'source:prod', event => event.source),
    text,
    timeField('since', 'since:1h', facts),
    timeField('until', 'until:30m', facts),
    attack,
    globField(['rule'], 'rule:deleted-binary', event => event.rules ?? null),
    status(facts),
    novelty,
    globField(['action'], 'action:added', event => event.action, ['added', 'removed', 'snapshot']),
    globField(['query'], 'query:pack/*', event => event.queryName),
    globField(['kind'], 'kind:status', event => event.kind, ['host', 'query_row', 'status']),
    cellField((event, column, test) => test(cellOf(event, column))),
  ],
  anyText: anyEventText,
});

export const EVENT_VOCABULARY: Vocabulary<FilteredEvent> = eventVocabulary();

/** A filter over the feed. Throws a 'usage' Problem that points at the wrong word. */
export const parseFilter = (expression: string, facts?: FilterFacts): Filter<FilteredEvent> =>
  compileFilter(expression, facts ? eventVocabulary(facts) : EVENT_VOCABULARY);
