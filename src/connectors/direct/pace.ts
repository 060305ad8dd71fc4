/** Long work in small steps, so that others have a turn in between: a generator that yields after each step. */
import { setImmediate as turn } from 'node:timers/promises';

/** Rows that are cleaned in one go: some milliseconds. */
const STEPS = 200;

export async function inTurns<T>(steps: Iterator<void, T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    const step = steps.next();
    if (step.done) return step.value;
    if (count % STEPS === 0) await turn();
  }
}
