/** How a host and what happened on it look. Pure. */
import type { Host } from '../../src/core/model.ts';
import type { EnrolledNode, HostChanges } from '../../src/core/ports.ts';
import type { Run } from '../../src/core/run.ts';
import { shortAge } from '../../src/core/time.ts';
import { fit } from '../../src/ui/cells.ts';
import { count } from '../../src/ui/format.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { type Segment, severityLetter, statusTone, type Tone } from '../../src/ui/theme.ts';
import type { HostAt } from '../../src/ui/ui-state.ts';
import { PERIODS, type Totals } from './select.ts';
import type { Level } from './state.ts';

/** Lines above a list: three about the host, the tabs, the column heads. */
const HEAD_LINES = 5;

export const listHeight = ({ height }: Pick<Size, 'height'>): number => Math.max(1, height - HEAD_LINES);

const joined = (parts: readonly string[]): string => parts.filter(part => part !== '').join(' · ');

/** Who it is: name and state first, on narrow screens the rest is cut. */
export function whoSegments(at: HostAt, host: Host | undefined, now: number): readonly Segment[] {
  if (!host)
    return [
      { text: ` ${at.hostname}`, tone: 'strong' },
      { text: `   ${at.source} does not list it (any more)`, tone: 'warn' },
    ];
  const { hostname, displayName, status, lastSeen, osVersion, platform, osqueryVersion } = host;
  const seen = lastSeen === null ? 'never seen' : `seen ${shortAge(now - lastSeen)} ago`;
  const other = displayName === hostname ? '' : displayName;
  const osquery = osqueryVersion === '' ? '' : `osquery ${osqueryVersion}`;
  return [
    { text: ` ${hostname}`, tone: 'strong' },
    { text: `  ${status}`, tone: statusTone(status) },
    { text: `  ${joined([seen, osVersion || platform, osquery, other])}` },
  ];
}

export function whereSegments(at: HostAt, host: Host | undefined): readonly Segment[] {
  if (!host) return [{ text: ` id ${at.id}`, tone: 'muted' }];
  const { ip, uuid, platform, source, kind, labels } = host;
  return [{ text: ` ${joined([ip, uuid, platform, `${source} (${kind})`, labels.join(' ')])}`, tone: 'muted' }];
}

/** How it stands with the endpoint that it enrolled to; empty where it enrolled elsewhere. `since`: when, in words. */
export function standingSegments(node: EnrolledNode | undefined, since: string): readonly Segment[] {
  if (!node) return [];
  const enrolled: Segment = {
    text: joined([`enrolled ${since}`, node.tags.length > 0 ? `tags ${node.tags.join(' ')}` : '']),
    tone: 'muted',
  };
  if (node.standing === 'enrolled') return [{ text: ' ' }, enrolled];
  const pending = node.standing === 'pending';
  const word = pending ? 'second enrolment of the same identifier' : 'blocked: it gets errors';
  return [{ text: ` ! ${word}`, tone: pending ? 'warn' : 'bad' }, { text: '  L decides  ', tone: 'strong' }, enrolled];
}

type Tabs = {
  readonly level: Level;
  readonly subject: string | undefined;
  readonly period: number;
  readonly tables: number;
  readonly runs: number;
  readonly totals: Totals;
  /** Rows of the open table, and what is said of them. */
  readonly rows: string;
};

function totalsText({ added, removed, snapshot, other }: Totals): string {
  const parts = [`+${count(added)} -${count(removed)}`, `${count(snapshot)} in snapshots`, other > 0 ? `${count(other)} other` : ''];
  return parts.filter(part => part !== '').join(' · ');
}

export function tabSegments({ level, subject, period, tables, runs, totals, rows }: Tabs): readonly Segment[] {
  const tab = (name: string, on: boolean): Segment => (on ? { text: ` [${name}]`, tone: 'strong' } : { text: `  ${name} `, tone: 'muted' });
  const inRows = level === 'rows' ? ` › ${subject}` : '';
  return [
    tab(`changes ${tables}${inRows}`, level !== 'runs'),
    tab(`runs ${runs}`, level === 'runs'),
    { text: `   last ${PERIODS[period]?.name} (d)`, tone: 'accent' },
    { text: `   ${level === 'rows' ? rows : totalsText(totals)}`, tone: 'muted' },
  ];
}

const SUBJECT = 28;
const NUMBER = 9;
const NEWEST = 13;

const cell = (text: string, width: number): string => `${fit(text, width - 1)} `;
const number = (value: number): string => `${fit(value === 0 ? '·' : count(value), NUMBER - 1, 'right')} `;

type ChangeColumns = { readonly subject: number; readonly counts: ReadonlyArray<keyof Totals>; readonly newest: number };

/** What was added and removed is shown at any width, the rest where there is room. */
function changeColumns(width: number): ChangeColumns {
  const counts = (['added', 'removed', 'snapshot', 'other'] as const).slice(0, width < 79 ? 2 : 4);
  const newest = width < 60 ? 0 : NEWEST;
  return { subject: Math.min(SUBJECT, width - 2 - counts.length * NUMBER - newest), counts, newest };
}

export function changesHead(width: number): readonly Segment[] {
  const { subject, counts, newest } = changeColumns(width);
  const numbers = counts.map(name => `${fit(name, NUMBER - 1, 'right')} `).join('');
  return [{ text: ` ${cell('table', subject)}${numbers}${fit('newest', newest, 'right')}`, tone: 'muted' }];
}

/** One table; `when` as text. The worst severity stands as a letter before its name. */
export function changeSegments(change: HostChanges, when: string, width: number): readonly Segment[] {
  const { subject, counts, newest } = changeColumns(width);
  const toneOf = (name: keyof Totals): Tone => ((name === 'added' || name === 'removed') && change[name] > 0 ? 'strong' : 'muted');
  return [
    { text: `${severityLetter(change.worst)} `, tone: change.worst },
    { text: cell(change.subject, subject - 1) },
    ...counts.map((name): Segment => ({ text: number(change[name]), tone: toneOf(name) })),
    { text: fit(when, newest, 'right'), tone: 'muted' },
  ];
}

const TIME = 13;
const STATE = 12;
const templateWidth = (width: number): number => Math.max(12, Math.min(30, width - TIME - STATE - 8));

export const runsHead = (width: number): readonly Segment[] => [
  {
    text: ` ${cell('started', TIME)}${cell('template', templateWidth(width))}${cell('state', STATE)}${fit('rows', 6, 'right')}  reason`,
    tone: 'muted',
  },
];

/** What the host said in one run; `started` as text. */
export function runSegments(run: Run, { source, id }: HostAt, started: string, width: number): readonly Segment[] {
  const target = run.target(source, id);
  const state = target?.state ?? 'waiting';
  const rows = state === 'rows' || state === 'no_rows' ? String(target?.rows.length ?? 0) : '';
  return [
    { text: cell(started, TIME), tone: 'muted' },
    { text: cell(run.record.template, templateWidth(width)) },
    { text: cell(state.replace('_', ' '), STATE) },
    { text: fit(rows, 6, 'right') },
    { text: `  ${target?.reason ?? ''}`, tone: 'muted' },
  ];
}
