/** Time limits of commands. */
import { abortError } from '../adapters/abort.ts';
import type { Clock } from '../core/ports.ts';
import { isAbort } from '../core/problem.ts';

/** ms after which a command that asks servers gives up, when `--timeout` does not say otherwise. */
export const PATIENCE_MS = 45_000;

export type Limited<T> = { readonly value: T; readonly expired: boolean };

/** Runs `work` with a signal that is aborted after `ms`, or when `signal` is. `expired`: the time was up. */
export async function within<T>(
  ms: number,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<Limited<T>> {
  const done = new AbortController();
  const late = new AbortController();
  const timer = clock.sleep(ms, AbortSignal.any([signal, done.signal])).then(
    () => late.abort(),
    thrown => {
      if (!isAbort(thrown)) throw thrown;
    },
  );
  try {
    return { value: await work(AbortSignal.any([signal, late.signal])), expired: late.signal.aborted };
  } finally {
    done.abort();
    await timer;
  }
}

/** Resolves as `work` does; rejects with an AbortError when the signal stops the waiting first. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw abortError(signal);
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(abortError(signal));
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
