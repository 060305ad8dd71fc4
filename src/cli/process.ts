/** This process, as commands see it. */
import { systemClock } from '../adapters/clock.ts';
import type { Deps } from './context.ts';
import { INTERRUPTED } from './exit-codes.ts';

/** Interrupts end a command in good order; a second one ends the process at once. */
function interrupts(): AbortSignal {
  const stop = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(INTERRUPTED);
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return stop.signal;
}

export function processDeps(): Deps {
  const { env, stdin, stdout, stderr } = process;
  return { wire: () => import('./wire.ts'), clock: systemClock, env, stdin, stdout, stderr, signal: interrupts() };
}
