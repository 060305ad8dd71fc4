/** How runs and hosts look in their lists. Pure. */
import type { Run, Target } from '../../src/core/run.ts';
import type { Template } from '../../src/core/template.ts';
import { fit } from '../../src/ui/cells.ts';
import type { Segment } from '../../src/ui/theme.ts';
import { answeredText, stateTone, stateWord } from './select.ts';

const HOST = 26;
const STATE = 11;
const ROWS = 7;
const AFTER = 9;

const cell = (text: string, width: number): string => `${fit(text, width - 1)} `;
const number = (text: string, width: number): string => `${fit(text, width - 1, 'right')} `;

const hostWidth = (width: number): number => HOST + Math.max(0, Math.min(20, Math.floor((width - 80) / 3)));

export function targetHead(width: number): readonly Segment[] {
  const text = cell('host', hostWidth(width)) + cell('state', STATE) + number('rows', ROWS) + number('after', AFTER);
  return [{ text: ` ${text} reason`, tone: 'muted' }];
}

/** Why a table of events may be empty though something happened. */
function emptyText(template: Template | undefined): string {
  if (!template?.events) return '';
  const { publishers, flags } = template.events;
  return `nothing happened, or ${publishers.join(' and ')} is off there (needs ${flags.join(' ')})`;
}

/** One target: name, state, rows, how long it took, and why it has no rows. */
export function targetSegments(target: Target, width: number, template?: Template): readonly Segment[] {
  const { key, state, rows, late } = target;
  const reason = target.reason || (state === 'no_rows' ? emptyText(template) : '');
  const counted = state === 'rows' || state === 'no_rows' ? String(rows.length) : '';
  return [
    { text: cell(key, hostWidth(width)) },
    { text: cell(stateWord(state), STATE), tone: stateTone(state) },
    { text: number(counted, ROWS) },
    { text: number(answeredText(target), AFTER), tone: late ? 'warn' : 'muted' },
    { text: late ? ' late' : '', tone: 'warn' },
    { text: reason === '' ? '' : ` ${reason}`, tone: 'muted' },
  ];
}

const TIME = 20;
const TEMPLATE = 26;

export const runsHead = (): readonly Segment[] => [
  {
    text: ` ${cell('started', TIME)}${cell('template', TEMPLATE)}${number('hosts', ROWS)} answered · errors · timed out · waiting`,
    tone: 'muted',
  },
];

/** One run; `startedAt` as text in the zone of the console. */
export function runSegments(run: Run, startedAt: string): readonly Segment[] {
  const { targeted, answered, failed, timedOut, waiting } = run.tally;
  return [
    { text: cell(startedAt, TIME), tone: 'muted' },
    { text: cell(run.record.template, TEMPLATE) },
    { text: number(String(targeted), ROWS) },
    { text: ` ${answered}`, tone: 'ok' },
    { text: ` · ${failed}`, tone: failed > 0 ? 'bad' : 'muted' },
    { text: ` · ${timedOut}`, tone: timedOut > 0 ? 'warn' : 'muted' },
    { text: ` · ${waiting}`, tone: waiting > 0 ? 'accent' : 'muted' },
    { text: run.phase === 'cancelled' ? ' cancelled' : '', tone: 'muted' },
  ];
}
