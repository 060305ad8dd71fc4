import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AllowlistError } from '../../src/core/problem.ts';
import { renderSql } from '../../src/core/render-sql.ts';
import type { ParamValue } from '../../src/core/template.ts';

const render = (sql: string, params: Record<string, ParamValue>) => renderSql({ name: 't', sql }, params);
const database = new DatabaseSync(':memory:');
const first = (sql: string) => ({ ...database.prepare(sql).get() });

/** Everything SQLite can hold in a text: quotes, comments, marks, brackets, any Unicode; no NUL, no half pair. */
const value = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({
      unit: fc.constantFrom("'", '"', '`', '[', ']', '-', '/', '*', ';', ':', 'a', '\\', '\n', '%', '?', '@', '$', 'é', '漢', '\u0301'),
      maxLength: 60,
    }),
    fc.constantFrom("'; DROP TABLE t; --", "' OR '1'='1", "/tmp' UNION SELECT 1,2 --", '*/', '--', "''", ':b', "x'00'"),
  )
  .filter(text => !text.includes('\0') && text.isWellFormed());

describe('renderSql', () => {
  it('puts literals in place of marks', () => {
    expect(render('SELECT * FROM file WHERE path = :path LIMIT :limit', { path: "/tmp/O'Brien", limit: 10 })).toBe(
      "SELECT * FROM file WHERE path = '/tmp/O''Brien' LIMIT 10",
    );
  });

  it('leaves what looks like a mark alone in strings, quoted names and comments', () => {
    const sql = 'SELECT \':a\', "b:a", [c:a], `d:a` -- :a\n/* :a */ , :a';
    expect(render(sql, { a: 1 })).toBe('SELECT \':a\', "b:a", [c:a], `d:a` -- :a\n/* :a */ , 1');
  });

  it('puts a value in wherever its mark stands', () => {
    expect(first(render('SELECT :a AS x, :b AS y, :a AS z', { a: ':b', b: 2 }))).toEqual({ x: ':b', y: 2, z: ':b' });
  });

  it('never lets a literal run into its neighbours', () => {
    expect(first(render('SELECT 3-:n AS a LIMIT:m', { n: -5, m: 1 }))).toEqual({ a: 8 });
    expect(render('SELECT x:t', { t: '00' })).toBe("SELECT x '00'");
    expect(render('SELECT :a:b', { a: 'one', b: 'two' })).toBe("SELECT 'one'  'two'");
    expect(render("SELECT :a'b'", { a: 'one' })).toBe("SELECT 'one' 'b'");
  });

  it.each<[string, string, Record<string, ParamValue>]>([
    ['a mark without a value', 'SELECT :a', {}],
    ['a mark that is only inherited', 'SELECT :constructor', {}],
    ['a value without a mark', 'SELECT 1', { a: 1 }],
    ['a value whose mark stands in a string', "SELECT ':a'", { a: 1 }],
    ['other kinds of marks', 'SELECT @a', { a: 1 }],
    ['numbered marks', 'SELECT ?1', { a: 1 }],
    ['two statements', 'SELECT :a; SELECT 1', { a: 1 }],
    ['a string that does not end', "SELECT :a, 'x", { a: 1 }],
    ['a comment that does not end', 'SELECT :a /* x', { a: 1 }],
    ['NUL in a value', 'SELECT :a', { a: 'x\0y' }],
    ['half a surrogate pair', 'SELECT :a', { a: '\ud800' }],
    ['a fraction', 'SELECT :a', { a: 1.5 }],
    ['a number that is none', 'SELECT :a', { a: Number.NaN }],
    ['a number beyond what is exact', 'SELECT :a', { a: 2 ** 53 }],
  ])('refuses %s', (_, sql, params) => {
    expect(() => render(sql, params)).toThrow(AllowlistError);
  });

  it('gives back every text unchanged, and nothing beside it is touched', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const sql = render('SELECT :a AS a, 7 AS seven, :b AS b, 1 AS one WHERE :a IS NOT NULL -- :a', { a, b });
        expect(first(sql)).toEqual({ a, seven: 7, b, one: 1 });
      }),
      { numRuns: 500 },
    );
  });

  it('gives back every whole number unchanged', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), n => {
        expect(first(render('SELECT 0+:n AS n', { n }))).toEqual({ n });
      }),
    );
  });

  it('keeps 100 kB of hostile text inside its literal', () => {
    for (const piece of ["'", "''; --", '*/ /*', '"; ', '\u{1f469}\u0301']) {
      const long = piece.repeat(Math.ceil(100_000 / piece.length));
      expect(first(render('SELECT :a AS a', { a: long })).a === long).toBe(true);
    }
  });
});
