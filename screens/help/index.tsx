/** Help and command palette: what can be done, found by a few letters; enter does it. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { fit, wrapCells } from '../../src/ui/cells.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { Lines } from '../../src/ui/Lines.tsx';
import { listCommands } from '../../src/ui/list-commands.ts';
import { RowList } from '../../src/ui/RowList.tsx';
import { defineScreen, type Screen } from '../../src/ui/screen.tsx';
import type { Segment } from '../../src/ui/theme.ts';
import { useStore } from '../../src/ui/use-store.ts';
import type { Entry } from './entries.ts';
import { createMenu, type Menu, type MenuKind } from './state.ts';

const KEYS = 12;
const TITLE = 30;
const GROUP = 12;
/** Lines for the whole help of the selected entry; on a low screen the list needs them. */
const helpLines = ({ height }: Pick<Size, 'height'>): number => (height < 16 ? 2 : 4);

function entrySegments({ keys, title, help, blocked, danger, group }: Entry): readonly Segment[] {
  const tone = blocked === undefined ? undefined : 'muted';
  return [
    { text: ` ${fit(keys, KEYS)} `, tone: tone ?? 'accent' },
    { text: `${fit(title, TITLE)}${danger ? '!' : ' '} `, tone },
    { text: `${fit(group, GROUP)} ${help}`, tone: 'muted' },
  ];
}

const HINTS: Record<MenuKind, string> = {
  help: 'What can be done here. Type to search, enter does it, esc goes back.',
  palette: 'Every command, template and host. Type to search, enter does it, esc goes back.',
};

const listHeight = ({ height }: Pick<Size, 'height'>): number => Math.max(1, height - 1 - helpLines({ height }));

/** The whole help of the selected entry. */
function Selected({ entry, width, height }: { readonly entry: Entry | undefined } & Size): ReactNode {
  const reason = entry?.blocked === undefined ? '' : `Not now: ${entry.blocked}. `;
  const lines = entry ? wrapCells(reason + entry.help, width - 2) : [];
  const line = (index: number) => ({
    segments: [{ text: ` ${index === height - 1 ? lines.slice(index).join(' ') : (lines[index] ?? '')}` }],
  });
  return <Lines width={width} height={height} line={line} />;
}

function View({ screen, width, height }: { readonly screen: Menu } & Size): ReactNode {
  const { list } = useStore(screen);
  const entries = screen.shown();
  const row = (index: number) => {
    const entry = entries[index];
    return entry ? entrySegments(entry) : [];
  };
  return (
    <Box flexDirection="column" width={width} height={height}>
      <Line width={width} segments={[{ text: ` ${HINTS[screen.kind]}`, tone: 'muted' }]} />
      <RowList width={width} height={listHeight({ height })} count={entries.length} list={list} row={row} empty={['Nothing fits.']} />
      <Selected entry={entries[list.cursor]} width={width} height={helpLines({ height })} />
    </Box>
  );
}

const menuScreen = (kind: MenuKind, title: string): Screen =>
  defineScreen({
    id: kind,
    title,
    create: services => createMenu(kind, services),
    commands: listCommands<Menu>(kind, {
      get: ({ screen }) => screen.get().list,
      set: ({ screen }, list) => screen.patch({ list }),
      extent: ({ screen, size }) => ({ count: screen.shown().length, height: listHeight(size) }),
    }),
    View,
    receive: ({ screen }, { search }) => screen.open(search),
  });

export const help = menuScreen('help', 'Help');
export const palette = menuScreen('palette', 'Commands');
