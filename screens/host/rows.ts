/** How a host and what happened on it look. Pure. */
import type { Host } from '../../src/core/model.ts';
import type { EnrolledNode, HostChanges } from '../../src/core/ports.ts';
import type { Run } from '../../src/core/run.ts';
import { shortAge } from '../../src/core/time.ts';
import { fit } from '../../src/ui/cells.ts';
import { count } from '../../src/ui/format.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { type Segment, severityLetter, type Tone } from '../../src/ui/theme.ts';
import type { HostAt } from '../../src/ui/ui-state.ts';
import { PERIODS, type Totals } from './select.ts';
import type { Level } from './state.ts';

/** Lines above a list: three about the host, the tabs, the column heads. */
const HEAD_LINES = 5;

export const listHeight = ({ height }: Pick<Size, 'height'>): number => Math.max(1, height - HEAD_LINES);

const STATUS_TONES: Readonly<Record<Host['status'], Tone>> = { online: 'ok', offline: 'warn', missing: 'bad', unknown: 'muted' };

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
    { text: `  ${status}`, tone: STATUS_TONES[status] },
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

export const changesHead = (): readonly Segment[] => [
  {
    text: ` ${cell('table', SUBJECT)}${['added', 'removed', 'snapshot', 'other'].map(name => `${fit(name, NUMBER - 1, 'right')} `).join('')}${fit('newest', NEWEST, 'right')}`,
    tone: 'muted',
  },
];

/** One table; `newest` as text. The worst severity stands as a letter before its name. */
export const changeSegments = ({ subject, added, removed, snapshot, other, worst }: HostChanges, newest: string): readonly Segment[] => [
  { text: `${severityLetter(worst)} `, tone: worst },
  { text: cell(subject, SUBJECT - 1) },
  { text: number(added), tone: added > 0 ? 'strong' : 'muted' },
  { text: number(removed), tone: removed > 0 ? 'strong' : 'muted' },
  { text: number(snapshot), tone: 'muted' },
  { text: number(other), tone: 'muted' },
  { text: fit(newest, NEWEST, 'right'), tone: 'muted' },
];

const TIME = 13;
const TEMPLATE = 30;
const STATE = 12;

export const runsHead = (): readonly Segment[] => [
  {
    text: ` ${cell('started', TIME)}${cell('template', TEMPLATE)}${cell('state', STATE)}${fit('rows', 6, 'right')}  reason`,
    tone: 'muted',
  },
];

/** What the host said in one run; `started` as text. */
export function runSegments(run: Run, { source, id }: HostAt, started: string): readonly Segment[] {
  const target = run.target(source, id);
  const state = target?.state ?? 'waiting';
  const rows = state === 'rows' || state === 'no_rows' ? String(target?.rows.length ?? 0) : '';
  return [
    { text: cell(started, TIME), tone: 'muted' },
    { text: cell(run.record.template, TEMPLATE) },
    { text: cell(state.replace('_', ' '), STATE) },
    { text: fit(rows, 6, 'right') },
    { text: `  ${target?.reason ?? ''}`, tone: 'muted' },
  ];
}
