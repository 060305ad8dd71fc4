import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { Line } from './Line.tsx';
import { type ListState, settle } from './list-state.ts';
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

const MARK: Segment = { text: '*', tone: 'accent' };
const NO_MARK: Segment = { text: ' ' };

function emptyLines({ empty = [], width, height }: RowListProps): ReactNode {
  const above = Math.max(0, Math.min(2, height - empty.length));
  return (
    <Box flexDirection="column" width={width} height={height} paddingTop={above} overflow="hidden">
      {empty.slice(0, height).map(text => (
        <Line key={text} width={width} segments={[{ text: `  ${text}`, tone: 'muted' }]} />
      ))}
    </Box>
  );
}

/** The lines of a long list that are in the window. Draws exactly `height` lines, whatever `count` is. */
export function RowList(props: RowListProps): ReactNode {
  const { width, height, count, list, row, marked, active = true } = props;
  if (count === 0) return emptyLines(props);
  const { cursor, top } = settle(list, { count, height });
  const lines: ReactNode[] = [];
  for (let index = top; index < top + height; index++) {
    if (index >= count) {
      lines.push(<Text key={index}> </Text>);
      continue;
    }
    const selected = index === cursor;
    const gutter: Segment[] = [{ text: selected ? '▌' : ' ', tone: selected ? 'accent' : undefined }];
    if (marked) gutter.push(marked(index) ? MARK : NO_MARK);
    lines.push(<Line key={index} width={width} bar={selected && active} segments={[...gutter, ...row(index)]} />);
  }
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {lines}
    </Box>
  );
}
