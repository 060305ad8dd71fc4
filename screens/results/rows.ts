/** How runs and hosts look in their lists. Pure. */
import type { Run, Target } from '../../src/core/run.ts';
import type { Template } from '../../src/core/template.ts';
import { cells, fit } from '../../src/ui/cells.ts';
import type { Segment } from '../../src/ui/theme.ts';
import { answeredText, stateSegment } from './select.ts';

const HOST = { least: 14, most: 26 };
const STATE = 11;
const ROWS = 7;
const AFTER = 9;

const cell = (text: string, width: number): string => `${fit(text, width - 1)} `;
const number = (text: string, width: number): string => `${fit(text, width - 1, 'right')} `;

/** Cells for the names of these hosts: as many as the longest needs, within bounds. What is left is the reason's. */
export function hostWidth(targets: readonly Target[], width: number): number {
  const most = HOST.most + Math.max(0, Math.min(20, Math.floor((width - 80) / 3)));
  return targets.reduce((widest, { key }) => Math.max(widest, Math.min(most, cells(key) + 2)), HOST.least);
}

/** `host`: cells of its column. */
export function targetHead(host: number): readonly Segment[] {
  const text = cell('host', host) + cell('state', STATE) + number('rows', ROWS) + number('after', AFTER);
  return [{ text: ` ${text} reason`, tone: 'muted' }];
}

/** Why a table of events may be empty though something happened. */
function emptyText(template: Template | undefined): string {
  if (!template?.events) return '';
  const { publishers, flags } = template.events;
  return `nothing happened, or ${publishers.join(' and ')} is off there (needs ${flags.join(' ')})`;
}

/** One target: name, state, rows, how long it took, and why it has no rows. */
export function targetSegments(target: Target, hostCells: number, template?: Template): readonly Segment[] {
  const { key, state, rows, late } = target;
  const reason = target.reason || (state === 'no_rows' ? emptyText(template) : '');
  const standing = stateSegment(target);
  const counted = state === 'rows' || state === 'no_rows' ? String(rows.length) : '';
  return [
    { text: cell(key, hostCells) },
    { text: cell(standing.text, STATE), tone: standing.tone },
    { text: number(counted, ROWS) },
    { text: number(answeredText(target), AFTER), tone: late ? 'warn' : 'muted' },
    { text: late ? ' late' : '', tone: 'warn' },
    { text: reason === '' ? '' : ` ${reason}`, tone: 'muted' },
  ];
}

const TIME = 13;
const TEMPLATE = 25;
const HOSTS = 6;

export const runsHead = (): readonly Segment[] => [
  {
    text: ` ${cell('started', TIME)}${cell('template', TEMPLATE)}${number('hosts', HOSTS)} answered·errors·timed out·waiting`,
    tone: 'muted',
  },
];

/** One run; `startedAt` as text in the zone of the console. */
export function runSegments(run: Run, startedAt: string): readonly Segment[] {
  const { targeted, answered, failed, timedOut, waiting } = run.tally;
  const asked = Object.entries(run.record.params).map(([name, value]) => `  ${name}=${value}`);
  return [
    { text: cell(startedAt, TIME), tone: 'muted' },
    { text: cell(run.record.template, TEMPLATE) },
    { text: number(String(targeted), HOSTS) },
    { text: ` ${answered}`, tone: 'ok' },
    { text: ` · ${failed}`, tone: failed > 0 ? 'bad' : 'muted' },
    { text: ` · ${timedOut}`, tone: timedOut > 0 ? 'warn' : 'muted' },
    { text: ` · ${waiting}`, tone: waiting > 0 ? 'accent' : 'muted' },
    { text: run.phase === 'cancelled' ? ' cancelled' : '', tone: 'muted' },
    { text: asked.join(''), tone: 'muted' },
  ];
}
