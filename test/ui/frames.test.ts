import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { paintSchedule } from '../../src/ui/frames.ts';

class Link extends EventEmitter {
  writableNeedDrain = false;
}

let link: Link;

beforeEach(() => {
  vi.useFakeTimers();
  link = new Link();
});
afterEach(() => void vi.useRealTimers());

describe('the schedule of repaints', () => {
  it('shows the first change after a quiet time at once', () => {
    const flush = vi.fn();
    paintSchedule(link)(flush);
    vi.advanceTimersByTime(0);
    expect(flush).toHaveBeenCalledTimes(1);
  });

  it('merges what changes in between, ten times a second', () => {
    const schedule = paintSchedule(link, 10);
    const flush = vi.fn();
    for (let ms = 0; ms < 1_000; ms += 1) {
      schedule(flush);
      vi.advanceTimersByTime(1);
    }
    expect(flush.mock.calls.length).toBeGreaterThanOrEqual(9);
    expect(flush.mock.calls.length).toBeLessThanOrEqual(11);
  });

  it('draws nothing while the link does not keep up, and goes on when it does', () => {
    const schedule = paintSchedule(link);
    const flush = vi.fn();
    link.writableNeedDrain = true;
    schedule(flush);
    vi.advanceTimersByTime(5_000);
    schedule(flush);
    vi.advanceTimersByTime(5_000);
    expect(flush).not.toHaveBeenCalled();
    link.writableNeedDrain = false;
    link.emit('drain');
    expect(flush).toHaveBeenCalledTimes(1);
  });

  it('leaves no timer behind when nothing changes', () => {
    paintSchedule(link)(() => undefined);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
