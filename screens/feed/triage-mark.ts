/** The one cell of a row that says where its event stands. ASCII, and the key that decides so. Pure. */
import type { TriageState } from '../../src/core/triage.ts';
import type { Segment, Tone } from '../../src/ui/theme.ts';

const MARKS: Record<TriageState, readonly [text: string, tone: Tone | undefined]> = {
  new: [' ', undefined],
  acknowledged: ['a', 'accent'],
  in_progress: ['i', 'accent'],
  false_positive: ['f', 'muted'],
  true_positive: ['t', 'bad'],
  escalated: ['x', 'warn'],
  snoozed: ['s', 'muted'],
};

export function triageMark(state: TriageState): Segment {
  const [text, tone] = MARKS[state];
  return { text, tone };
}
