import { describe, expect, it } from 'vitest';
import { Gate } from '../../../src/connectors/direct/gate.ts';
import { FakeClock, settle } from '../../helpers/fake-clock.ts';

function place() {
  const clock = new FakeClock();
  const gate = new Gate(clock, 100, 500);
  const inside: string[] = [];
  const leave = new Map<string, () => void>();
  /** Goes in and stays until `leave` is called. */
  const come = (name: string, size: number) =>
    gate.through(size, async () => {
      inside.push(name);
      await new Promise<void>(resolve => leave.set(name, resolve));
      inside.splice(inside.indexOf(name), 1);
      return name;
    });
  return { clock, gate, inside, leave, come };
}

describe('a gate', () => {
  it('lets in as many as there is room for, and the next ones in order when others have left', async () => {
    const { inside, leave, come } = place();
    const works = [come('a', 40), come('b', 40), come('c', 40), come('d', 10)];
    await settle();
    expect(inside).toEqual(['a', 'b']);
    leave.get('b')?.();
    await settle();
    expect(inside).toEqual(['a', 'c', 'd']);
    for (const go of leave.values()) go();
    await settle();
    for (const go of leave.values()) go();
    expect(await Promise.all(works)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps half of its room from one who is too large for it', async () => {
    const { inside, come } = place();
    void come('huge', 1_000);
    void come('small', 50);
    await settle();
    expect(inside).toEqual(['huge', 'small']);
  });

  it('turns away who waited too long, and nobody else', async () => {
    const { clock, inside, leave, come } = place();
    void come('a', 50);
    void come('b', 50);
    const late = come('late', 10);
    await clock.advance(499);
    const next = come('next', 10);
    await clock.advance(1);
    expect(await late).toBeUndefined();
    leave.get('a')?.();
    await settle();
    expect(inside).toEqual(['b', 'next']);
    leave.get('next')?.();
    expect(await next).toBe('next');
    expect(clock.sleeping).toBe(0);
  });

  it('has its room back from work that failed', async () => {
    const { gate, inside, come } = place();
    await expect(gate.through(50, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    void come('a', 50);
    void come('b', 50);
    await settle();
    expect(inside).toEqual(['a', 'b']);
  });
});
