import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { first, jump, last, move, page, reanchor, settle } from '../../src/ui/list-state.ts';

const extent = { count: 100, height: 10 };

describe('a window on a list', () => {
  it('moves the cursor inside the window before it scrolls', () => {
    const down = move({ cursor: 8, top: 0 }, 1, extent);
    expect(down).toEqual({ cursor: 9, top: 0 });
    expect(move(down, 1, extent)).toEqual({ cursor: 10, top: 1 });
    expect(move({ cursor: 10, top: 1 }, -1, extent)).toEqual({ cursor: 9, top: 1 });
  });

  it('stops at both ends', () => {
    expect(move(first(), -5, extent)).toEqual({ cursor: 0, top: 0 });
    expect(move(last(extent), 5, extent)).toEqual({ cursor: 99, top: 90 });
  });

  it('pages with one line in common, and half pages', () => {
    expect(page({ cursor: 5, top: 0 }, 1, extent)).toEqual({ cursor: 14, top: 9 });
    expect(page({ cursor: 14, top: 9 }, -1, extent)).toEqual({ cursor: 5, top: 0 });
    expect(page({ cursor: 5, top: 0 }, 1, extent, 0.5)).toEqual({ cursor: 10, top: 5 });
  });

  it('fills the window when the list gets shorter', () => {
    expect(settle({ cursor: 99, top: 90 }, { count: 12, height: 10 })).toEqual({ cursor: 11, top: 2 });
    expect(settle({ cursor: 99, top: 90 }, { count: 0, height: 10 })).toEqual({ cursor: 0, top: 0 });
  });

  it('jumps without scrolling to what is on screen, and centres what is not', () => {
    expect(jump({ cursor: 3, top: 0 }, 7, extent)).toEqual({ cursor: 7, top: 0 });
    expect(jump({ cursor: 3, top: 0 }, 50, extent)).toEqual({ cursor: 50, top: 45 });
  });

  it('keeps the selected item on its line when others come above it', () => {
    const before = { cursor: 20, top: 15 };
    const after = reanchor(before, 27, extent);
    expect(after.cursor - after.top).toBe(before.cursor - before.top);
  });

  it('always shows the cursor, whatever is asked', () => {
    const sizes = fc.record({ count: fc.nat(50), height: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(fc.integer(), fc.integer(), sizes, (cursor, top, size) => {
        const settled = settle({ cursor, top }, size);
        expect(settled.cursor).toBeGreaterThanOrEqual(settled.top);
        expect(settled.cursor).toBeLessThan(settled.top + size.height);
        expect(settled.top).toBeGreaterThanOrEqual(0);
        expect(settled.cursor).toBeLessThan(Math.max(1, size.count));
        expect(settle(settled, size)).toEqual(settled);
      }),
    );
  });
});
