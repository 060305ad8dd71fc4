import { describe, expect, it } from 'vitest';
import { MAX_TESTED, regexFault, safeRegex } from '../../../src/core/rules/safe-regex.ts';

describe('regexFault', () => {
  it.each(['^a{0,40}b$', '(a|b)?c', '[\\]x*+]{1,5}', '\\.ko(\\.xz)?$', 'a{3}', '\\d{1,10}', '(?:x|y)z', ''])('allows %j', pattern => {
    expect(regexFault(pattern)).toBeUndefined();
  });

  it.each([
    ['a*', 'no end'],
    ['a+', 'no end'],
    ['a{2,}', 'no end'],
    ['(a{0,9}){0,9}', 'repeated by \\? only'],
    ['(a+)+$', 'no end'],
    ['(?=a)', 'may begin with'],
    ['(?<n>a)', 'may begin with'],
    ['(a)\\1', 'references back'],
    ['.{0,200}x.{0,200}', '40401 ways'],
    ['(a|b', 'Unterminated group|Invalid'],
    ['x'.repeat(501), 'at most 500'],
    ['a{5,2}', 'out of order'],
  ])('refuses %j, and says why', (pattern, words) => {
    expect(regexFault(pattern)).toMatch(new RegExp(words));
  });
});

describe('safeRegex', () => {
  it('ignores case, and looks at the beginning of a long text', () => {
    expect(safeRegex('^abc$')('ABC')).toBe(true);
    expect(safeRegex('z')(`${'a'.repeat(MAX_TESTED - 1)}z`)).toBe(true);
    expect(safeRegex('z')(`${'a'.repeat(MAX_TESTED)}z`)).toBe(false);
  });

  it('throws for a pattern that could run away', () => {
    expect(() => safeRegex('(a+)+$')).toThrow('no end');
  });
});
