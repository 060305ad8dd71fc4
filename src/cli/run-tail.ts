/**
 * Lets a console show the runs of other processes on its data directory: those that are stored, those that begin, and how the
 * open ones go on. A run whose process has gone is taken up.
 */
import type { Run } from '../core/run.ts';
import type { Engine } from '../engine/api.ts';
import type { AppState, StateObserver } from '../state/index.ts';

/** Runs that a console shows; older ones are found by `rollcall runs`. */
const SHOWN = 50;

type Runs = Pick<Engine, 'runIds' | 'rejoin'>;
type Shown = Pick<AppState, 'runs'> & { readonly observer: Pick<StateObserver, 'run'> };

export class RunTail {
  readonly #engine: Runs;
  readonly #state: Shown;

  constructor(engine: Runs, state: Shown) {
    this.#engine = engine;
    this.#state = state;
  }

  /** Shows what is new. Reads runs that are not shown yet, and those of others that are open. Throws a 'storage' Problem. */
  poll(): void {
    const shown = new Map(this.#state.runs.get().runs.map(run => [run.id, run]));
    for (const id of this.#engine.runIds(SHOWN).toReversed()) {
      const before = shown.get(id);
      if (before && !before.open) continue;
      const run = this.#engine.rejoin(id);
      if (run && run !== before && !isSame(run, before)) this.#state.observer.run(run);
    }
  }
}

/** Whether two tellings of a run are of the same moment. */
const isSame = (run: Run, before: Run | undefined): boolean => before?.version === run.version && before.phase === run.phase;
