/** What a process that stays open does again and again. */
import type { Clock } from '../core/ports.ts';
import { isAbort } from '../core/problem.ts';

export type Repetition = {
  readonly clock: Clock;
  /** ms between the end of one time and the beginning of the next. */
  readonly everyMs: number;
  /** ms before the first time; `everyMs` when absent. */
  readonly firstMs?: number;
  readonly signal: AbortSignal;
  /** Told of the first failure in a row. */
  failed(thrown: unknown): void;
};

/** Does `work` every `everyMs` until the signal stops it. What fails is tried again the next time. */
export async function repeat(
  work: () => void | Promise<void>,
  { clock, everyMs, firstMs = everyMs, signal, failed }: Repetition,
): Promise<void> {
  let failing = false;
  const once = async () => {
    try {
      await work();
      failing = false;
    } catch (thrown) {
      if (isAbort(thrown)) throw thrown;
      if (!failing) failed(thrown);
      failing = true;
    }
  };
  try {
    for (let pause = firstMs; ; pause = everyMs) {
      await clock.sleep(pause, signal);
      await once();
    }
  } catch (thrown) {
    if (!isAbort(thrown)) throw thrown;
  }
}
