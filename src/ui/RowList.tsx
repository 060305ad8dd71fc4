import type { ReactNode } from 'react';
import { Lines } from './Lines.tsx';
import { type ListState, settle } from './list-state.ts';
import type { LineSpec } from './paint.ts';
import type { Segment } from './theme.ts';

export type RowListProps = {
  readonly width: number;
  readonly height: number;
  readonly count: number;
  readonly list: ListState;
  /** The item at `index` as pieces of a line. Pure and cheap: it is called for each line of each frame. */
  row(index: number): readonly Segment[];
  /** Items with a mark; a column for marks is there when this is. */
  marked?(index: number): boolean;
  /** False while another pane has the keyboard: the bar becomes an arrow. */
  active?: boolean;
  /** What stands there when the list is empty: say why, and what to do. */
  readonly empty?: readonly string[];
};

const SELECTED: Segment = { text: '▌', tone: 'accent' };
const MARK: Segment = { text: '*', tone: 'accent' };
const BLANK: Segment = { text: ' ' };
const NO_LINE: LineSpec = { segments: [] };

/** Lines above what an empty list says. */
const ABOVE = 2;

function emptyLine({ empty = [], height }: RowListProps, index: number): LineSpec {
  const text = empty[index - Math.max(0, Math.min(ABOVE, height - empty.length))];
  return text === undefined ? NO_LINE : { segments: [{ text: `  ${text}`, tone: 'muted' }] };
}

/** The lines of a long list that are in the window. Draws exactly `height` lines, whatever `count` is. */
export function RowList(props: RowListProps): ReactNode {
  const { width, height, count, list, row, marked, active = true } = props;
  const { cursor, top } = settle(list, { count, height });
  const line = (place: number): LineSpec => {
    if (count === 0) return emptyLine(props, place);
    const index = top + place;
    if (index >= count) return NO_LINE;
    const selected = index === cursor;
    const gutter = [selected ? SELECTED : BLANK, ...(marked ? [marked(index) ? MARK : BLANK] : [])];
    return { segments: [...gutter, ...row(index)], bar: selected && active };
  };
  return <Lines width={width} height={height} line={line} />;
}
