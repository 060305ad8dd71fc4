import { Box, Text, useWindowSize } from 'ink';
import { type ReactNode, useLayoutEffect } from 'react';
import { bottomLines } from './bottom.ts';
import { ConfirmView } from './Confirm.tsx';
import { cut } from './cells.ts';
import type { Registry } from './keys/registry.ts';
import { Line } from './Line.tsx';
import { bodySize, hasTabs, SMALLEST, tooSmall } from './layout.ts';
import { useServices } from './services.ts';
import { TitleLine } from './TitleLine.tsx';
import type { Segment } from './theme.ts';
import { useStore } from './use-store.ts';

type Part = { readonly registry: Registry; readonly width: number };

/** The screens with a number key, the one that is up in bold between brackets. */
function Tabs({ registry, width }: Part): ReactNode {
  const up = registry.current().id;
  const segments = registry.screens
    .filter(screen => screen.key !== undefined)
    .map(
      ({ id, key, title }): Segment =>
        id === up ? { text: `[${key} ${title}]`, tone: 'strong' } : { text: ` ${key} ${title} `, tone: 'muted' },
    );
  return <Line width={width} segments={segments} />;
}

/** What is asked or was said last, by the console or by the engine, and the keys worth knowing. */
function Bottom({ registry, width }: Part): ReactNode {
  const { ui, state } = useServices();
  const shown = useStore(ui);
  const engine = useStore(state.notice);
  const own = shown.notice;
  const notice = own && (!engine || own.at >= engine.at) ? own : engine;
  const [status, footer] = bottomLines(shown, notice, [...registry.current().commands, ...registry.globals], width);
  return (
    <>
      <Line width={width} segments={status} />
      <Line width={width} segments={footer} />
    </>
  );
}

function TooSmall({ columns, rows }: { readonly columns: number; readonly rows: number }): ReactNode {
  return (
    <Box width={columns} height={rows} overflow="hidden">
      <Text wrap="truncate">{cut(`make me bigger: ${SMALLEST.columns}x${SMALLEST.rows}`, columns)}</Text>
    </Box>
  );
}

/** The frame around every screen: title, tabs, body, status line, key hints. Fills the terminal exactly. */
export function Shell({ registry }: { readonly registry: Registry }): ReactNode {
  const { ui } = useServices();
  const { columns, rows } = useWindowSize();
  const confirm = useStore(ui, state => state.confirm);
  useStore(ui, state => state.screen);
  useLayoutEffect(
    () => ui.set(state => (state.columns === columns && state.rows === rows ? state : { ...state, columns, rows })),
    [ui, columns, rows],
  );
  if (tooSmall({ columns, rows })) return <TooSmall columns={columns} rows={rows} />;
  const screen = registry.current();
  const body = bodySize({ columns, rows, confirm });
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      <TitleLine screen={screen} width={columns} />
      {hasTabs(rows) && <Tabs registry={registry} width={columns} />}
      <Box key={screen.id} flexDirection="column" width={body.width} height={body.height} overflow="hidden">
        {screen.view(body)}
      </Box>
      {confirm && <ConfirmView confirm={confirm} width={columns} />}
      <Bottom registry={registry} width={columns} />
    </Box>
  );
}
