/** What people decided about events. A history of decisions that is only ever added to; the newest one counts. */
import { parseSpan, parseTime } from './time.ts';

export const TRIAGE_STATES = ['new', 'acknowledged', 'in_progress', 'false_positive', 'true_positive', 'escalated', 'snoozed'] as const;
export type TriageState = (typeof TRIAGE_STATES)[number];

const OPEN: ReadonlySet<TriageState> = new Set(['new', 'acknowledged', 'in_progress', 'escalated']);

/** Whether somebody still has to do something: neither a verdict nor asleep. */
export const isOpen = (state: TriageState): boolean => OPEN.has(state);

/** How a state is called in a sentence. */
export const triageWord = (state: TriageState): string => state.replaceAll('_', ' ');

const SHORT: Readonly<Record<string, TriageState>> = {
  ack: 'acknowledged',
  progress: 'in_progress',
  fp: 'false_positive',
  tp: 'true_positive',
  escalate: 'escalated',
  snooze: 'snoozed',
};

/** Short words for states, as people type them. */
export const TRIAGE_SHORTS: readonly string[] = Object.keys(SHORT);

/** A state by its name (`in_progress`, `in progress`) or short word (`fp`); undefined for anything else. */
export function triageStateNamed(text: string): TriageState | undefined {
  const name = text.trim().toLowerCase().replaceAll(/[ -]/g, '_');
  return TRIAGE_STATES.find(state => state === name) ?? (Object.hasOwn(SHORT, name) ? SHORT[name] : undefined);
}

/** The end of a sleep, epoch ms: a span from `now` on (`8h`) or a time to come (RFC 3339); undefined for anything else. */
export function wakeTime(text: string, now: number): number | undefined {
  const span = parseSpan(text.trim());
  const at = span === undefined ? parseTime(text.trim(), now) : now + span;
  return at !== undefined && at > now ? at : undefined;
}

/** A decision as it is made. `comment`: printable text; empty for none. */
export type Decision = {
  readonly state: TriageState;
  /** Epoch ms at which a snoozed event is new again; null for every other state. */
  readonly until: number | null;
  readonly comment: string;
};

/** What was done: a decision, a comment that leaves the state as it is, or the taking back of the newest decision. */
export type TriageAction = 'decide' | 'comment' | 'undo';

/** One line of the history. `seq` rises through all events; `state` and `until` hold after it. */
export type TriageEntry = Decision & {
  readonly seq: number;
  /** `id` of the event. */
  readonly event: string;
  readonly action: TriageAction;
  readonly who: string;
  /** Epoch ms. */
  readonly at: number;
};

/** Where an event stands. `comments`: how many there are; `reason`: the words of the decision. */
export type Triage = {
  readonly state: TriageState;
  readonly until: number | null;
  readonly who: string;
  /** Epoch ms. */
  readonly at: number;
  readonly reason: string;
  readonly comments: number;
};

/** The standing after one more entry of the history. */
export function triageAfter(before: Triage | undefined, entry: TriageEntry): Triage {
  const comments = (before?.comments ?? 0) + (entry.action === 'undo' || entry.comment === '' ? 0 : 1);
  if (entry.action === 'comment' && before) return { ...before, comments };
  const { state, until, who, at, comment } = entry;
  return { state, until, who, at, reason: entry.action === 'comment' ? '' : comment, comments };
}

/** The state at `now` (epoch ms): an event whose sleep is over is new again. */
export const stateAt = (triage: Pick<Triage, 'state' | 'until'> | undefined, now: number): TriageState => {
  if (!triage) return 'new';
  return triage.state === 'snoozed' && triage.until !== null && triage.until <= now ? 'new' : triage.state;
};
