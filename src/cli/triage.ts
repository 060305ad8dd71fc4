/** `rollcall triage`: decides on events by id or by filter, comments, takes back, or shows what was decided. */
import { parseFilter } from '../core/filter.ts';
import { triageToJson } from '../core/judge.ts';
import type { FeedEvent } from '../core/model.ts';
import type { TriageStore } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { isoUtc } from '../core/time.ts';
import { type Decision, TRIAGE_SHORTS, TRIAGE_STATES, type TriageEntry, triageStateNamed, triageWord, wakeTime } from '../core/triage.ts';
import { createTriage } from '../state/triage.ts';
import type { Command, CommandContext } from './context.ts';
import { type ListForm, printList } from './print.ts';
import { type Session, withSession } from './session.ts';
import { readLine } from './stdin.ts';
import { lastSequence, storedEvents } from './stored-events.ts';
import { auditedTriage } from './triage-audit.ts';

/** What is to be done with the events. */
type Deed =
  | { readonly kind: 'show' }
  | { readonly kind: 'decide'; readonly decision: Decision }
  | { readonly kind: 'comment'; readonly words: string }
  | { readonly kind: 'undo' };

/** An event, as much of it as is printed. */
type Subject = Pick<FeedEvent, 'id' | 'time' | 'severity' | 'hostname' | 'title'>;

/** Deciding on more events than this needs `--yes`, or a person. */
const FEW = 25;
const MAX_COMMENT = 500;

const usage = (message: string) => new Problem('usage', message);
const counted = (events: number) => `${events} ${events === 1 ? 'event' : 'events'}`;

function decisionOf({ given, clock }: CommandContext, comment: string): Decision {
  const [named = ''] = given.get('state') ?? [];
  const state = triageStateNamed(named);
  if (!state) throw usage(`There is no state '${clean(named, 80)}'. There are: ${[...TRIAGE_STATES, ...TRIAGE_SHORTS].join(', ')}.`);
  const [end] = given.get('until') ?? [];
  if ((end === undefined) === (state === 'snoozed'))
    throw usage(end === undefined ? '--state snooze needs --until: 8h, 7d, or RFC 3339.' : '--until goes with --state snooze only.');
  const until = end === undefined ? undefined : wakeTime(end, clock.now());
  if (end !== undefined && until === undefined)
    throw usage(`--until takes a span (8h, 7d) or a time to come (RFC 3339), not '${clean(end, 80)}'.`);
  return { state, until: until ?? null, comment };
}

function deedOf(context: CommandContext): Deed {
  const { given } = context;
  const words = clean((given.get('comment')?.[0] ?? '').trim(), MAX_COMMENT);
  if (given.has('undo')) {
    const other = ['state', 'until', 'comment'].find(name => given.has(name));
    if (other) throw usage(`--undo takes a decision back and decides nothing: leave --${other} out.`);
    return { kind: 'undo' };
  }
  if (given.has('state')) return { kind: 'decide', decision: decisionOf(context, words) };
  if (given.has('until')) throw usage('--until goes with --state snooze only.');
  if (words !== '') return { kind: 'comment', words };
  if (given.has('comment')) throw usage('--comment needs a text.');
  return { kind: 'show' };
}

const subjectOf = ({ id, time, severity, hostname, title }: FeedEvent): Subject => ({ id, time, severity, hostname, title });

function named({ store }: Session, ids: readonly string[]): readonly Subject[] {
  const found = [...new Set(ids)].map(id => ({ id, event: store.event(id)?.event }));
  const unknown = found.filter(({ event }) => !event).map(({ id }) => `'${clean(id, 80)}'`);
  if (unknown.length > 0) throw usage(`There is no event ${unknown.join(', ')}. \`rollcall feed --format jsonl\` prints ids.`);
  return found.flatMap(({ event }) => (event ? [subjectOf(event)] : []));
}

function filtered({ clock }: CommandContext, { store }: Session, filter: string): readonly Subject[] {
  const now = () => clock.now();
  const board = createTriage({ store, now });
  const { match } = parseFilter(filter, { now: now(), statusOf: ({ id }) => board.stateOf(id) });
  const found: Subject[] = [];
  for (const { event } of storedEvents(store, { order: 'asc' }, lastSequence(store))) if (match(event)) found.push(subjectOf(event));
  return found;
}

/** Throws a 'usage' Problem unless the events are few, `--yes` was given, or a person types their number. */
async function confirm({ given, stdin, signal, messages }: CommandContext, events: number): Promise<void> {
  if (events <= FEW || given.has('yes')) return;
  if (!stdin.isTTY) throw usage(`${events} events are more than ${FEW}, so nothing was decided. Add --yes if all of them are meant.`);
  messages.tell(`This is for ${events} events. Type ${events} to do it:`);
  if ((await readLine(stdin, signal)).trim() !== String(events)) throw usage('Not confirmed, so nothing was decided.');
}

