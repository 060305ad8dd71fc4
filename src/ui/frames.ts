/** When streaming data is shown: at most so many times a second, and never faster than the link takes it. */
import type { Schedule } from '../state/store.ts';

/** Repaints a second of data that streams. */
const FRAMES_PER_SECOND = 10;

/** The part of a stdout that says whether the link keeps up. */
export type Drain = {
  readonly writableNeedDrain?: boolean;
  once(event: 'drain', listener: () => void): unknown;
};

/**
 * A schedule for `createState`. The first change after a quiet time is shown at once; while the terminal has not taken the
 * last frame yet, nothing is drawn: frames are dropped, data never is.
 */
export function paintSchedule(stdout: Drain, framesPerSecond = FRAMES_PER_SECOND): Schedule {
  const gapMs = 1_000 / framesPerSecond;
  const due = new Set<() => void>();
  let resting = true;

  const paint = () => {
    if (due.size === 0) {
      resting = true;
      return;
    }
    if (stdout.writableNeedDrain) {
      stdout.once('drain', paint);
      return;
    }
    const flushes = [...due];
    due.clear();
    for (const flush of flushes) flush();
    setTimeout(paint, gapMs);
  };
  return flush => {
    due.add(flush);
    if (!resting) return;
    resting = false;
    setTimeout(paint, 0);
  };
}
