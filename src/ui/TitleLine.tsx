import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import type { Health } from '../core/model.ts';
import { cells, cut } from './cells.ts';
import { Line } from './Line.tsx';
import type { OpenScreen } from './screen.tsx';
import { useServices } from './services.ts';
import { healthTone, type Segment } from './theme.ts';
import { useStore } from './use-store.ts';

/** Where the line is short, sources that are well are a dot without a name. */
const ROOMY = 60;
const MAX_NAME = 24;

/** A dot and the source's name; what is not well is said in a word too. */
function healthSegments({ source, level }: Health, width: number): readonly Segment[] {
  const tone = healthTone(level);
  const gap: Segment = { text: width < ROOMY ? ' ' : '  ' };
  if (level !== 'ok') return [gap, { text: `● ${cut(source, MAX_NAME)} ${level}`, tone }];
  return [gap, { text: '●', tone }, { text: width < ROOMY ? '' : ` ${cut(source, MAX_NAME)}` }];
}

/** `rollcall`, where one is, how the sources are, and what the screen has to say for itself at the right end. */
export function TitleLine({ screen, width }: { readonly screen: OpenScreen; readonly width: number }): ReactNode {
  const { state } = useServices();
  const health = useStore(state.health);
  const name = ` ${screen.title}`;
  const segments: Segment[] = [
    { text: ' rollcall', tone: 'accent' },
    { text: name, tone: 'strong' },
    ...[...health.values()].flatMap(source => healthSegments(source, width)),
  ];
  const needed = cells(' rollcall') + cells(name) + 1;
  return (
    <Box width={width} height={1} overflow="hidden">
      <Box flexShrink={1} flexGrow={1} minWidth={needed} height={1} overflow="hidden">
        <Line width={width} segments={segments} />
      </Box>
      <Box flexShrink={0} height={1} maxWidth={Math.max(0, width - needed)} overflow="hidden">
        {screen.summary() ?? <Text> </Text>}
      </Box>
    </Box>
  );
}
