/** How far what is shown is behind what happens. */
import type { Health } from './model.ts';

/**
 * What happened in the last so many ms may not be here yet: the time since all feeds of the source were last read to their end,
 * or, for a source whose hosts send by themselves, what the newest delivery took; whichever is longer. Null while that is not
 * known: nothing was read to its end, or delivered, so far.
 */
export function lagOf({ delay, caughtUpAt }: Pick<Health, 'delay' | 'caughtUpAt'>, now: number): number | null {
  if (caughtUpAt === undefined) return delay ?? null;
  return caughtUpAt === null ? null : Math.max(0, now - caughtUpAt, delay ?? 0);
}
