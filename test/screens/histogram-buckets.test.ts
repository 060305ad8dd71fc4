import { describe, expect, it } from 'vitest';
import { barMark, bucketOf, countsOf, SPANS, scaleOf } from '../../screens/histogram/buckets.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 21, 3, 4, 5);

describe('the scale', () => {
  it.each([
    ['1h', 60, MINUTE, 60],
    ['1h', 59, 2 * MINUTE, 30],
    ['6h', 60, 10 * MINUTE, 36],
    ['24h', 60, 30 * MINUTE, 48],
    ['7d', 60, 180 * MINUTE, 56],
    ['7d', 20, 720 * MINUTE, 14],
  ])('of %s in %d buckets at most is the finest that fits', (name, most, bucketMs, count) => {
    const span = SPANS.findIndex(known => known.name === name);
    expect(scaleOf(span, NOW, most)).toMatchObject({ bucketMs, count });
  });

  it('ends with the bucket that now is in, and its buckets begin at round times', () => {
    const { since, until, bucketMs, count } = scaleOf(1, NOW, 60);
    expect(new Date(until).toISOString()).toBe('2026-11-21T03:10:00.000Z');
    expect(until - since).toBe(bucketMs * count);
    expect(since % bucketMs).toBe(0);
  });

  it('knows the bucket of a time, or the nearest one', () => {
    const scale = scaleOf(0, NOW, 60);
    expect(bucketOf(NOW, scale)).toBe(59);
    expect(bucketOf(NOW - 5 * MINUTE, scale)).toBe(54);
    expect(bucketOf(0, scale)).toBe(0);
  });
});

describe('the counts', () => {
  it('stand in their buckets; what is outside is left out', () => {
    const scale = scaleOf(0, NOW, 6);
    const { high, low } = countsOf(
      [
        { at: scale.since, severity: 'high', events: 2 },
        { at: scale.since + 5 * scale.bucketMs, severity: 'high', events: 1 },
        { at: scale.until, severity: 'low', events: 9 },
      ],
      scale,
    );
    expect(high).toEqual([2, 0, 0, 0, 0, 1]);
    expect(low).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('a bar', () => {
  const column = (value: number, lines: number, unicode: boolean) =>
    Array.from({ length: lines }, (_, line) => barMark(value, 100, line, lines, unicode));

  it('is as high as its value, and one that is not nothing shows', () => {
    expect(column(100, 2, true)).toEqual(['█', '█']);
    expect(column(75, 2, true)).toEqual(['█', '▄']);
    expect(column(1, 2, true)).toEqual(['▁', ' ']);
    expect(column(0, 2, true)).toEqual([' ', ' ']);
  });

  it('is made of ASCII where there is nothing else', () => {
    expect(column(100, 2, false)).toEqual(['#', '#']);
    expect(column(1, 1, false)).toEqual(['.']);
    expect(column(50, 1, false)).toEqual([':']);
  });
});
