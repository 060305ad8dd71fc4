/** This process, as commands see it. */
import { systemClock } from '../adapters/clock.ts';
import type { Deps } from './context.ts';
import { INTERRUPTED } from './exit-codes.ts';

/** ms in which a repeat is the same interrupt: a terminal sends it to the whole group, and a wrapper passes it on. */
const SAME_MS = 1_000;

/** Interrupts end a command in good order; another one, later, ends the process at once. */
function interrupts(): AbortSignal {
  const stop = new AbortController();
  let since = 0;
  const interrupt = () => {
    if (!stop.signal.aborted) {
      since = Date.now();
      stop.abort();
    } else if (Date.now() - since > SAME_MS) process.exit(INTERRUPTED);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return stop.signal;
}

export function processDeps(): Deps {
  const { env, stdin, stdout, stderr } = process;
  return { wire: () => import('./wire.ts'), clock: systemClock, env, stdin, stdout, stderr, signal: interrupts() };
}
