import { Box, Text, useWindowSize } from 'ink';
import { type ReactNode, useLayoutEffect } from 'react';
import { ConfirmView } from './Confirm.tsx';
import { cells, cut } from './cells.ts';
import type { BoundCommand } from './keys/command.ts';
import { keyLabel } from './keys/names.ts';
import type { Registry } from './keys/registry.ts';
import { Line } from './Line.tsx';
import { bodySize, hasTabs, SMALLEST, tooSmall } from './layout.ts';
import { menuSegments } from './menu.ts';
import { PromptLine } from './PromptLine.tsx';
import { promptHint } from './prompt-line.ts';
import { useServices } from './services.ts';
import { TitleLine } from './TitleLine.tsx';
import type { Segment } from './theme.ts';
import type { Level } from './ui-state.ts';
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

const LEVEL_TONES = { info: undefined, warn: 'warn', error: 'bad' } as const satisfies Record<Level, Segment['tone']>;
const LEVEL_WORDS: Record<Level, string> = { info: '', warn: '', error: 'error: ' };

/** What was said last, by the console or by the engine; a prompt or a menu takes its place. */
function StatusLine({ width }: { readonly width: number }): ReactNode {
  const { ui, state } = useServices();
  const prompt = useStore(ui, ({ prompt }) => prompt);
  const menu = useStore(ui, ({ menu }) => menu);
  const own = useStore(ui, ({ notice }) => notice);
  const engine = useStore(state.notice);
  if (menu) return <Line width={width} segments={menuSegments(menu, width)} />;
  if (prompt) return <PromptLine prompt={prompt} width={width} />;
  const notice = own && (!engine || own.at >= engine.at) ? own : engine;
  if (!notice) return <Line width={width} segments={[]} />;
  return <Line width={width} segments={[{ text: ` ${LEVEL_WORDS[notice.level]}${notice.text}`, tone: LEVEL_TONES[notice.level] }]} />;
}

/** Keys worth knowing here; what does not fit is found by `?`. */
export function footerSegments(commands: readonly BoundCommand[], width: number): readonly Segment[] {
  const hints = commands.flatMap(({ footer, keys: [key] }) =>
    footer !== undefined && key !== undefined ? [{ key: keyLabel(key), footer }] : [],
  );
  const size = ({ key, footer }: { key: string; footer: string }) => cells(key) + cells(footer) + 3;
  // Help and leaving come last in the list and must not fall off.
  const kept = hints.filter(hint => hint.footer === 'help' || hint.footer === 'leave');
  let left = width - 1 - kept.reduce((sum, hint) => sum + size(hint), 0);
  const shown = hints.filter(hint => {
    if (kept.includes(hint)) return true;
    left -= size(hint);
    return left >= 0;
  });
  return [
    { text: ' ' },
    ...shown.flatMap(({ key, footer }): Segment[] => [
      { text: key, tone: 'strong' },
      { text: ` ${footer}  `, tone: 'muted' },
    ]),
  ];
}

/** Key hints; what a prompt has to say about its text takes their place, for keys are text then. */
function Footer({ registry, width }: Part): ReactNode {
  const { ui } = useServices();
  const prompt = useStore(ui, ({ prompt }) => prompt);
  const hint = prompt && promptHint(prompt, width);
  if (hint) return <Line width={width} segments={hint} />;
  return <Line width={width} segments={footerSegments([...registry.current().commands, ...registry.globals], width)} />;
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
      <StatusLine width={columns} />
      <Footer registry={registry} width={columns} />
    </Box>
  );
}
