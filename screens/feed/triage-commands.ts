/** Deciding on events, at mail-reader speed: a verdict and the next row in two keys, the same again in one. */
import type { Completion } from '../../src/core/filter-completions.ts';
import { type Decision, type TriageState, triageWord, wakeTime } from '../../src/core/triage.ts';
import type { FeedItem } from '../../src/state/feed.ts';
import { counted, shortTime } from '../../src/ui/format.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import { attempt } from '../../src/ui/keys/execute.ts';
import { jump } from '../../src/ui/list-state.ts';
import type { MenuItem } from '../../src/ui/ui-state.ts';
import { listHeight, noEvent } from './mark-commands.ts';
import { indexOfSeq } from './rows.ts';
import type { FeedScreen } from './state.ts';

type Context = CommandContext<FeedScreen>;
type Partly = Partial<Decision> & Pick<Decision, 'state'>;

/** Deciding on more events than this asks first. */
const MANY = 100;
/** Longest comment, in UTF-16 units. */
const MAX_COMMENT = 500;

const idsOf = (items: readonly FeedItem[]): readonly string[] => items.map(({ event }) => event.id);

/** Sequence of the row that comes after those that are decided on; undefined at the end of the list. */
function nextSeq({ screen }: Context, decided: ReadonlySet<string>): number | undefined {
  const shown = screen.rows();
  for (let index = screen.window(1).cursor; index < shown.size; index++) {
    const row = shown.at(index);
    if (row && !decided.has(row.event.id)) return row.seq;
  }
  return undefined;
}

/** Puts the cursor on the row of this sequence, wherever it is by now. */
function goTo(context: Context, seq: number | undefined): void {
  if (seq === undefined) return;
  const { screen } = context;
  const index = indexOfSeq(screen.rows(), seq);
  screen.scroll((list, extent) => jump(list, index, extent), listHeight(context));
}

/** Puts the cursor on the first row of these events, where there is one. */
function goBack(context: Context, events: ReadonlySet<string>): void {
  const shown = context.screen.rows();
  for (let index = 0; index < shown.size; index++) {
    const row = shown.at(index);
    if (!row || !events.has(row.event.id)) continue;
    goTo(context, row.seq);
    break;
  }
}

function sentence({ state, until }: Decision, { services: { ui, now, offsetMinutes } }: Context): string {
  const word = triageWord(state);
  return until === null ? word : `${word} until ${shortTime(until, now(), ui.get().zone, offsetMinutes).trim()}`;
}

/** Whether it may go on: a decision on many events asks first. */
async function agreed({ services: { ui } }: Context, events: readonly FeedItem[], word: string): Promise<boolean> {
  if (events.length <= MANY) return true;
  const lines = ['They count as decided on by you; u takes it back.'];
  return ui.confirm({ title: `Decide on ${counted(events.length, 'event')}: ${word}?`, lines, yes: 'decide' });
}

/** Decides, says so, and goes on to the next row. */
async function decide(context: Context, events: readonly FeedItem[], partly: Partly): Promise<void> {
  const { screen, services } = context;
  const decision: Decision = { until: null, comment: '', ...partly };
  const word = sentence(decision, context);
  if (!(await agreed(context, events, word))) return;
  const ids = idsOf(events);
  const next = nextSeq(context, new Set(ids));
  services.triage.decide(ids, decision);
  screen.patch({ marks: new Set(), rangeFrom: undefined });
  goTo(context, next);
  services.ui.say(`${counted(ids.length, 'event')}: ${word}.${next === undefined ? ' No newer row is left here.' : ''}`);
}

const SLEEPS: readonly Completion[] = ['8h', '1h', '24h', '7d'].map(span => ({ text: `${span} `, kind: 'value', help: '' }));

const firstWord = (text: string): string => /^\s*(\S*)/.exec(text)?.[1] ?? '';

/** `8h waiting for the owner`: until when, and why. */
function snooze(context: Context, events: readonly FeedItem[]): void {
  const { ui, now } = context.services;
  ui.prompt({
    id: 'feed.snooze',
    label: 'snooze: 8h or a time, then why: ',
    check: text =>
      wakeTime(firstWord(text), now()) === undefined
        ? { from: 0, to: firstWord(text).length, what: 'first 8h, 7d or a time to come (RFC 3339)' }
        : undefined,
    complete: text => ({ from: 0, to: text.length, items: text === '' ? SLEEPS : [] }),
    onAccept(text) {
      const until = wakeTime(firstWord(text), now());
      if (until === undefined) return;
      const comment = text.trim().slice(firstWord(text).length).trim().slice(0, MAX_COMMENT);
      void attempt(ui, () => decide(context, events, { state: 'snoozed', until, comment }));
    },
  });
}

