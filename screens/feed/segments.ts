/** How an event looks as a row. Pure. */
import type { EventAction, Severity } from '../../src/core/model.ts';
import { SEVERITIES } from '../../src/core/model.ts';
import { fit, skipCells } from '../../src/ui/cells.ts';
import { count, type OffsetMinutes, shortTime, type Zone } from '../../src/ui/format.ts';
import { type Segment, severityLetter } from '../../src/ui/theme.ts';
import { type FeedEventView, isHigh } from './rows.ts';

export type RowClock = { readonly now: number; readonly zone: Zone; readonly offsetMinutes: OffsetMinutes };

export type Columns = { readonly host: number; readonly subject: number; readonly source: number };

const TIME = 11;

/** Widths for a list of `width` cells; what is left over belongs to the last column. A source column comes in wide terminals. */
export function columnsFor(width: number): Columns {
  if (width < 60) return { host: 9, subject: 0, source: 0 };
  if (width < 100) return { host: 15, subject: 18, source: 0 };
  if (width < 130) return { host: 20, subject: 22, source: 0 };
  return { host: 24, subject: 24, source: 14 };
}

const SIGNS: Record<EventAction, string> = { added: '+', removed: '-', snapshot: ' ' };

/** What the event is about: its table with the way a difference went, else what produced it. */
export function subjectOf({ table, action, queryName, eventType }: FeedEventView): string {
  if (eventType === 'host_status') return '  host status';
  if (eventType === 'agent_status') return '  agent log';
  return `${action ? SIGNS[action] : ' '} ${table ?? queryName ?? 'result'}`;
}

/** The title without the table and the action that have their own column. */
export function toldOf({ title, table, queryName, action }: FeedEventView): string {
  const change = action === 'added' || action === 'removed' ? ` ${action}` : '';
  for (const subject of [table, queryName]) {
    if (subject !== null && title.startsWith(`${subject}${change}: `)) return title.slice(subject.length + change.length + 2);
  }
  return title;
}

const cell = (text: string, width: number): string => (width === 0 ? '' : `${fit(text, width)} `);

export function eventSegments(event: FeedEventView, columns: Columns, left: number, clock: RowClock): readonly Segment[] {
  const told = columns.subject === 0 ? event.title : toldOf(event);
  return [
    { text: `${shortTime(event.time, clock.now, clock.zone, clock.offsetMinutes)} `, tone: 'muted' },
    { text: severityLetter(event.severity), tone: event.severity },
    { text: ` ${cell(event.hostname, columns.host)}` },
    { text: cell(event.source, columns.source), tone: 'muted' },
    { text: cell(subjectOf(event), columns.subject), tone: isHigh(event.severity) ? 'high' : undefined },
    { text: skipCells(told, left) },
  ];
}

export const headSegments = (columns: Columns, zone: Zone): readonly Segment[] => [
  {
    text: ` ${fit(zone === 'utc' ? '   UTC' : '   local', TIME)} S ${cell('host', columns.host)}${cell('source', columns.source)}${cell('  table', columns.subject)}what`,
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
