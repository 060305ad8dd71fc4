/** The machine's clock. */
import type { Clock } from '../core/ports.ts';
import { abortError } from './abort.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(abortError(signal));
        return;
      }
      const stop = () => {
        clearTimeout(timer);
        if (signal) reject(abortError(signal));
      };
      // Nothing but a turn of the loop: a timer would wait a ms.
      if (ms <= 0) {
        setImmediate(resolve);
        return;
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    }),
};
