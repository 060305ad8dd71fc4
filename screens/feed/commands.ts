/** What can be done on the Feed screen. */
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import { listCommands } from '../../src/ui/list-commands.ts';
import { type Extent, jump, type ListState, last } from '../../src/ui/list-state.ts';
import { paneExtent, paneList } from '../../src/ui/text-pane.ts';
import { completeFilter, settledPart } from './complete.ts';
import { feedLayout } from './layout.ts';
import { paneLines } from './Pane.tsx';
import { nextHigh } from './rows.ts';
import type { FeedScreen, Pane } from './state.ts';

type Context = CommandContext<FeedScreen>;

/** Cells that `h` and `l` scroll. */
const SIDE_STEP = 10;

const layoutOf = ({ screen, size }: Context) => feedLayout(size, screen.get());
const listHeight = (context: Context) => Math.max(1, layoutOf(context).list.height);

const noEvent = ({ screen }: Context) => (screen.rows().size === 0 ? 'there are no events yet' : undefined);

function scrollExtent(context: Context): Extent {
  const layout = layoutOf(context);
  const lines = paneLines(context.screen, context.services, layout).length;
  return paneExtent(lines, layout.pane ?? { height: 1 });
}

const movements = listCommands<FeedScreen>(
  'feed',
  {
    get(context) {
      const { inPane, scroll } = context.screen.get();
      return inPane ? paneList(scroll) : context.screen.window(listHeight(context));
    },
    set(context, list: ListState) {
      if (context.screen.get().inPane) context.screen.patch({ scroll: list.cursor });
      else context.screen.scroll(() => list, listHeight(context));
    },
    extent(context) {
      return context.screen.get().inPane ? scrollExtent(context) : { count: context.screen.rows().size, height: listHeight(context) };
    },
  },
  ['last'],
);

function toEnd(context: Context): void {
  const { screen } = context;
  if (screen.get().inPane) screen.patch({ scroll: last(scrollExtent(context)).cursor });
  else screen.follow();
}

const toHigh = (step: 1 | -1) => (context: Context) => {
  const { screen, services } = context;
  const height = listHeight(context);
  screen.pause();
  const found = nextHigh(screen.rows(), screen.window(height).cursor, step);
  if (found === undefined) {
    const arrived = step === 1 ? screen.arrived().high : 0;
    services.ui.say(
      arrived > 0
        ? `No further high event here; ${arrived} arrived since the pause: G shows them.`
        : `No ${step === 1 ? 'later' : 'earlier'} event is high or critical.`,
    );
  } else screen.scroll((list, extent) => jump(list, found, extent), height);
};

function filter({ screen, services: { ui, state } }: Context): void {
  const before = screen.get().filter;
  ui.prompt({
    id: 'feed.filter',
    label: '/',
    value: before,
    onChange: value => ui.promptNote(screen.look(settledPart(value)) ?? ''),
    onAccept(value) {
      const problem = screen.look(value);
      if (problem !== undefined) ui.say(problem, 'warn');
    },
    onCancel: () => screen.look(before),
    complete: value => completeFilter(value, state),
  });
}

const excluded = (text: string): string => `-${/[\s"]/.test(text) ? `"${text.replaceAll('"', '')}"` : text}`;

function exclude({ screen, services: { ui, state } }: Context): void {
  const before = screen.get().filter;
  const look = (text: string) => (text.trim() === '' ? screen.look(before) : screen.look(`${before} ${excluded(text.trim())}`.trim()));
  ui.prompt({
    id: 'feed.exclude',
    label: 'without: ',
    onChange: value => ui.promptNote(look(value) ?? ''),
    onCancel: () => screen.look(before),
    complete: value => completeFilter(value, state),
  });
}

/** Opens the pane with `pane` in it and gives it the keyboard; closes it when it shows that already. */
function open({ screen }: Context, pane: Pane): void {
  screen.pause();
  const shown = screen.get();
  if (shown.pane === pane && shown.inPane) screen.patch({ pane: 'none', inPane: false });
  else screen.patch({ pane, inPane: true, scroll: 0 });
}

function hostOf({ screen, services }: Context) {
  const event = screen.current()?.event;
  return event && services.state.inventory.get().hosts.find(host => host.source === event.source && host.id === event.hostId);
}

export const commands: readonly Command<FeedScreen>[] = [
  {
    id: 'feed.follow',
    keys: ['f'],
    title: 'Follow or pause',
    help: 'Follows the newest events, or holds the list still. Moving in the list pauses too; what arrives meanwhile is counted.',
    where: 'screen',
    footer: 'follow',
    run: ({ screen }) => (screen.get().pause ? screen.follow() : screen.pause()),
  },
  {
    id: 'feed.last',
    keys: ['G', 'end'],
    title: 'Newest event, and follow',
    help: 'Goes to the newest event and follows again. In the pane: goes to its end.',
    where: 'screen',
    run: toEnd,
  },
  {
    id: 'feed.next-high',
    keys: ['e'],
    title: 'Next high event',
    help: 'Goes to the next event that is high or critical.',
    where: 'screen',
    footer: 'next high',
    blocked: noEvent,
    run: toHigh(1),
  },
  {
    id: 'feed.previous-high',
    keys: ['E'],
    title: 'Previous high event',
    help: 'Goes to the previous event that is high or critical.',
    where: 'screen',
    blocked: noEvent,
    run: toHigh(-1),
  },
  {
    id: 'feed.filter',
    keys: ['/'],
    title: 'Filter',
    help: 'Narrows the feed as you type: sev>=high host:web-* table:crontab source:prod "text" word; - before a word excludes, tab completes.',
    where: 'screen',
    footer: 'filter',
    run: filter,
  },
  {
    id: 'feed.exclude',
    keys: ['\\'],
    title: 'Filter out',
    help: 'Adds a word to the filter that events must not have.',
    where: 'screen',
    run: exclude,
  },
  {
    id: 'feed.open',
    keys: ['enter'],
    title: 'Details',
    help: 'Opens the event: all columns, why it is that severe, times in UTC and local. j and k scroll there, esc closes.',
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
  {
    id: 'feed.pivot',
    keys: ['.'],
    title: 'Follow a value of this event',
    help: 'Offers the templates that take a hash, address, path, name or pid of the event, on its host or on all, filled in.',
    where: 'screen',
    footer: 'follow up',
    blocked: noEvent,
    run(context) {
      const event = context.screen.current()?.event;
      if (event) context.services.ui.go('pivot', { row: event.row, column: undefined, host: hostOf(context) });
    },
  },
  {
    id: 'feed.host',
    keys: ['H'],
    title: 'Host of this event',
    help: 'Opens the list of hosts at the host that the event is from.',
    where: 'screen',
    blocked: noEvent,
    run({ screen, services }) {
      const event = screen.current()?.event;
      if (event) services.ui.go('hosts', { search: `"${event.hostname}"` });
    },
  },
  {
    id: 'feed.query',
    keys: ['Q'],
    title: 'Query the host of this event',
    help: 'Opens the launcher with the host that the event is from as its target.',
    where: 'screen',
    blocked: context => noEvent(context) ?? (hostOf(context) ? undefined : 'its host is not listed by the source any more'),
    run(context) {
      const host = hostOf(context);
      if (host) context.services.ui.go('launch', { hosts: [host] });
    },
  },
  ...movements,
];
