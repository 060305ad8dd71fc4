import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clean, cleanMultiline, cleanRow, MAX_CELL, MAX_COLUMNS, safeJson } from '../../src/core/sanitize.ts';

/** What a terminal would obey, join or hide. */
const DANGEROUS = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

const text = fc.string({ unit: 'binary', maxLength: 60 });
const hostile = fc.string({
  unit: fc.constantFrom(
    'a',
    ' ',
    '\u001b',
    ']',
    '[',
    '0',
    ';',
    '\u0007',
    '\\',
    '\u009b',
    '\u202e',
    '\u200d',
    '👩',
    '\ufe0f',
    '\u0301',
    '\ud800',
    '\n',
  ),
  maxLength: 40,
});

describe('clean', () => {
  it.each([
    ['a clipboard write', 'ok\u001b]52;c;cm0=\u0007end', 'ok␛]52;c;cm0=␇end'],
    ['a title by its 8-bit form', 'ok\u009d0;pwned\u009cend', 'ok␛]0;pwned␛\\end'],
    ['an escape that never ends', 'ok\u001b]0;swallows the rest', 'ok␛]0;swallows the rest'],
    ['a hyperlink', '\u001b]8;;http://evil.example\u0007web\u001b]8;;\u0007', '␛]8;;http://evil.example␇web␛]8;;␇'],
    ['a cleared screen', 'ok\u001b[2J', 'ok␛[2J'],
    ['an 8-bit CSI', 'ok\u009b2J', 'ok␛[2J'],
    ['concealed text', '\u001b[8m hidden', '␛[8m hidden'],
    ['a device control string', '\u001bPq#0\u001b\\', '␛Pq#0␛\\'],
    ['a full reset', 'ok\u001bcend', 'ok␛cend'],
    ['an overwriting carriage return', 'safe-host\rFAKE', 'safe-host␍FAKE'],
    ['backspaces', 'abc\b\bxy', 'abc␈␈xy'],
    ['NUL', 'a\0b', 'a␀b'],
    ['DEL', 'a\u007fb', 'a␡b'],
    ['a tab', 'a\tb', 'a␉b'],
    ['line breaks of every kind', 'a\nb\r\nc\u0085d\u2028e\u2029f', 'a⏎b⏎c⏎d⏎e⏎f'],
    ['text turned around', 'invoice\u202efdp.exe', 'invoice·fdp.exe'],
    ['bidi isolates', 'a\u2066b\u2069', 'a·b·'],
    ['a zero-width space in a name', 'ad\u200bmin', 'ad·min'],
    ['a joiner between letters', 'ad\u200dmin', 'ad·min'],
    ['a soft hyphen', 'ad\u00admin', 'ad·min'],
    ['tag characters', 'x\u{e0041}\u{e0042}y', 'x··y'],
    ['hangul filler and braille blank', 'a\u3164b\u2800', 'a·b·'],
    ['half a surrogate pair', 'a\ud800b', 'a·b'],
    ['a private use character', 'a\ue0b0b', 'a·b'],
    ['odd spaces', 'a\u00a0b\u3000c', 'a b c'],
    ['a pile of marks', `a${'\u0301'.repeat(200)}b`, 'a\u0301\u0301b'],
    ['a mark that would join what stands before it', '\u0301x', '◌\u0301x'],
  ])('shows %s', (_, raw, shown) => {
    expect(clean(raw)).toBe(shown);
  });

  it('leaves ordinary text of any language alone', () => {
    for (const plain of ['web-1.example.com', 'Zoë', '漢字', 'שלום-web1', 'отдел', 'ไทย', '🇺🇸', '']) expect(clean(plain)).toBe(plain);
  });

  it('takes emoji apart, whose joined width terminals disagree about', () => {
    expect(clean('a👩\u200d👩\u200d👧b')).toBe('a👩👩👧b');
    expect(clean('❤\ufe0f\u200d🔥')).toBe('❤🔥');
  });

  it('cuts at the limit with a mark, and never through a character', () => {
    expect(clean('abcdef', 3)).toBe('abc…');
    expect(clean('abc', 3)).toBe('abc');
    expect(clean('ab😀cd', 3)).toBe('ab…');
    expect(clean('x'.repeat(10_000))).toHaveLength(4_097);
  });

  it('never lets anything dangerous through, whatever the input', () => {
    fc.assert(fc.property(fc.oneof(text, hostile), raw => !DANGEROUS.test(clean(raw))));
  });

  it('changes nothing when applied again', () => {
    fc.assert(fc.property(fc.oneof(text, hostile), raw => clean(clean(raw)) === clean(raw)));
  });
});

describe('cleanMultiline', () => {
  it('keeps line breaks and marks the rest', () => {
    expect(cleanMultiline('a\nb\r\nc\u001b[2J\rd')).toBe('a\nb\nc␛[2J␍d');
  });
});

describe('cleanRow', () => {
  it('makes every value text and keeps null', () => {
    expect(cleanRow({ pid: 12, on: true, path: '/bin/sh', gone: null, list: [1, { a: '\u001b' }] })).toEqual({
      pid: '12',
      on: 'true',
      path: '/bin/sh',
      gone: null,
      list: '[1,{"a":"\\u001b"}]',
    });
  });

  it('marks newlines and escapes in names and values', () => {
    expect(cleanRow({ 'na\u001b[2Jme': 'one\ntwo' })).toEqual({ 'na␛[2Jme': 'one⏎two' });
  });

  it('keeps both of two columns whose cleaned names are the same', () => {
    expect(cleanRow({ 'a\u200b': '1', 'a\u200c': '2', a·: '3' })).toEqual({ a·: '1', 'a· (2)': '2', 'a· (3)': '3' });
  });

  it('cannot be given a prototype or a method by a column name', () => {
    const row = cleanRow(JSON.parse('{"__proto__":"x","constructor":"y","toString":"z"}'));
    expect(row).toEqual({ '·__proto__': 'x', '·constructor': 'y', '·toString': 'z' });
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
  });

  it('caps cells and columns with a visible mark', () => {
    expect(cleanRow({ big: 'x'.repeat(MAX_CELL + 1) })?.big).toBe(`${'x'.repeat(MAX_CELL)}…`);
    const wide = cleanRow(Object.fromEntries(Array.from({ length: MAX_COLUMNS + 5 }, (_, at) => [`c${at}`, 'v'])));
    expect(Object.keys(wide ?? {})).toHaveLength(MAX_COLUMNS + 1);
    expect(wide?.['…']).toBe('5 more columns cut');
  });

  it('survives a value nested deeper than JSON can be written', () => {
    const deep = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
    expect(cleanRow({ deep })?.deep).toMatch(/^\(unreadable: /);
  });

  it('is undefined for what is no row', () => {
    for (const value of [null, undefined, 'x', 3, [], [['a', 'b']]]) expect(cleanRow(value)).toBeUndefined();
  });
});

describe('safeJson', () => {
  it('escapes what JSON leaves dangerous', () => {
    expect(safeJson({ a: '\u009b2J\u202e\u200b\u2028\u007f\u{e0041}' })).toBe(
      '{"a":"\\u009b2J\\u202e\\u200b\\u2028\\u007f\\udb40\\udc41"}',
    );
  });

  it('indents on request', () => {
    expect(safeJson({ a: [1] }, 2)).toBe('{\n  "a": [\n    1\n  ]\n}');
  });

  it('keeps the meaning and lets nothing dangerous through', () => {
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, hostile)), value => {
        const json = safeJson(value);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(json).not.toMatch(DANGEROUS);
      }),
    );
  });
});