type Verdict = Pick<MenuItem, 'key' | 'word' | 'short'> & { readonly state: TriageState };

const VERDICTS: readonly Verdict[] = [
  { key: 'a', word: 'ack', state: 'acknowledged' },
  { key: 'i', word: 'in progress', short: 'doing', state: 'in_progress' },
  { key: 'f', word: 'false positive', short: 'false', state: 'false_positive' },
  { key: 't', word: 'true positive', short: 'true', state: 'true_positive' },
  { key: 'x', word: 'escalate', state: 'escalated' },
  { key: 's', word: 'snooze', state: 'snoozed' },
  { key: 'n', word: 'new again', short: 'new', state: 'new' },
];

/** What is chosen is fixed when the menu opens: it stays meant, whatever arrives. */
function openMenu(context: Context): void {
  const { screen, services } = context;
  screen.pause();
  const events = screen.chosen();
  const items = VERDICTS.map(
    ({ state, ...item }): MenuItem => ({
      ...item,
      run: () => (state === 'snoozed' ? snooze(context, events) : decide(context, events, { state })),
    }),
  );
  services.ui.menu({ title: events.length === 1 ? 'triage' : counted(events.length, 'event'), items });
}

function notAgain({ services: { triage, now } }: Context): string | undefined {
  const last = triage.last();
  if (!last) return 'nothing was decided in this console yet: t decides';
  return last.until !== null && last.until <= now() ? 'that sleep is over: t s asks until when anew' : undefined;
}

async function repeat(context: Context): Promise<void> {
  const { screen, services } = context;
  const last = services.triage.last();
  if (!last) return;
  screen.pause();
  await decide(context, screen.chosen(), last);
}

function comment(context: Context): void {
  const { screen, services } = context;
  const { ui, triage } = services;
  screen.pause();
  const events = screen.chosen();
  const of = events.length === 1 ? '' : ` on ${counted(events.length, 'event')}`;
  ui.prompt({
    id: 'feed.comment',
    label: `comment${of}: `,
    onAccept(text) {
      const words = text.trim().slice(0, MAX_COMMENT);
      if (words === '') return;
      void attempt(ui, async () => {
        if (!(await agreed(context, events, 'the same comment'))) return;
        triage.comment(idsOf(events), words);
        ui.say(`Comment${of} kept.`);
      });
    },
  });
}

function undo(context: Context): void {
  const { services } = context;
  const undone = services.triage.undo();
  if (!undone) {
    services.ui.say('There is no decision of this console left to take back.');
    return;
  }
  const { decision, events, left } = undone;
  const others = left > 0 ? ` ${counted(left, 'event')} left as somebody decided since.` : '';
  goBack(context, new Set(events));
  services.ui.say(`Taken back on ${counted(events.length, 'event')}: ${sentence(decision, context)}.${others}`);
}

export const triageCommands: readonly Command<FeedScreen>[] = [
  {
    id: 'feed.triage',
    keys: ['t'],
    title: 'Decide',
    help: 'Asks for a second key: a acknowledge, i in progress, f false positive, t true positive, x escalate, s snooze, n new again. Then goes on to the next row. For the marked rows, else for the row under the cursor with all that is folded into it.',
    where: 'screen',
    footer: 'triage',
    blocked: noEvent,
    run: openMenu,
  },
  {
    id: 'feed.triage-same',
    keys: ['T'],
    title: 'The same decision again',
    help: 'Decides as the last time, and goes on to the next row.',
    where: 'screen',
    blocked: context => noEvent(context) ?? notAgain(context),
    run: repeat,
  },
  {
    id: 'feed.undo',
    keys: ['u'],
    title: 'Take the last decision back',
    help: 'Takes back what this console decided last, step by step. What somebody else decided since stays.',
    where: 'screen',
    run: undo,
  },
  {
    id: 'feed.comment',
    keys: ['c'],
    title: 'Comment',
    help: 'Keeps a line of text with the event, for everybody who works on this data.',
    where: 'screen',
    blocked: noEvent,
    run: comment,
  },
];
