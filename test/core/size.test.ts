import { describe, expect, it } from 'vitest';
import { parseSize, shortSize } from '../../src/core/size.ts';

describe('parseSize', () => {
  it.each([
    ['2GB', 2e9],
    ['1.5 gb', 1.5e9],
    ['500MB', 5e8],
    ['2GiB', 2 ** 31],
    ['10B', 10],
    ['64kib', 65_536],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['2', 'GB', '-1GB', '1e9B', '2G', '2 G B', '', '2GB2'])('refuses %j', text => {
    expect(parseSize(text)).toBeUndefined();
  });
});

describe('shortSize', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_234, '1.2 kB'],
    [45_600_000, '46 MB'],
    [2_000_000_000, '2.0 GB'],
  ])('writes %d', (bytes, text) => {
    expect(shortSize(bytes)).toBe(text);
  });
});
