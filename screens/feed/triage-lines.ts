/** What was decided and said about an event, as lines for the pane. Pure. */
import { stateAt, type Triage, type TriageEntry, triageWord } from '../../src/core/triage.ts';
import { wrapCells } from '../../src/ui/cells.ts';
import { type OffsetMinutes, shortTime, type Zone } from '../../src/ui/format.ts';
import type { Segment } from '../../src/ui/theme.ts';

export type TriageClock = { readonly now: number; readonly zone: Zone; readonly offsetMinutes: OffsetMinutes };

const INDENT = '   ';

function done({ action, state, until }: TriageEntry, clock: TriageClock): string {
  const word = `${triageWord(state)}${state === 'snoozed' && until !== null ? ` until ${timeAt(until, clock)}` : ''}`;
  if (action === 'comment') return 'said';
  return action === 'undo' ? `took it back: ${word}` : word;
}

const timeAt = (ms: number, { now, zone, offsetMinutes }: TriageClock): string => shortTime(ms, now, zone, offsetMinutes).trim();

function entryLines(entry: TriageEntry, width: number, clock: TriageClock): readonly (readonly Segment[])[] {
  const words = entry.action === 'undo' ? '' : entry.comment;
  return [
    [
      { text: `${INDENT}${timeAt(entry.at, clock)}  `, tone: 'muted' },
      { text: entry.who, tone: 'strong' },
      { text: `  ${done(entry, clock)}` },
    ],
    ...(words === ''
      ? []
      : wrapCells(words, Math.max(8, width - 6)).map((text): readonly Segment[] => [{ text: `${INDENT}${INDENT}${text}` }])),
  ];
}

/** Where the event stands, then its history, newest first: who, when, what, why. Without a history nothing. */
export function triageLines(
  triage: Triage | undefined,
  history: readonly TriageEntry[],
  width: number,
  clock: TriageClock,
): readonly (readonly Segment[])[] {
  if (history.length === 0) return [];
  const state = stateAt(triage, clock.now);
  const awake = triage?.state === 'snoozed' && state === 'new' ? ' again: its sleep is over' : '';
  return [
    [
      { text: ' triage   ', tone: 'muted' },
      { text: `${triageWord(state)}${awake}`, tone: 'strong' },
    ],
    ...history.toReversed().flatMap(entry => entryLines(entry, width, clock)),
  ];
}
