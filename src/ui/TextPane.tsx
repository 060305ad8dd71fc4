import type { ReactNode } from 'react';
import { cells, segmentsWidth } from './cells.ts';
import type { Size } from './keys/command.ts';
import { Lines } from './Lines.tsx';
import type { LineSpec } from './paint.ts';
import { lastScroll, paneRoom, scrollTo } from './text-pane.ts';
import type { Segment } from './theme.ts';

export type TextPaneProps = Size & {
  readonly title: string;
  readonly lines: ReadonlyArray<readonly Segment[]>;
  /** First line on screen; with a `cursor`, it follows that. */
  readonly scroll: number;
  /** Draws a bar over this line while the pane has the keyboard. */
  readonly cursor?: number | undefined;
  /** Whether the pane has the keyboard. */
  readonly active: boolean;
  /** Draws a rule at its left, for a pane beside a list: the lines have one cell less then. */
  readonly beside?: boolean;
};

/** Lines of text under a rule with a title. Draws exactly `height` lines. */
export function TextPane({ title, lines, scroll, cursor, active, beside = false, width, height }: TextPaneProps): ReactNode {
  const room = paneRoom({ height });
  const first = Math.min(cursor === undefined ? scroll : scrollTo(cursor, { height }), lastScroll(lines.length, { height }));
  const below = lines.length - first - room;
  const edge: Segment[] = beside ? [{ text: '│', tone: 'muted' }] : [];
  const more = below > 0 ? `─ ${below} more ${below === 1 ? 'line' : 'lines'}: ${active ? 'j' : 'tab, then j'} ` : '';
  const head: Segment[] = [...edge, { text: '── ', tone: 'muted' }, { text: `${title} `, tone: active ? 'accent' : 'muted' }];
  const rule: Segment = { text: more + '─'.repeat(Math.max(0, width - segmentsWidth(head) - cells(more))), tone: 'muted' };
  const line = (index: number): LineSpec => ({
    segments: index === 0 ? [...head, rule] : [...edge, ...(lines[first + index - 1] ?? [])],
    bar: active && index > 0 && first + index - 1 === cursor,
  });
  return <Lines width={width} height={height} line={line} />;
}
