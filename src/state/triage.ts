/** Where events stand, as the console shows it: what is decided here and, on the same data, elsewhere. */
import type { TriageStore } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { type Decision, stateAt, type Triage, type TriageEntry, type TriageState } from '../core/triage.ts';
import { createStore, type Schedule, type Store } from './store.ts';

/** A new object whenever anything may stand elsewhere: a decision, here or in another process, or the end of a sleep. */
export type TriageView = {
  /** The newest entry of the history that is taken in. */
  readonly seq: number;
};

export type TriageDeps = {
  /** Absent while the data file is being opened: nothing is decided then, and nothing can be; see `open`. */
  readonly store?: TriageStore;
  /** Epoch ms. */
  readonly now: () => number;
  /** Whose decisions these are. */
  readonly who?: string;
  readonly schedule?: Schedule;
};

/** What `undo` has taken back. `left`: events that somebody has decided on since, and that stay as they are. */
export type Undone = { readonly decision: Decision; readonly events: readonly string[]; readonly left: number };

export type TriageBoard = Store<TriageView> & {
  /** Begins with a data file. */
  open(store: TriageStore, who: string): void;
  /** Where an event stands; undefined when nobody touched it. */
  of(event: string): Triage | undefined;
  /** Its state now: one that slept long enough is new again. */
  stateOf(event: string): TriageState;
  /** Decides on all of them at once, and remembers it for `repeat` and `undo`. Throws a 'storage' Problem, as all that write do. */
  decide(events: readonly string[], decision: Partial<Decision> & Pick<Decision, 'state'>): void;
  /** The last decision of this console. */
  last(): Decision | undefined;
  /** The last decision of this console once more; false when there was none. */
  repeat(events: readonly string[]): boolean;
  comment(events: readonly string[], words: string): void;
  /** Takes back what this console decided last, one step a call; undefined when there is nothing left. Comments stay. */
  undo(): Undone | undefined;
  history(event: string): readonly TriageEntry[];
  /** Takes in what other processes decided, and which sleeps are over. Cheap when there is nothing. */
  refresh(): void;
};

/** Steps that can be taken back. */
const UNDO_DEPTH = 100;
/** Events whose state is kept in memory; that of others is read again. */
const MEMORY = 200_000;
/** A history of so many entries is read at the start, some ms; of a longer one what is asked for. */
const SHORT = 10_000;
/** Entries of the history that are taken in at once. */
const PART = 5_000;

type Known = Pick<Triage, 'state' | 'until'> | undefined;
type Step = { readonly decision: Decision; readonly events: readonly string[]; readonly seqs: ReadonlySet<number> };

const starting = () => new Problem('storage', 'The data file is still being opened: try again in a moment.');

/** Starts at once, however long the history is. Throws a 'storage' Problem. */
export function createTriage({ store: given, now, who: name = '', schedule }: TriageDeps): TriageBoard {
  const view = createStore<TriageView>({ seq: 0 }, schedule);
  const known = new Map<string, Known>();
  /** Nothing was ever decided on events that are not in `known`. */
  let whole = false;
  const steps: Step[] = [];
  let opened: TriageStore | undefined;
  let who = name;
  let wake: number | undefined;
  let last: Decision | undefined;

  const store = (): TriageStore => {
    if (!opened) throw starting();
    return opened;
  };

  const learn = (event: string, state: Known) => {
    if (known.size >= MEMORY) {
      known.clear();
      whole = false;
    }
    known.set(event, state);
  };

  const stateOf = (event: string): TriageState => {
    if (opened && !whole && !known.has(event)) learn(event, opened.triageState(event));
    return stateAt(known.get(event), now());
  };

  /** Takes in the history after a sequence. Returns the newest one. */
  const takeIn = (from: TriageStore, after: number): number => {
    let seq = after;
    for (;;) {
      const part = from.triageSince(seq, PART);
      for (const { event, state, until } of part) learn(event, { state, until });
      seq = part.at(-1)?.seq ?? seq;
      if (part.length < PART) return seq;
    }
  };

  const refresh = () => {
    if (!opened) return;
    const before = view.get().seq;
    const seq = takeIn(opened, before);
    if (seq === before && (wake === undefined || wake > now())) return;
    wake = opened.nextWake(now());
    view.set({ seq });
  };

  const open = (data: TriageStore, by: string) => {
    opened = data;
    who = by;
    known.clear();
    wake = data.nextWake(now());
    const newest = data.lastTriage();
    whole = newest <= SHORT;
    view.set({ seq: whole ? takeIn(data, 0) : newest });
  };

  const decideAll = (events: readonly string[], decision: Decision) => {
    if (events.length === 0) return;
    const entries = store().decide(events, decision, who, now());
    last = decision;
    steps.push({ decision, events, seqs: new Set(entries.map(({ seq }) => seq)) });
    if (steps.length > UNDO_DEPTH) steps.shift();
    refresh();
  };

  if (given) open(given, name);
  return {
    ...view,
    open,
    of: event => opened?.triage(event),
    stateOf,
    decide(events, { state, until = null, comment = '' }) {
      decideAll(events, { state, until, comment });
    },
    last: () => last,
    repeat(events) {
      if (last) decideAll(events, last);
      return last !== undefined;
    },
    comment(events, words) {
      store().comment(events, words, who, now());
      refresh();
    },
    undo() {
      const step = steps.at(-1);
      if (!step) return undefined;
      const { decision, events, seqs } = step;
      const undone = store().undo(events, who, now(), seqs);
      steps.pop();
      refresh();
      return { decision, events: undone.map(({ event }) => event), left: events.length - undone.length };
    },
    history: event => opened?.triageHistory(event) ?? [],
    refresh,
  };
}
