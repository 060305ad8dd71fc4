/**
 * Runs on a disk that may be full. Nothing is sent for a run that cannot be stored; once it is stored, what comes of it is kept
 * in memory while it cannot be written, and written in the same order as soon as it can.
 */
import type { Clock, RunStore } from '../core/ports.ts';
import { isAbort, type Problem, toProblem } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { EngineObserver } from './api.ts';

export type PatientDeps = {
  readonly store: RunStore;
  readonly clock: Clock;
  readonly observer: Pick<EngineObserver, 'notice'>;
  readonly signal: AbortSignal;
};

/** ms between two tries. */
const TRY_EVERY_MS = 2_000;

export class PatientRuns implements RunStore {
  readonly #deps: PatientDeps;
  /** Runs that are on disk, if not as they are now. */
  readonly #stored = new Set<string>();
  readonly #waiting: (() => void)[] = [];

  constructor(deps: PatientDeps) {
    this.#deps = deps;
  }

  /** Throws a 'storage' Problem for a run that was never stored. */
  saveRun(run: Run): void {
    const { store } = this.#deps;
    const write = () => store.saveRun(run);
    if (this.#stored.has(run.id)) {
      this.#write(write);
      return;
    }
    write();
    this.#stored.add(run.id);
  }

  saveAnswer(...answer: Parameters<RunStore['saveAnswer']>): void {
    this.#write(() => this.#deps.store.saveAnswer(...answer));
  }

  run(id: string): Run | undefined {
    return this.#known(this.#deps.store.run(id));
  }

  runs(limit: number): readonly Run[] {
    return this.#deps.store.runs(limit).map(run => this.#known(run));
  }

  runIds(limit: number): readonly string[] {
    return this.#deps.store.runIds(limit);
  }

  /** Writes what waits, as far as that goes. Returns why it does not go on; undefined when nothing waits any more. */
  flush(): Problem | undefined {
    for (let write = this.#waiting[0]; write; write = this.#waiting[0]) {
      try {
        write();
      } catch (thrown) {
        const problem = toProblem(thrown);
        if (problem.kind !== 'storage') throw thrown;
        return problem;
      }
      this.#waiting.shift();
    }
    return undefined;
  }

  #known<T extends Run | undefined>(run: T): T {
    if (run) this.#stored.add(run.id);
    return run;
  }

  #write(write: () => void): void {
    const began = this.#waiting.length === 0;
    this.#waiting.push(write);
    if (!began) return;
    const problem = this.flush();
    if (problem) void this.#untilWritten(problem);
  }

  async #untilWritten({ message }: Problem): Promise<void> {
    const { clock, observer, signal } = this.#deps;
    observer.notice({ level: 'warn', text: `Answers are kept in memory until they can be stored. ${message}` });
    try {
      do await clock.sleep(TRY_EVERY_MS, signal);
      while (this.flush());
      observer.notice({ level: 'info', text: 'All answers are stored now.' });
    } catch (thrown) {
      if (!isAbort(thrown)) throw thrown;
    }
  }
}
