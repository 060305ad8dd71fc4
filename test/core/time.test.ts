import { describe, expect, it } from 'vitest';
import { isoUtc, parseSpan, parseTime, shortAge } from '../../src/core/time.ts';

const NOW = Date.UTC(2026, 6, 29, 12, 0, 0);

describe('parseSpan', () => {
  it.each([
    ['45s', 45_000],
    ['30m', 1_800_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(parseSpan(text)).toBe(ms);
  });

  it.each(['', '30', 'm', '-5m', '+5m', '1.5h', '5 m', '5M', '5m\n', ' 5m', '05m', '1h30m', '5y', '５m', '9999999999d'])(
    'refuses %j',
    text => {
      expect(parseSpan(text)).toBeUndefined();
    },
  );
});

describe('parseTime', () => {
  it.each([
    ['30m', NOW - 1_800_000],
    ['1785312000', 1_785_312_000_000],
    ['0', 0],
    ['2026-07-29T11:00:00Z', NOW - 3_600_000],
    ['2026-07-29t11:00:00z', NOW - 3_600_000],
    ['2026-07-29 11:00:00Z', NOW - 3_600_000],
    ['2026-07-29T13:30:00+02:30', NOW - 3_600_000],
    ['2026-07-29T06:00:00-05:00', NOW - 3_600_000],
    ['2026-07-29T11:00:00.123456Z', NOW - 3_600_000 + 123],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('reads %s', (text, ms) => {
    expect(parseTime(text, NOW)).toBe(ms);
  });

  it.each([
    '',
    'now',
    'yesterday',
    '2026-07-29',
    '2026-07-29T11:00:00',
    '2026-07-29T11:00Z',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-07-29T24:00:00Z',
    '2026-07-29T11:60:00Z',
    '2026-07-29T11:00:00+24:00',
    '2026-07-29T11:00:00Z\n',
    '1e9',
    '-1',
    '+1',
    '1785312000.5',
    '01785312000',
    '0x10',
    '１７８５３１２０００',
  ])('refuses %j', text => {
    expect(parseTime(text, NOW)).toBeUndefined();
  });
});

describe('isoUtc', () => {
  it('writes RFC 3339 in UTC', () => {
    expect(isoUtc(NOW + 7)).toBe('2026-07-29T12:00:00.007Z');
  });

  it('writes the nearest time there is for what no calendar holds', () => {
    expect(isoUtc(9e99)).toBe('9999-12-31T23:59:59.999Z');
    expect(isoUtc(-9e99)).toBe('0000-01-01T00:00:00.000Z');
    expect(isoUtc(Number.NaN)).toBe('1970-01-01T00:00:00.000Z');
  });
});

describe('shortAge', () => {
  it.each([
    [-5_000, '0s'],
    [0, '0s'],
    [12_999, '12s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [3_599_999, '59m'],
    [4 * 3_600_000, '4h'],
    [86_399_999, '23h'],
    [2 * 86_400_000, '2d'],
    [400 * 86_400_000, '400d'],
  ])('%d ms is %s', (ms, text) => {
    expect(shortAge(ms)).toBe(text);
  });
});