function perform(deed: Deed, store: TriageStore, ids: readonly string[], who: string, now: number): readonly TriageEntry[] {
  if (deed.kind === 'decide') return store.decide(ids, deed.decision, who, now);
  if (deed.kind === 'comment') return store.comment(ids, deed.words, who, now);
  return deed.kind === 'undo' ? store.undo(ids, who, now) : [];
}

const entryJson = ({ at, who, action, state, until, comment }: TriageEntry) => ({
  at: isoUtc(at),
  who,
  action,
  state,
  until: until === null ? null : isoUtc(until),
  comment,
});

type Form = { readonly store: TriageStore; readonly now: number };

const subjectJson = ({ id, time, severity, hostname, title }: Subject, { store, now }: Form) => ({
  id,
  time: isoUtc(time),
  severity,
  hostname,
  title,
  triage: triageToJson(store.triage(id), now),
});

const standings = (form: Form): ListForm<Subject> => ({
  json: subject => subjectJson(subject, form),
  header: ['id', 'severity', 'host', 'state', 'title'],
  cells: ({ id, severity, hostname, title }) => [
    id,
    severity,
    hostname,
    triageWord(triageToJson(form.store.triage(id), form.now).state),
    title,
  ],
  csv: ['id', 'time', 'severity', 'hostname', 'title', 'triage'],
  none: 'No event passes the filter.',
});

const histories = (form: Form): ListForm<Subject> => ({
  ...standings(form),
  json: subject => ({ ...subjectJson(subject, form), history: form.store.triageHistory(subject.id).map(entryJson) }),
});

const entries: ListForm<TriageEntry> = {
  json: entry => ({ id: entry.event, ...entryJson(entry) }),
  header: ['id', 'when', 'who', 'what', 'state', 'until', 'words'],
  cells: ({ event, at, who, action, state, until, comment }) => [
    event,
    isoUtc(at),
    who,
    action,
    triageWord(state),
    until === null ? '' : isoUtc(until),
    action === 'undo' ? '' : comment,
  ],
  csv: ['id', 'at', 'who', 'action', 'state', 'until', 'comment'],
  none: 'Nobody has decided on it or said anything about it.',
};

/** JSON keeps what belongs to an event together; tables and CSV have a line for each entry of its history. */
async function show(context: CommandContext, subjects: readonly Subject[], form: Form): Promise<void> {
  if (context.format === 'json' || context.format === 'jsonl') return printList(context, subjects, histories(form));
  return printList(
    context,
    subjects.flatMap(({ id }) => form.store.triageHistory(id)),
    entries,
  );
}

const DONE_WORDS = { decide: '', comment: 'commented', undo: 'taken back' } as const;

async function change(context: CommandContext, session: Session, deed: Exclude<Deed, { kind: 'show' }>, subjects: readonly Subject[]) {
  const { given, clock, messages } = context;
  const { store, audit, who } = session;
  const word = deed.kind === 'decide' ? triageWord(deed.decision.state) : DONE_WORDS[deed.kind];
  if (given.has('dry-run')) {
    messages.step(`Nothing was done. ${counted(subjects.length)} would be: ${word}.`);
    return printList(context, subjects, standings({ store, now: clock.now() }));
  }
  await confirm(context, subjects.length);
  const ids = subjects.map(({ id }) => id);
  const changed = new Set(
    (ids.length > 0 ? perform(deed, auditedTriage(store, audit), ids, who, clock.now()) : []).map(({ event }) => event),
  );
  messages.step(`${counted(changed.size)}: ${word}.`);
  await printList(
    context,
    subjects.filter(({ id }) => changed.has(id)),
    standings({ store, now: clock.now() }),
  );
}

export const triage: Command = context => {
  const { args, given, clock } = context;
  const deed = deedOf(context);
  const filter = given.get('filter')?.[0];
  if ((filter === undefined) === (args.length === 0)) throw usage('Name events by their ids, or take --filter EXPR: one of the two.');
  if (filter !== undefined && deed.kind === 'show')
    throw usage('Say what to decide: --state, --comment or --undo. `rollcall feed --filter` lists the events.');
  if (filter !== undefined) parseFilter(filter, { now: clock.now() });
  return withSession(
    context,
    async session => {
      const subjects = filter === undefined ? named(session, args) : filtered(context, session, filter);
      if (deed.kind === 'show') await show(context, subjects, { store: session.store, now: clock.now() });
      else await change(context, session, deed, subjects);
      return 0;
    },
    'none',
  );
};
