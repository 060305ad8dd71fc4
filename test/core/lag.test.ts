import { expect, it } from 'vitest';
import { lagOf } from '../../src/core/lag.ts';

it.each([
  ['a polled source is as far behind as its last end', { delay: 2_000, caughtUpAt: 90_000 }, 10_000],
  ['a delivery that took longer counts', { delay: 60_000, caughtUpAt: 99_000 }, 60_000],
  ['nothing is known before the first end', { delay: 2_000, caughtUpAt: null }, null],
  ['hosts that send are as late as their last delivery', { delay: 7_000 }, 7_000],
  ['nothing is known before the first delivery', { delay: null }, null],
  ['a clock that was set back makes no lag', { delay: 0, caughtUpAt: 200_000 }, 0],
])('%s', (_, health, lag) => {
  expect(lagOf(health, 100_000)).toBe(lag);
});
