/** Copying from the feed: the row, a value of it, the marked rows. */
import { isoUtc } from '../../src/core/time.ts';
import { copyText, tsvLine, tsvTable } from '../../src/ui/clipboard.ts';
import { counted } from '../../src/ui/format.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import type { Services } from '../../src/ui/services.ts';
import { noEvent } from './mark-commands.ts';
import { lineUnderCursor } from './pane-commands.ts';
import type { FeedEventView } from './rows.ts';
import type { FeedScreen } from './state.ts';

type Context = CommandContext<FeedScreen>;

const HEADS = ['time', 'severity', 'status', 'host', 'source', 'table', 'action', 'title', 'query', 'attack', 'rules', 'row'];

function cellsOf(event: FeedEventView, { triage }: Pick<Services, 'triage'>): readonly string[] {
  const { time, severity, id, hostname, source, table, action, title, queryName, attack, rules = [], row } = event;
  return [
    isoUtc(time),
    severity,
    triage.stateOf(id),
    hostname,
    source,
    table ?? '',
    action ?? '',
    title,
    queryName ?? '',
    attack.join(' '),
    rules.join(' '),
    JSON.stringify(row),
  ];
}

function copy(context: Context): Promise<void> | undefined {
  const { screen, services } = context;
  screen.pause();
  const event = screen.current()?.event;
  const value = lineUnderCursor(context)?.value;
  if (value !== undefined) return copyText(services, value, 'the value');
  return event && copyText(services, tsvLine(cellsOf(event, services)), 'the row');
}

function copyMarked({ screen, services }: Context): Promise<void> {
  screen.pause();
  const events = screen.chosen().map(({ event }) => event);
  const rows = events.map(event => cellsOf(event, services));
  return copyText(services, tsvTable(HEADS, rows), counted(events.length, 'event'));
}

export const copyCommands: readonly Command<FeedScreen>[] = [
  {
    id: 'feed.copy',
    keys: ['y'],
    title: 'Copy the row or the value',
    help: 'Copies the row, or in the details the value under the cursor, to the clipboard of your terminal (OSC 52) and to a file. Secrets are masked.',
    where: 'screen',
    blocked: noEvent,
    run: context => copy(context),
  },
  {
    id: 'feed.copy-marked',
    keys: ['Y'],
    title: 'Copy the marked rows',
    help: 'Copies the marked events, or those of the row under the cursor, as tab-separated lines with a head. Secrets are masked.',
    where: 'screen',
    blocked: noEvent,
    run: copyMarked,
  },
];
