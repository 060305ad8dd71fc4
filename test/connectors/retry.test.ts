import { describe, expect, it } from 'vitest';
import { retrying } from '../../src/connectors/retry.ts';
import type { Clock } from '../../src/core/ports.ts';
import { isAbort, Problem } from '../../src/core/problem.ts';

const passing = (retryAfterMs?: number) => new Problem('unreachable', 'busy', retryAfterMs === undefined ? {} : { retryAfterMs });

/** Notes how long it was asked to sleep, and lets that time pass at once. */
class NotingClock implements Clock {
  time = 0;
  readonly slept: number[] = [];
  now = () => this.time;
  sleep = async (ms: number, signal?: AbortSignal) => {
    if (signal?.aborted) throw new DOMException('stopped', 'AbortError');
    this.slept.push(ms);
    this.time += ms;
  };
}

/** Fails as often as there are problems, then gives 'done'. */
function failing(problems: readonly unknown[]): { run: () => Promise<string>; tries: () => number } {
  let tries = 0;
  const run = async () => {
    const problem = problems[tries++];
    if (problem) throw problem;
    return 'done';
  };
  return { run, tries: () => tries };
}

const signal = new AbortController().signal;

describe('retrying', () => {
  it('tries again after passing faults, waiting longer each time', async () => {
    const clock = new NotingClock();
    const { run, tries } = failing([passing(), passing(), passing()]);
    expect(await retrying(run, { clock, signal, baseMs: 1_000 })).toBe('done');
    expect(tries()).toBe(4);
    const [first = 0, second = 0, third = 0] = clock.slept;
    expect(first).toBeGreaterThanOrEqual(500);
    expect(first).toBeLessThanOrEqual(1_000);
    expect(second).toBeGreaterThanOrEqual(1_000);
    expect(second).toBeLessThanOrEqual(2_000);
    expect(third).toBeGreaterThanOrEqual(2_000);
    expect(third).toBeLessThanOrEqual(4_000);
  });

  it('gives up after the last try with what went wrong then', async () => {
    const last = passing();
    const { run, tries } = failing([passing(), last]);
    await expect(retrying(run, { clock: new NotingClock(), signal, attempts: 2 })).rejects.toBe(last);
    expect(tries()).toBe(2);
  });

  it.each([
    ['a lasting problem', new Problem('auth', 'no')],
    ['a refusal that says so', new Problem('unreachable', 'no', { transient: false })],
    ['an error of our own', new Error('bug')],
  ])('does not repeat %s', async (_, thrown) => {
    const { run, tries } = failing([thrown]);
    await expect(retrying(run, { clock: new NotingClock(), signal })).rejects.toBe(thrown);
    expect(tries()).toBe(1);
  });

  it('waits at least as long as the server asks', async () => {
    const clock = new NotingClock();
    await retrying(failing([passing(7_000)]).run, { clock, signal });
    expect(clock.slept).toEqual([7_000]);
  });

  it('does not wait when the server asks for more than the budget', async () => {
    const clock = new NotingClock();
    const busy = passing(60_000);
    await expect(retrying(failing([busy]).run, { clock, signal, budgetMs: 40_000 })).rejects.toBe(busy);
    expect(clock.slept).toEqual([]);
  });

  it('stays within its budget and tells each try what is left of it', async () => {
    const clock = new NotingClock();
    const left: number[] = [];
    const run = async ({ leftMs }: { leftMs: number }) => {
      left.push(leftMs);
      clock.time += 4_000;
      throw passing();
    };
    await expect(retrying(run, { clock, signal, attempts: 100, budgetMs: 10_000 })).rejects.toThrow('busy');
    expect(left[0]).toBe(10_000);
    expect(left.length).toBeLessThanOrEqual(3);
    for (const [index, ms] of left.entries()) expect(ms).toBeLessThanOrEqual(left[index - 1] ?? 10_000);
  });

  it('does nothing when it was stopped before, and stops while it waits', async () => {
    const { run, tries } = failing([]);
    await expect(retrying(run, { clock: new NotingClock(), signal: AbortSignal.abort() })).rejects.toSatisfy(isAbort);
    expect(tries()).toBe(0);
    const stop = new AbortController();
    const stopped = async () => {
      stop.abort();
      throw passing();
    };
    await expect(retrying(stopped, { clock: new NotingClock(), signal: stop.signal })).rejects.toSatisfy(isAbort);
  });
});
