/** Keeps a task alive: when it fails it is started again after a growing, jittered pause. */
import type { Clock } from '../core/ports.ts';
import { isAbort, type Problem, toProblem } from '../core/problem.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

export type Supervision = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of every failure, with the number of failures in a row. */
  failed(problem: Problem, inARow: number): void;
};

/** ms to wait before try number `inARow + 1`: 1 s, 2 s, 4 s ... 60 s, each +-25 %, or as long as the server asked. */
export function pauseAfter(problem: Problem, inARow: number, random: () => number = Math.random): number {
  const growing = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(inARow - 1, 10));
  const patient = problem.transient ? growing : Math.max(growing, LONGEST_PAUSE_MS / 2);
  return Math.max(problem.retryAfterMs ?? 0, Math.round(patient * (0.75 + random() / 2)));
}

/** Runs `task` until the signal stops it. `task` calls `alive` when it got on, which resets the pause. */
export async function supervise(task: (alive: () => void) => Promise<void>, { clock, signal, failed }: Supervision): Promise<void> {
  let inARow = 0;
  while (!signal.aborted) {
    try {
      await task(() => {
        inARow = 0;
      });
      if (!signal.aborted) continue;
    } catch (thrown) {
      if (signal.aborted || isAbort(thrown)) return;
      inARow += 1;
      const problem = toProblem(thrown);
      failed(problem, inARow);
      await clock.sleep(pauseAfter(problem, inARow), signal).catch(() => undefined);
    }
  }
}
