import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { cells, cut, cutSegments, fit as fitCells, graphemes, skipCells, wrapCells } from '../../src/ui/cells.ts';

const FAMILY = '👨‍👩‍👧';
const FLAG = '🇩🇪';
const text = fc.string({ unit: 'grapheme', maxLength: 60 });

describe('cut', () => {
  it.each([
    ['web-1', 8, 'web-1'],
    ['web-1', 5, 'web-1'],
    ['web-10', 5, 'web-…'],
    ['web', 0, ''],
    ['日本語', 6, '日本語'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    [`${FAMILY}x`, 3, `${FAMILY}x`],
    [`a${FAMILY}b`, 3, 'a…'],
    [`${FLAG}${FLAG}`, 3, `${FLAG}…`],
  ])('%j in %i cells is %j', (whole, width, expected) => {
    expect(cut(whole, width)).toBe(expected);
  });

  it('never exceeds its width and never splits a grapheme', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 40 }), (whole, width) => {
        const short = cut(whole, width);
        expect(cells(short)).toBeLessThanOrEqual(width);
        const kept = short === whole ? short : short.replace(/…$/, '');
        expect([...graphemes(whole)].slice(0, [...graphemes(kept)].length).join('')).toBe(kept);
      }),
    );
  });
});

describe('fit', () => {
  it('fills to exactly its width, at either side', () => {
    expect(fitCells('ab', 4)).toBe('ab  ');
    expect(fitCells('ab', 4, 'right')).toBe('  ab');
    expect(fitCells('日本語', 4)).toBe('日… ');
  });

  it('is exact for any text', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (whole, width) => {
        expect(stringWidth(fitCells(whole, width))).toBe(width);
      }),
    );
  });
});

describe('skipCells', () => {
  it('leaves a space where a wide character is cut', () => {
    expect(skipCells('abcdef', 2)).toBe('cdef');
    expect(skipCells('日本語', 2)).toBe('本語');
    expect(skipCells('日本語', 3)).toBe(' 語');
    expect(skipCells('ab', 5)).toBe('');
  });
});

describe('wrapCells', () => {
  it('breaks at spaces, and inside words that are too long', () => {
    expect(wrapCells('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapCells('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrapCells('日本語テキスト', 6)).toEqual(['日本語', 'テキス', 'ト']);
    expect(wrapCells('', 4)).toEqual(['']);
  });

  it('keeps every letter, and no line is too wide', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 30 }), (whole, width) => {
        const lines = wrapCells(whole, width);
        // A grapheme that is wider than the line has a line of its own.
        for (const line of lines) if ([...graphemes(line)].length > 1) expect(cells(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(whole.replaceAll(' ', ''));
      }),
    );
  });
});

describe('cutSegments', () => {
  it('cuts the piece that does not fit and drops what follows', () => {
    const pieces = [{ text: 'ab', tone: 'ok' as const }, { text: 'cdef' }, { text: 'gh' }];
    expect(cutSegments(pieces, 8)).toEqual(pieces);
    expect(cutSegments(pieces, 4)).toEqual([{ text: 'ab', tone: 'ok' }, { text: 'c…' }]);
    expect(cutSegments(pieces, 2)).toEqual([{ text: 'ab', tone: 'ok' }]);
  });
});
