import { Box, type DOMElement, measureElement, Text } from 'ink';
import { type ReactNode, useContext, useInsertionEffect, useLayoutEffect, useRef } from 'react';
import type { Size } from './keys/command.ts';
import { Line } from './Line.tsx';
import { type LineSpec, paintLine } from './paint.ts';
import { useServices } from './services.ts';
import { HOLD, type Island, type Surface, SurfaceContext } from './surface.ts';

export type LinesProps = Size & {
  /** The line `index` of the rectangle, from 0 to `height - 1`. Pure. */
  line(index: number): LineSpec;
};

const NOWHERE = { x: 0, y: 0, width: 0, height: 0 };

function Painted({ surface, width, height, line }: LinesProps & { readonly surface: Surface }): ReactNode {
  const { terminal } = useServices();
  const box = useRef<DOMElement>(null);
  const latest = useRef({ width, height, line });
  latest.current = { width, height, line };
  // Before Ink draws the commit, which takes longer than everything else: a key is on screen at once.
  useInsertionEffect(() => surface.flush());
  useLayoutEffect(() => {
    const island: Island = {
      measure() {
        if (!box.current) return NOWHERE;
        const { x, y } = measureElement(box.current);
        return { x, y, width: latest.current.width, height: latest.current.height };
      },
      paint: (row, toEdge) => paintLine(latest.current.line(row), latest.current.width, toEdge, terminal),
    };
    return surface.add(island);
  }, [surface, terminal]);
  // Ink draws a commit at once or a little later. When it has, the rectangle on screen is the one that was just laid out.
  const frames = surface.frames;
  useLayoutEffect(() => {
    if (surface.frames === frames) surface.schedule();
    else surface.drawn();
  });
  const holds = Array(height).fill(HOLD).join('\n');
  return (
    <Box ref={box} width={width} height={height} flexShrink={0} justifyContent="space-between" overflow="hidden">
      <Text>{holds}</Text>
      <Text>{holds}</Text>
    </Box>
  );
}

/** A rectangle of lines that change often: painted past Ink on a real terminal, drawn by Ink where there is none. */
export function Lines(props: LinesProps): ReactNode {
  const surface = useContext(SurfaceContext);
  const { width, height, line } = props;
  if (surface) return <Painted surface={surface} {...props} />;
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      {Array.from({ length: height }, (_, index) => {
        const { segments, bar = false } = line(index);
        // biome-ignore lint/suspicious/noArrayIndexKey: a line of a rectangle is its place
        return <Line key={index} width={width} segments={segments} bar={bar} />;
      })}
    </Box>
  );
}
