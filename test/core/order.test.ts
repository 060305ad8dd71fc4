import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellOrder } from '../../src/core/order.ts';

const sorted = (cells: (string | null)[], direction: 'asc' | 'desc' = 'asc') => cells.toSorted(cellOrder(direction));

describe('cellOrder', () => {
  it('puts numbers in the order of their values', () => {
    expect(sorted(['10', '9', '-2', '1.5', '100'])).toEqual(['-2', '1.5', '9', '10', '100']);
    expect(sorted(['18446744073709551615', '18446744073709551614'])).toEqual(['18446744073709551614', '18446744073709551615']);
  });

  it('reads numbers inside of texts as numbers', () => {
    expect(sorted(['web-10', 'Web-2', 'web-1'])).toEqual(['web-1', 'Web-2', 'web-10']);
    expect(sorted(['10.0.0.10', '10.0.0.9'])).toEqual(['10.0.0.9', '10.0.0.10']);
  });

  it('puts numbers before texts, and turns both around', () => {
    expect(sorted(['b', '2', 'a', '1'])).toEqual(['1', '2', 'a', 'b']);
    expect(sorted(['b', '2', 'a', '1'], 'desc')).toEqual(['b', 'a', '2', '1']);
  });

  it('keeps empty cells last in either direction', () => {
    expect(sorted(['', '1', null, 'a'])).toEqual(['1', 'a', '', null]);
    expect(sorted(['', '1', null, 'a'], 'desc')).toEqual(['a', '1', '', null]);
  });

  it('is an order, whatever the cells', () => {
    const cell = fc.oneof(fc.constantFrom(null, '', '1', '01', '1.0', '-1', '1e3', 'a1', 'A01'), fc.string({ maxLength: 4 }));
    const order = cellOrder('asc');
    fc.assert(
      fc.property(cell, cell, cell, (a, b, c) => {
        expect(Math.sign(order(a, b)) + Math.sign(order(b, a))).toBe(0);
        if (order(a, b) <= 0 && order(b, c) <= 0) expect(order(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
