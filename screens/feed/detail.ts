/** Everything about one event, as lines for the pane. Pure. */
import { filterTerm } from '../../src/core/filter-language.ts';
import type { FeedEvent } from '../../src/core/model.ts';
import { safeJson } from '../../src/core/sanitize.ts';
import { isoUtc, shortAge } from '../../src/core/time.ts';
import { cells, fit, wrapCells } from '../../src/ui/cells.ts';
import { count, fullTime, type OffsetMinutes } from '../../src/ui/format.ts';
import { type Segment, severityLetter } from '../../src/ui/theme.ts';
import type { FeedEventView, FeedRow } from './rows.ts';

/** `term`: finds events that are the same in what the line says; `value`: what it says, whole. */
export type DetailLine = { readonly segments: readonly Segment[]; readonly term?: string; readonly value?: string };

/** What is known of an event beyond itself. `triage`: the lines of its history; `ruleTitle`: what a rule looks for. */
export type DetailFacts = {
  readonly offsetMinutes: OffsetMinutes;
  readonly triage: ReadonlyArray<readonly Segment[]>;
  ruleTitle(id: string): string | undefined;
};

const LABEL = 8;
/** Widest column of names. */
const MAX_NAME = 24;
/** Lines of a raw record that are shown. */
const MAX_RAW_LINES = 5_000;
/** Longest value that a term has whole. */
const MAX_WANTED = 200;

const NOTHING: DetailLine = { segments: [] };

/** A name and its value; a long value goes on under itself. */
function pair(name: string, value: string, nameWidth: number, width: number, term?: string): DetailLine[] {
  const room = Math.max(8, width - nameWidth - 2);
  return wrapCells(value, room).map((text, index) => ({
    segments: [{ text: ` ${fit(index === 0 ? name : '', nameWidth)} `, tone: 'muted' }, { text }],
    value,
    ...(term !== undefined && { term }),
  }));
}

const line = (name: string, value: string, width: number, term?: string): DetailLine[] =>
  value === '' ? [] : pair(name, value, LABEL, width, term);

function seenAfter({ time, seenAt }: FeedEventView): string {
  const late = seenAt - time;
  return late < 0 ? `the host's clock is ${shortAge(-late)} ahead` : `${shortAge(late)} later`;
}

function timeLines({ time }: FeedEventView, width: number, offsetMinutes: OffsetMinutes): DetailLine[] {
  const utc = fullTime(time, 'utc', offsetMinutes);
  const local = offsetMinutes(time) === 0 ? '(local time is UTC)' : fullTime(time, 'local', offsetMinutes);
  const both = `${utc}   ${local}`;
  const term = `since:${isoUtc(time)}`;
  return cells(both) + LABEL + 3 <= width
    ? line('time', both, width, term)
    : [...line('time', utc, width, term), ...line('', local, width, term)];
}

const NOVELTY = {
  fleet: 'never seen before on any host',
  host: 'never seen before on this host; another one has it',
};

function ruleLines({ rules = [] }: FeedEventView, width: number, { ruleTitle }: DetailFacts): DetailLine[] {
  return rules.flatMap(id => {
    const title = ruleTitle(id);
    return line('rule', title === undefined ? id : `${id}: ${title}`, width, filterTerm('rule', id));
  });
}

function foldLines({ fold }: FeedRow, width: number, offsetMinutes: OffsetMinutes): DetailLine[] {
  if (!fold) return [];
  const [first, last] = [fold.first, fold.last].map(ms => fullTime(ms, 'utc', offsetMinutes));
  return line('folded', `×${count(fold.count)}: ${first} – ${last}`, width);
}

