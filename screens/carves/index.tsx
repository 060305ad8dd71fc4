/** Carves: files that hosts were asked for, how far they are, and what is in them. */
import { Box } from 'ink';
import { type ReactNode, useEffect } from 'react';
import { carveCommand } from '../../src/ui/carve-command.ts';
import { counted, fullTime, shortTime } from '../../src/ui/format.ts';
import type { Command, CommandContext, Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { listCommands } from '../../src/ui/list-commands.ts';
import { RowList } from '../../src/ui/RowList.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import { type Services, useServices } from '../../src/ui/services.ts';
import { TextPane } from '../../src/ui/TextPane.tsx';
import { paneExtent, paneList } from '../../src/ui/text-pane.ts';
import type { Segment } from '../../src/ui/theme.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { copyCommands } from './copy-commands.ts';
import { detailLines, headSegments, rowSegments } from './segments.ts';
import { type CarveRow, isComing } from './select.ts';
import { type CarvesScreen, createCarves } from './state.ts';
import { hostsOf, noRow } from './targets.ts';

type Context = CommandContext<CarvesScreen>;

/** ms between looks at what has come. */
const LOOK_MS = 500;
/** Lines above the list: the counts, the column heads. */
const HEAD_LINES = 2;
const EMPTY = ['No file was fetched yet.', 'C on a host of a direct endpoint fetches one; . on a path of a row does too.'];

/** The list takes what it needs up to a half. */
function layoutOf(screen: CarvesScreen, { height }: Size): { readonly list: number; readonly pane: number } {
  const room = Math.max(1, height - HEAD_LINES);
  const wanted = Math.max(screen.rows().length, EMPTY.length + 2);
  const list = Math.max(1, Math.min(wanted, Math.floor(room / 2)));
  return { list, pane: room - list };
}

function paneLines(screen: CarvesScreen, { ui, offsetMinutes }: Services, width: number): ReadonlyArray<readonly Segment[]> {
  const row = screen.current();
  if (!row) return [];
  const when = (ms: number) => fullTime(ms, ui.get().zone, offsetMinutes);
  return detailLines(row, screen.get().files.get(row.key), width, when);
}

function countsText(rows: readonly CarveRow[]): string {
  const complete = rows.filter(({ state }) => state === 'complete').length;
  const failed = rows.filter(({ state }) => state === 'failed' || state === 'silent').length;
  return ` ${counted(rows.length, 'file')} · complete ${complete} · coming ${rows.filter(isComing).length} · failed ${failed}`;
}

function View({ screen, width, height }: { readonly screen: CarvesScreen } & Size): ReactNode {
  const services = useServices();
  const zone = useStore(services.ui, shown => shown.zone);
  const { inPane, scroll, problem } = useStore(screen);
  useEffect(() => {
    void screen.refresh();
    const timer = setInterval(() => void screen.refresh(), LOOK_MS);
    return () => clearInterval(timer);
  }, [screen]);
  const rows = screen.rows();
  const layout = layoutOf(screen, { width, height });
  const row = (index: number) => {
    const one = rows[index];
    return one ? rowSegments(one, width, shortTime(one.at, services.now(), zone, services.offsetMinutes).trim()) : [];
  };
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Line width={width} segments={[problem === '' ? { text: countsText(rows), tone: 'strong' } : { text: ` ${problem}`, tone: 'bad' }]} />
      <Line width={width} segments={headSegments(width)} />
      <RowList
        width={width}
        height={layout.list}
        count={rows.length}
        list={screen.window(layout.list)}
        row={row}
        active={!inPane}
        empty={EMPTY}
      />
      {layout.pane > 1 && (
        <TextPane
          title={screen.current()?.path ?? 'carve'}
          lines={paneLines(screen, services, width)}
          scroll={scroll}
          active={inPane}
          width={width}
          height={layout.pane}
        />
      )}
    </Box>
  );
}

const notComplete = ({ screen }: Context) => (screen.current()?.state === 'complete' ? undefined : 'the file is not here (yet)');

async function open({ screen }: Context): Promise<void> {
  const carve = screen.current()?.carve;
  screen.patch({ inPane: !screen.get().inPane, scroll: 0 });
  if (carve?.state === 'complete' && screen.get().inPane && !screen.get().files.has(carve.id)) await screen.look(carve);
}

const own: readonly Command<CarvesScreen>[] = [
  {
    id: 'carves.open',
    keys: ['enter'],
    title: 'What is in it',
    help: 'Gives the keyboard to the details below, with the files of a complete carve and their digests, or back to the list.',
    where: 'screen',
    footer: 'details',
    blocked: noRow,
    run: open,
  },
  {
    id: 'carves.focus',
    keys: ['tab', 'shift+tab'],
    title: 'List or details',
    help: 'Gives the keyboard to the details below, or back to the list.',
    where: 'screen',
    blocked: noRow,
    run: ({ screen }) => screen.patch({ inPane: !screen.get().inPane }),
  },
  {
    id: 'carves.extract',
    keys: ['x'],
    title: 'Extract the files',
    help: 'Writes the files of a complete carve into a new directory, whatever paths and links its archive names. Nothing is run.',
    where: 'screen',
    footer: 'extract',
    blocked: context => noRow(context) ?? notComplete(context),
    run({ screen }) {
      const carve = screen.current()?.carve;
      if (carve) screen.extract(carve);
    },
  },
  { ...carveCommand<CarvesScreen>('carves', hostsOf), run: context => context.screen.ask(hostsOf(context), '') },
  {
    id: 'carves.host',
    keys: ['H'],
    title: 'Page of the host',
    help: 'Opens the host that the file is from.',
    where: 'screen',
    blocked: noRow,
    run({ screen, services }) {
      const row = screen.current();
      if (row) services.ui.go('host', { host: row.host });
    },
  },
  ...copyCommands,
  ...listCommands<CarvesScreen>('carves', {
    get({ screen, size }) {
      const { inPane, scroll } = screen.get();
      return inPane ? paneList(scroll) : screen.window(layoutOf(screen, size).list);
    },
    set({ screen }, list) {
      if (screen.get().inPane) screen.patch({ scroll: list.cursor });
      else screen.patch({ list, at: screen.rows()[list.cursor]?.key, scroll: 0 });
    },
    extent({ screen, services, size }) {
      const { list, pane } = layoutOf(screen, size);
      if (!screen.get().inPane) return { count: screen.rows().length, height: list };
      return paneExtent(paneLines(screen, services, size.width).length, { height: pane });
    },
  }),
];

/** They are about the file under the cursor. */
const commands = own.map(command => ({ ...command, local: true }));

export const carves = defineScreen({
  id: 'carves',
  title: 'Carves',
  create: createCarves,
  commands,
  View,
  receive({ screen, services: { ui } }, { hosts, path = '' }) {
    if (hosts && hosts.length > 0) screen.ask(hosts, path, () => ui.back());
  },
  back({ screen }) {
    if (!screen.get().inPane) return false;
    screen.patch({ inPane: false });
    return true;
  },
});
