import { Text } from 'ink';
import type { ReactNode } from 'react';
import { cutSegments, segmentsWidth } from './cells.ts';
import { useServices } from './services.ts';
import { type Segment, styleOf, type Terminal } from './theme.ts';

function paint({ text, tone }: Segment, index: number, terminal: Terminal): ReactNode {
  const style = styleOf(tone, terminal);
  return style ? (
    <Text key={index} {...style}>
      {text}
    </Text>
  ) : (
    text
  );
}

export type LineProps = {
  readonly segments: readonly Segment[];
  /** Cells at most. */
  readonly width: number;
  /** Draws a bar over the whole width: the selected row. */
  readonly bar?: boolean;
};

/** One line of the screen: one `<Text>`, whatever it is made of (a Box for each cell costs three times as much). */
export function Line({ segments, width, bar = false }: LineProps): ReactNode {
  const { terminal } = useServices();
  const shown = cutSegments(segments, width).filter(({ text }) => text !== '');
  if (bar) {
    const text = shown.map(segment => segment.text).join('');
    return (
      <Text wrap="truncate" inverse bold>
        {text + ' '.repeat(Math.max(0, width - segmentsWidth(shown)))}
      </Text>
    );
  }
  // An empty <Text> takes no line.
  if (shown.length === 0) return <Text> </Text>;
  return <Text wrap="truncate">{shown.map((segment, index) => paint(segment, index, terminal))}</Text>;
}
