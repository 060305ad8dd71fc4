import { describe, expect, it, vi } from 'vitest';
import { repeat } from '../../src/cli/repeat.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

describe('what is done again and again', () => {
  it('goes on until it is stopped', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const work = vi.fn();
    const ended = repeat(work, { clock, everyMs: 1_000, signal: stop.signal, failed: () => undefined });
    await clock.advance(3_500);
    expect(work).toHaveBeenCalledTimes(3);
    stop.abort();
    await expect(ended).resolves.toBeUndefined();
    await clock.advance(3_000);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('tells a failure once, until it has worked again', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const failures = [true, true, false, true];
    const failed = vi.fn();
    const work = () => {
      if (failures.shift()) throw new Error('full');
    };
    const ended = repeat(work, { clock, everyMs: 1_000, signal: stop.signal, failed });
    await clock.advance(2_000);
    expect(failed).toHaveBeenCalledTimes(1);
    await clock.advance(2_000);
    expect(failed).toHaveBeenCalledTimes(2);
    stop.abort();
    await ended;
  });
});
