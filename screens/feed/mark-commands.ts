/** Marking rows of the feed for the next decision. A folded row is marked with all of its events. */

import { counted } from '../../src/ui/format.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import { move } from '../../src/ui/list-state.ts';
import { feedLayout } from './layout.ts';
import { type FeedRow, indexOfSeq, isMarked, membersOf } from './rows.ts';
import type { FeedScreen } from './state.ts';

type Context = CommandContext<FeedScreen>;

export const noEvent = ({ screen }: Context) => (screen.rows().size === 0 ? 'there are no events yet' : undefined);

export const listHeight = ({ screen, size }: Context) => Math.max(1, feedLayout(size, screen.get()).list.height);

const idsOf = (rows: readonly FeedRow[]): readonly string[] => rows.flatMap(membersOf).map(({ event }) => event.id);

const add = ({ screen }: Context, rows: readonly FeedRow[]): void =>
  screen.patch({ marks: new Set([...screen.get().marks, ...idsOf(rows)]), rangeFrom: undefined });

/** The rows from one index to another, whichever comes first. */
function between({ screen }: Context, one: number, other: number): readonly FeedRow[] {
  const shown = screen.rows();
  const [from, to] = [Math.min(one, other), Math.max(one, other)];
  const indexes = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  return indexes.map(index => shown.at(index)).filter(row => row !== undefined);
}

function toggle(context: Context): void {
  const { screen } = context;
  screen.pause();
  const row = screen.current();
  if (!row) return;
  const { marks } = screen.get();
  if (isMarked(row, marks)) {
    const taken = new Set(idsOf([row]));
    screen.patch({ marks: new Set([...marks].filter(id => !taken.has(id))) });
  } else add(context, [row]);
  screen.scroll((list, extent) => move(list, 1, extent), listHeight(context));
}

function range(context: Context): void {
  const { screen, services } = context;
  screen.pause();
  const row = screen.current();
  const { rangeFrom } = screen.get();
  if (!row) return;
  if (rangeFrom === undefined) {
    screen.patch({ rangeFrom: row.seq });
    services.ui.say('A range begins here: move to its other end and press V again.');
    return;
  }
  const rows = screen.rows();
  add(context, between(context, indexOfSeq(rows, rangeFrom), indexOfSeq(rows, row.seq)));
  services.ui.say(`${counted(screen.get().marks.size, 'event')} marked.`);
}

export const markCommands: readonly Command<FeedScreen>[] = [
  {
    id: 'feed.mark',
    keys: ['space'],
    title: 'Mark',
    help: 'Marks the row under the cursor, or takes its mark away, and moves on. The next decision is for all marked events.',
    where: 'screen',
    blocked: noEvent,
    run: toggle,
  },
  {
    id: 'feed.mark-range',
    keys: ['V'],
    title: 'Mark a range',
    help: 'The first press starts a range at the cursor, the second marks every row from there to the cursor.',
    where: 'screen',
    blocked: noEvent,
    run: range,
  },
  {
    id: 'feed.mark-all',
    keys: ['A'],
    title: 'Mark all shown',
    help: 'Marks every event that the filter shows; the list is held still first.',
    where: 'screen',
    blocked: noEvent,
    run(context) {
      const { screen, services } = context;
      screen.pause();
      add(context, between(context, 0, screen.rows().size - 1));
      services.ui.say(`${counted(screen.get().marks.size, 'event')} marked.`);
    },
  },
  {
    id: 'feed.unmark',
    keys: ['U'],
    title: 'Clear marks',
    help: 'Takes every mark away.',
    where: 'screen',
    blocked: ({ screen }) => (screen.get().marks.size > 0 || screen.get().rangeFrom !== undefined ? undefined : 'no event is marked'),
    run: ({ screen }) => screen.patch({ marks: new Set(), rangeFrom: undefined }),
  },
];
