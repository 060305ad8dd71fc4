import { describe, expect, it } from 'vitest';
import { count, counted, fullTime, shortTime } from '../../src/ui/format.ts';

const NOW = Date.UTC(2026, 10, 21, 3, 0, 0);
const berlin = () => 60;
const newfoundland = () => -210;

describe('short times', () => {
  it.each([
    ['today', Date.UTC(2026, 10, 21, 2, 59, 7), '   02:59:07'],
    ['the last second of yesterday', Date.UTC(2026, 10, 20, 23, 59, 59), '11-20 23:59'],
    ['tomorrow, by a clock that is ahead', Date.UTC(2026, 10, 22, 0, 1), '11-22 00:01'],
    ['before 1970', -1, '12-31 23:59'],
    ['beyond reason', 1e18, '??-?? ??:??'],
  ])('%s', (_, ms, text) => {
    expect(shortTime(ms, NOW, 'utc', berlin)).toBe(text);
  });

  it('take the day from the zone that is shown', () => {
    const late = Date.UTC(2026, 10, 20, 23, 30);
    expect(shortTime(late, NOW, 'utc', berlin)).toBe('11-20 23:30');
    expect(shortTime(late, NOW, 'local', berlin)).toBe('   00:30:00');
    expect(shortTime(late, NOW, 'local', newfoundland)).toBe('   20:00:00');
  });
});

describe('full times', () => {
  const at = Date.UTC(2026, 10, 21, 2, 59, 7, 42);

  it('say their zone', () => {
    expect(fullTime(at, 'utc', berlin)).toBe('2026-11-21 02:59:07.042 UTC');
    expect(fullTime(at, 'local', berlin)).toBe('2026-11-21 03:59:07.042 +01:00');
    expect(fullTime(at, 'local', newfoundland)).toBe('2026-11-20 23:29:07.042 -03:30');
  });

  it('do not break over a time beyond reason', () => {
    expect(fullTime(Number.NaN, 'utc', berlin)).toContain('????');
  });
});

describe('counts', () => {
  it('are grouped the same on every machine', () => {
    expect([0, 999, 1_000, 1_234_567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect(counted(1, 'event')).toBe('1 event');
    expect(counted(2_000, 'match', 'matches')).toBe('2,000 matches');
  });
});
