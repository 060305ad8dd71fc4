/** What can be done with the pane beside the list: open it, move in it, put it elsewhere. */
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import type { Extent, ListState } from '../../src/ui/list-state.ts';
import { paneExtent, paneList, paneRoom, scrollTo } from '../../src/ui/text-pane.ts';
import type { DetailLine } from './detail.ts';
import { feedLayout } from './layout.ts';
import { noEvent } from './mark-commands.ts';
import { paneLines } from './Pane.tsx';
import type { FeedScreen, Pane } from './state.ts';

type Context = CommandContext<FeedScreen>;

/** Cells that `h` and `l` scroll. */
const SIDE_STEP = 10;

const layoutOf = ({ screen, size }: Context) => feedLayout(size, screen.get());
const paneSize = (context: Context) => layoutOf(context).pane ?? { height: 1 };
const linesOf = (context: Context) => paneLines(context.screen, context.services, layoutOf(context));

/** In the details a line is under the cursor; the raw record scrolls. */
export function paneCursor(context: Context): ListState {
  const { pane, scroll } = context.screen.get();
  return pane === 'detail' ? { cursor: scroll, top: scrollTo(scroll, paneSize(context)) } : paneList(scroll);
}

export function paneCursorExtent(context: Context): Extent {
  const lines = linesOf(context).length;
  const size = paneSize(context);
  return context.screen.get().pane === 'detail' ? { count: lines, height: paneRoom(size) } : paneExtent(lines, size);
}

/** The line of the details under the cursor; undefined where the list has the keyboard. */
export function lineUnderCursor(context: Context): DetailLine | undefined {
  const { pane, inPane, scroll } = context.screen.get();
  return inPane && pane === 'detail' ? linesOf(context)[scroll] : undefined;
}

/** Opens the pane with `pane` in it and gives it the keyboard; closes it when it shows that already. */
function open({ screen }: Context, pane: Pane): void {
  screen.pause();
  const shown = screen.get();
  if (shown.pane === pane && shown.inPane) screen.patch({ pane: 'none', inPane: false });
  else screen.patch({ pane, inPane: true, scroll: 0 });
}

export const paneCommands: readonly Command<FeedScreen>[] = [
  {
    id: 'feed.open',
    keys: ['enter'],
    title: 'Details',
    help: 'Opens the event: all columns, why it is that severe, what was decided, times in UTC and local. j and k move there, + and \\ filter by the line under the cursor, esc closes.',
    where: 'screen',
    footer: 'details',
    blocked: noEvent,
    run: context => open(context, 'detail'),
  },
  {
    id: 'feed.raw',
    keys: ['v'],
    title: 'Raw record',
    help: "Opens the server's own record of the event as JSON, with everything unprintable escaped.",
    where: 'screen',
    footer: 'raw',
    blocked: noEvent,
    run: context => open(context, 'raw'),
  },
  {
    id: 'feed.pane',
    keys: ['p'],
    title: 'Preview pane',
    help: 'Shows the selected event in a pane while the list keeps the keyboard, or closes the pane.',
    where: 'screen',
    footer: 'pane',
    run: ({ screen }) => screen.patch({ pane: screen.get().pane === 'none' ? 'detail' : 'none', inPane: false, scroll: 0 }),
  },
  {
    id: 'feed.place',
    keys: ['P'],
    title: 'Place of the pane',
    help: 'Puts the pane below the list or beside it; beside needs 100 columns.',
    where: 'screen',
    run: ({ screen }) => screen.patch({ place: screen.get().place === 'below' ? 'right' : 'below' }),
  },
  {
    id: 'feed.focus',
    keys: ['tab', 'shift+tab'],
    title: 'List or pane',
    help: 'Gives the keyboard to the pane, or back to the list.',
    where: 'screen',
    blocked: ({ screen }) => (screen.get().pane === 'none' ? 'the pane is closed: p opens it' : undefined),
    run: ({ screen }) => screen.patch({ inPane: !screen.get().inPane }),
  },
  {
    id: 'feed.right',
    keys: ['l', 'right'],
    title: 'Scroll right',
    help: 'Shows more of long lines.',
    where: 'screen',
    run: ({ screen }) => screen.patch({ left: screen.get().left + SIDE_STEP }),
  },
  {
    id: 'feed.left',
    keys: ['h', 'left'],
    title: 'Scroll left',
    help: 'Scrolls long lines back.',
    where: 'screen',
    blocked: ({ screen }) => (screen.get().left === 0 ? 'this is the beginning of the lines' : undefined),
    run: ({ screen }) => screen.patch({ left: Math.max(0, screen.get().left - SIDE_STEP) }),
  },
];
