/** Where events stand, as the console shows it: what is decided here and, on the same data, elsewhere. */
import type { Clock, TriageStore } from '../core/ports.ts';
import { isAbort } from '../core/problem.ts';
import { type Decision, stateAt, type Triage, type TriageEntry, type TriageState, triageAfter } from '../core/triage.ts';
import { createStore, type Schedule, type Store } from './store.ts';

/** A new object with every change; the map is shared. `seq`: the newest decision that is known. */
export type TriageView = { readonly seq: number; readonly byEvent: ReadonlyMap<string, Triage> };

export type TriageDeps = {
  readonly store: TriageStore;
  /** Epoch ms. */
  readonly now: () => number;
  /** Whose decisions these are. */
  readonly who: string;
  readonly schedule?: Schedule;
};

export type TriageBoard = Store<TriageView> & {
  /** Where an event stands; undefined when nobody touched it. */
  of(event: string): Triage | undefined;
  /** Its state now: one that slept long enough is new again. */
  stateOf(event: string): TriageState;
  /** Decides on all of them at once, and remembers it for `repeat` and `undo`. Throws a 'storage' Problem, as all that write do. */
  decide(events: readonly string[], decision: Partial<Decision> & Pick<Decision, 'state'>): void;
  /** The last decision of this console once more; false when there was none. */
  repeat(events: readonly string[]): boolean;
  comment(events: readonly string[], words: string): void;
  /** Takes back what this console decided last, one step a call. Returns the events; empty when there is nothing left. */
  undo(): readonly string[];
  history(event: string): readonly TriageEntry[];
  /** Takes in what other processes decided. Cheap when there is nothing. */
  refresh(): void;
  /** `refresh` again and again until the signal stops it; a failure shows in `failed` and is tried again. */
  follow(clock: Clock, everyMs: number, signal: AbortSignal, failed: (thrown: unknown) => void): Promise<void>;
};

/** Steps that can be taken back. */
const UNDO_DEPTH = 100;

/** Reads the whole history once. Throws a 'storage' Problem. */
export function createTriage({ store, now, who, schedule }: TriageDeps): TriageBoard {
  const byEvent = new Map<string, Triage>();
  const view = createStore<TriageView>({ seq: 0, byEvent }, schedule);
  const steps: (readonly string[])[] = [];
  let last: Decision | undefined;

  const refresh = () => {
    const { seq } = view.get();
    const entries = store.triageSince(seq);
    for (const entry of entries) byEvent.set(entry.event, triageAfter(byEvent.get(entry.event), entry));
    const newest = entries.at(-1)?.seq;
    if (newest !== undefined) view.set({ seq: newest, byEvent });
  };

  const decideAll = (events: readonly string[], decision: Decision) => {
    if (events.length === 0) return;
    store.decide(events, decision, who, now());
    last = decision;
    steps.push(events);
    if (steps.length > UNDO_DEPTH) steps.shift();
    refresh();
  };

  refresh();
  return {
    ...view,
    of: event => byEvent.get(event),
    stateOf: event => stateAt(byEvent.get(event), now()),
    decide: (events, { state, until = null, comment = '' }) => decideAll(events, { state, until, comment }),
    repeat(events) {
      if (last) decideAll(events, last);
      return last !== undefined;
    },
    comment(events, words) {
      store.comment(events, words, who, now());
      refresh();
    },
    undo() {
      const events = steps.at(-1) ?? [];
      if (events.length > 0) store.undo(events, who, now());
      steps.pop();
      refresh();
      return events;
    },
    history: event => store.triageHistory(event),
    refresh,
    async follow(clock, everyMs, signal, failed) {
      try {
        for (;;) {
          await clock.sleep(everyMs, signal);
          try {
            refresh();
          } catch (thrown) {
            failed(thrown);
          }
        }
      } catch (thrown) {
        if (!isAbort(thrown)) throw thrown;
      }
    },
  };
}
