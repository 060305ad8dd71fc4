/** What can be done on the Feed screen. */
import { isSevere } from '../../src/core/severity.ts';
import { isOpen } from '../../src/core/triage.ts';
import { cannotExport } from '../../src/ui/export-menu.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import { listCommands } from '../../src/ui/list-commands.ts';
import { type ListState, last } from '../../src/ui/list-state.ts';
import { copyCommands } from './copy-commands.ts';
import { exportEvents } from './export.ts';
import { filterCommands } from './filter-commands.ts';
import { listHeight, markCommands, noEvent } from './mark-commands.ts';
import { paneCommands, paneCursor, paneCursorExtent } from './pane-commands.ts';
import type { FeedRow } from './rows.ts';
import type { FeedScreen } from './state.ts';
import { triageCommands } from './triage-commands.ts';

type Context = CommandContext<FeedScreen>;

const movements = listCommands<FeedScreen>(
  'feed',
  {
    get: context => (context.screen.get().inPane ? paneCursor(context) : context.screen.window(listHeight(context))),
    set(context, list: ListState) {
      if (context.screen.get().inPane) context.screen.patch({ scroll: list.cursor });
      else context.screen.scroll(() => list, listHeight(context));
    },
    extent(context) {
      if (context.screen.get().inPane) return paneCursorExtent(context);
      return { count: context.screen.rows().size, height: listHeight(context) };
    },
  },
  ['last'],
);

function toEnd(context: Context): void {
  const { screen } = context;
  if (screen.get().inPane) screen.patch({ scroll: last(paneCursorExtent(context)).cursor });
  else screen.follow();
}

/** High or critical, and nobody has decided on it for good. */
const isWaiting =
  ({ services: { triage } }: Context) =>
  ({ event }: FeedRow): boolean =>
    isSevere(event.severity) && isOpen(triage.stateOf(event.id));

function toNextWaiting(context: Context): void {
  const { screen, services } = context;
  if (screen.seek(isWaiting(context), 1, listHeight(context))) return;
  const { high } = screen.arrived();
  services.ui.say(
    high > 0
      ? `No further high event waits here; ${high} arrived since the pause: G shows them.`
      : 'No later high event waits for a decision.',
  );
}

/** In memory first, then further back on disk, until one is found or esc stops it. */
async function toPreviousWaiting(context: Context): Promise<void> {
  const { screen, services } = context;
  const found = () => screen.seek(isWaiting(context), -1, listHeight(context));
  while (!found()) {
    if (await screen.older()) continue;
    const { edge } = screen.get();
    const how = edge === undefined ? ' among those read so far' : `: ${edge}`;
    services.ui.say(`No earlier high event waits for a decision${how}.`);
    return;
  }
}

function hostOf({ screen, services }: Context) {
  const event = screen.current()?.event;
  return event && services.state.inventory.get().hosts.find(host => host.source === event.source && host.id === event.hostId);
}

const LETTERS =
  'C H M L I: severity; a i f t x s: what was decided; N: never seen before on any host, n: not on this one; ×3: so many say the same; + -: added, removed.';

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
    title: 'Next high event that waits',
    help: 'Goes to the next event that is high or critical and that nobody has decided on for good.',
    where: 'screen',
    footer: 'next high',
    blocked: noEvent,
    run: toNextWaiting,
  },
  {
    id: 'feed.previous-high',
    keys: ['E'],
    title: 'Previous high event that waits',
    help: 'Goes to the previous event that is high or critical and that nobody has decided on for good, back to the oldest on disk; esc stops it.',
    where: 'screen',
    blocked: noEvent,
    run: toPreviousWaiting,
  },
  {
    id: 'feed.older',
    keys: ['O'],
    title: 'Older events from disk',
    help: 'Reads what is older than memory until something passes the filter; esc stops it. Pressing on at the oldest row does the same.',
    where: 'screen',
    async run({ screen, services }) {
      if (!(await screen.older())) services.ui.say(screen.get().edge ?? 'Nothing older was read.');
    },
  },
  {
    id: 'feed.fold',
    keys: ['='],
    title: 'Fold or unfold',
    help: 'Shows events that say the same as one line with a count, or every event by itself. The cursor stays on its event.',
    where: 'screen',
    run: ({ screen }) => screen.fold(!screen.get().folded),
  },
  {
    id: 'feed.letters',
    keys: [],
    title: 'Letters of a row',
    help: `${LETTERS} What a host tells of a table in the first ten minutes is not marked as new: it was there before.`,
    where: 'screen',
    local: true,
    run: ({ services }) => services.ui.say(LETTERS),
  },
  {
    id: 'feed.histogram',
    keys: ['i'],
    title: 'Histogram',
    help: 'Opens the counts of the last hours or days by severity, at the time of the event under the cursor.',
    where: 'screen',
    run: ({ screen, services }) => services.ui.go('histogram', { at: screen.current()?.event.time, filter: screen.get().filter }),
  },
  ...filterCommands,
  ...triageCommands,
  ...paneCommands,
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
    help: 'Opens the page of the host that the event is from: who it is, what changed on it, what it was asked.',
    where: 'screen',
    blocked: noEvent,
    run({ screen, services }) {
      const event = screen.current()?.event;
      if (event) services.ui.go('host', { host: { source: event.source, id: event.hostId, hostname: event.hostname } });
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
  {
    id: 'feed.export',
    keys: ['x'],
    title: 'Export',
    help: 'Asks for a second key: j writes the marked events, else all that are shown, as JSON lines, c as CSV, e as an evidence bundle.',
    where: 'screen',
    blocked: context => noEvent(context) ?? cannotExport(context.services),
    run: exportEvents,
  },
  ...markCommands,
  ...copyCommands,
  ...movements,
];
