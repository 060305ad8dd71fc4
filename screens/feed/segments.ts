/** How an event looks as a row. Pure. */
import type { EventAction, Severity } from '../../src/core/model.ts';
import { SEVERITIES } from '../../src/core/model.ts';
import { isSevere } from '../../src/core/severity.ts';
import type { TriageState } from '../../src/core/triage.ts';
import { fit, skipCells } from '../../src/ui/cells.ts';
import { count, dayTime, type OffsetMinutes, shortTime, type Zone } from '../../src/ui/format.ts';
import { type Segment, severityLetter } from '../../src/ui/theme.ts';
import type { FeedEventView, FeedRow } from './rows.ts';
import { triageMark } from './triage-mark.ts';

export type RowClock = { readonly now: number; readonly zone: Zone; readonly offsetMinutes: OffsetMinutes };

export type Columns = { readonly time: number; readonly host: number; readonly subject: number; readonly source: number };

const DATE_AND_TIME = 11;
const TIME = 8;

/** Widths for a list of `width` cells; what is left over belongs to the last column. A source column comes in wide terminals. */
export function columnsFor(width: number): Columns {
  if (width < 60) return { time: TIME, host: 9, subject: 0, source: 0 };
  if (width < 100) return { time: TIME, host: 14, subject: 18, source: 0 };
  if (width < 130) return { time: DATE_AND_TIME, host: 20, subject: 22, source: 0 };
  return { time: DATE_AND_TIME, host: 24, subject: 24, source: 14 };
}

const SIGNS: Record<EventAction, string> = { added: '+', removed: '-', snapshot: ' ' };

/** What the event is about: its table with the way a difference went, else what produced it. */
export function subjectOf({ table, action, queryName, eventType }: FeedEventView): string {
  if (eventType === 'host_status') return '  host status';
  if (eventType === 'agent_status') return '  agent log';
  return `${action ? SIGNS[action] : ' '} ${table ?? queryName ?? 'result'}`;
}

/** The title without the table and the action that have their own column. */
function toldOf({ title, table, queryName, action }: FeedEventView): string {
  const change = action === 'added' || action === 'removed' ? ` ${action}` : '';
  for (const subject of [table, queryName]) {
    if (subject !== null && title.startsWith(`${subject}${change}: `)) return title.slice(subject.length + change.length + 2);
  }
  return title;
}

const cell = (text: string, width: number): string => (width === 0 ? '' : `${fit(text, width)} `);

function timeCell(ms: number, { time }: Columns, { now, zone, offsetMinutes }: RowClock): string {
  return time === TIME ? dayTime(ms, now, zone, offsetMinutes) : shortTime(ms, now, zone, offsetMinutes);
}

/** `n`: never seen before on this host; `N`: in the whole fleet. */
const noveltyMark = ({ isNew }: FeedEventView): Segment => ({
  text: isNew === 'fleet' ? 'N' : isNew === 'host' ? 'n' : ' ',
  tone: 'accent',
});

/** Time, severity, where it stands, whether it is new, host, source, table, how often, what. `left`: cells that the last is scrolled by. */
export function rowSegments(
  { event, fold }: FeedRow,
  status: TriageState,
  columns: Columns,
  left: number,
  clock: RowClock,
): readonly Segment[] {
  const told = columns.subject === 0 ? event.title : toldOf(event);
  return [
    { text: `${timeCell(event.time, columns, clock)} `, tone: 'muted' },
    { text: severityLetter(event.severity), tone: event.severity },
    triageMark(status),
    noveltyMark(event),
    { text: ` ${cell(event.hostname, columns.host)}` },
    { text: cell(event.source, columns.source), tone: 'muted' },
    { text: cell(subjectOf(event), columns.subject), tone: isSevere(event.severity) ? 'high' : undefined },
    { text: fold ? `×${count(fold.count)} ` : '', tone: 'strong' },
    { text: skipCells(told, left) },
  ];
}

/** Two cells stand before a row: the cursor's and the mark's. */
export const headSegments = (columns: Columns, zone: Zone): readonly Segment[] => [
  {
    text: `  ${fit(zone === 'utc' ? 'UTC' : 'local', columns.time, 'right')} S   ${cell('host', columns.host)}${cell('source', columns.source)}${cell('  table', columns.subject)}what`,
    tone: 'muted',
  },
];

/** `C 1  H 12  M 300`: the severities that occurred, worst first. */
export const severityCounts = (bySeverity: Readonly<Record<Severity, number>>): readonly Segment[] =>
  [...SEVERITIES]
    .reverse()
    .filter(severity => bySeverity[severity] > 0)
    .flatMap((severity): Segment[] => [
      { text: '  ' },
      { text: severityLetter(severity), tone: severity },
      { text: ` ${count(bySeverity[severity])}` },
    ]);