function aboutLines(row: FeedRow, width: number, facts: DetailFacts): DetailLine[] {
  const { event } = row;
  const { severity, severityReason, title, hostname, hostId, hostUuid, attack } = event;
  const reason = wrapCells(`${severity}: ${severityReason}`, Math.max(8, width - LABEL - 4));
  return [
    ...wrapCells(title, width - 2).map((text): DetailLine => ({ segments: [{ text: ` ${text}`, tone: 'strong' }], value: title })),
    ...reason.map((text, index): DetailLine => {
      const first: Segment[] = [
        { text: ` ${fit('severity', LABEL)} `, tone: 'muted' },
        { text: severityLetter(severity), tone: severity },
      ];
      const indent: Segment[] = [{ text: ' '.repeat(LABEL + 3) }];
      return { segments: [...(index === 0 ? first : indent), { text: ` ${text}` }], term: `sev=${severity}` };
    }),
    ...ruleLines(event, width, facts),
    ...attack.flatMap((id, index) => line(index === 0 ? 'attack' : '', id, width, filterTerm('attack', id))),
    ...line('new', event.isNew ? NOVELTY[event.isNew] : '', width, `new:${event.isNew ?? 'no'}`),
    ...foldLines(row, width, facts.offsetMinutes),
    ...timeLines(event, width, facts.offsetMinutes),
    ...line('host', `${hostname}   id ${hostId}${hostUuid === '' ? '' : `   uuid ${hostUuid}`}`, width, filterTerm('host', hostname)),
  ];
}

function originLines(event: FeedEventView, width: number, offsetMinutes: OffsetMinutes): DetailLine[] {
  const { source, connector, table, queryName, action, seenAt } = event;
  return [
    ...line('source', `${source} (${connector})`, width, filterTerm('source', source)),
    ...line('table', table ?? '', width, filterTerm('table', table ?? '')),
    ...line('query', queryName ?? '', width, filterTerm('query', queryName ?? '')),
    ...line('action', action ?? '', width, filterTerm('action', action ?? '')),
    ...line('seen', `${fullTime(seenAt, 'utc', offsetMinutes)} (${seenAfter(event)})`, width),
  ];
}

/** The term that finds a cell again; undefined where it has nothing to find it by. */
function cellTerm(name: string, value: string | null): string | undefined {
  if (value === null || value === '' || /[=<>]/.test(name)) return undefined;
  return filterTerm('col', `${name}=${value.length > MAX_WANTED ? `${value.slice(0, MAX_WANTED)}*` : value}`);
}

/** What it is, where and when; all columns of its row; what was decided; where it came from. */
export function detailLines(row: FeedRow, width: number, facts: DetailFacts): readonly DetailLine[] {
  const { event } = row;
  const columns = Object.entries(event.row);
  const nameWidth = Math.min(MAX_NAME, Math.max(LABEL, ...columns.map(([name]) => cells(name))));
  return [
    ...aboutLines(row, width, facts),
    NOTHING,
    ...columns.flatMap(([name, value]) => pair(name, value ?? 'null', nameWidth, width, cellTerm(name, value))),
    NOTHING,
    ...facts.triage.map(segments => ({ segments })),
    ...originLines(event, width, facts.offsetMinutes),
  ];
}

/** The terms of an event with what they say, each once, in the order of the pane. */
export function termsOf(row: FeedRow): readonly string[] {
  const nothing: DetailFacts = { offsetMinutes: () => 0, triage: [], ruleTitle: () => undefined };
  const terms = detailLines(row, Number.POSITIVE_INFINITY, nothing).map(({ term }) => term);
  return [...new Set(terms)].filter(term => term !== undefined);
}

/** The server's own record as JSON: the same meaning, nothing in it that a terminal would act on. */
export function rawLines(event: FeedEvent | undefined, width: number): readonly DetailLine[] {
  if (!event) return [{ segments: [{ text: ' The raw record of this event is not in the store.', tone: 'muted' }] }];
  const lines = safeJson(event.raw, 2)
    .split('\n')
    .slice(0, MAX_RAW_LINES)
    .flatMap(line => wrapCells(line, width - 2));
  return lines.map(text => ({ segments: [{ text: ` ${text}` }] }));
}
