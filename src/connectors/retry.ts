/** Bounded, jittered retries for exchanges that may be repeated without harm. Never wrap a POST that may start a query. */
import type { Clock } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';

export type RetryOptions = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Tries in all, the first included; default 4. */
  readonly attempts?: number;
  /** ms for everything, waits included; default 40 s. No try starts after it. */
  readonly budgetMs?: number;
  /** ms before the second try at most; doubles with each further one, up to 8 s. Default 500. */
  readonly baseMs?: number;
};

export type Attempt = {
  /** From 1. */
  readonly number: number;
  /** ms of the budget that are left: bound the exchange's own time-out by it. */
  readonly leftMs: number;
};

const MAX_WAIT_MS = 8_000;

/** Half fixed, half random, so that many clients do not come back in step. A server's Retry-After is never undercut. */
function waitBefore(attempt: number, baseMs: number, retryAfterMs: number | undefined): number {
  const full = Math.min(MAX_WAIT_MS, baseMs * 2 ** (attempt - 1));
  const jittered = full / 2 + (Math.random() * full) / 2;
  return Math.max(jittered, retryAfterMs ?? 0);
}

/**
 * Runs `run` until it succeeds, fails with something that trying again cannot help (not a transient `Problem`), or tries
 * or budget are spent: then the last failure is thrown. A Retry-After that does not fit the budget ends it at once.
 */
export async function retrying<T>(run: (attempt: Attempt) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, attempts = 4, budgetMs = 40_000, baseMs = 500 } = options;
  const deadline = clock.now() + budgetMs;
  for (let number = 1; ; number++) {
    if (signal.aborted) throw new DOMException('Stopped.', 'AbortError');
    try {
      return await run({ number, leftMs: Math.max(1, deadline - clock.now()) });
    } catch (thrown) {
      if (!(thrown instanceof Problem) || !thrown.transient || number >= attempts) throw thrown;
      const wait = waitBefore(number, baseMs, thrown.retryAfterMs);
      if (clock.now() + wait >= deadline) throw thrown;
      await clock.sleep(wait, signal);
    }
  }
}
