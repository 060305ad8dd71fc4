import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lines, membersOf, type Rows } from '../../screens/feed/fold.ts';
import { type FeedItem, itemOf } from '../../src/state/feed.ts';
import { anEvent } from '../helpers/frames.tsx';

const item = (seq: number, key: number): FeedItem => ({ seq, key, event: anEvent({ dedupeKey: `${seq}`, time: seq * 1_000 }) });
/** `3x2`: newest sequence and count. */
const shown = (rows: Rows) =>
  Array.from({ length: rows.size }, (_, index) => {
    const row = rows.at(index);
    return row && (row.fold ? `${row.seq}x${row.fold.count}` : `${row.seq}`);
  });
const items = (...keys: readonly number[]) => keys.map((key, index) => item(index + 1, key));

describe('lines', () => {
  it('fold what says the same, at the place of the newest', () => {
    const lines = new Lines(true, items(7, 8, 7, 9, 7));
    expect(shown(lines)).toEqual(['2', '4', '5x3']);
    expect(lines.events).toBe(5);
    expect(lines.at(2)?.fold).toMatchObject({ count: 3, first: 1_000, last: 5_000 });
    expect(
      lines
        .at(2)
        ?.fold?.members()
        .map(({ seq }) => seq),
    ).toEqual([1, 3, 5]);
    expect(lines.at(3)).toBeUndefined();
    expect(lines.at(-1)).toBeUndefined();
  });

  it('show each event where they do not fold', () => {
    expect(shown(new Lines(false, items(7, 8, 7)))).toEqual(['1', '2', '3']);
  });

  it('let go of the oldest, and go with the last of theirs', () => {
    const all = items(7, 8, 7, 9);
    const lines = new Lines(true, all);
    const gone: string[][] = [];
    for (const oldest of all) {
      lines.dropOldest(oldest);
      gone.push(shown(lines).map(String));
    }
    expect(gone).toEqual([['2', '3', '4'], ['3', '4'], ['4'], []]);
    expect(lines.events).toBe(0);
  });

  it('take older events in front, and into the lines that there are', () => {
    const lines = new Lines(true, [item(10, 7), item(11, 8)]);
    lines.prepend([item(9, 8), item(8, 5), item(7, 5), item(6, 7), item(5, 4)]);
    expect(shown(lines)).toEqual(['5', '8x2', '10x2', '11x2']);
    expect(lines.items().map(({ seq }) => seq)).toEqual([5, 6, 7, 8, 9, 10, 11]);
    expect(lines.at(1)?.fold).toMatchObject({ first: 7_000, last: 8_000 });
  });

  it('let go of the newest when they hold too much', () => {
    const lines = new Lines(true, items(7, 8, 9, 8));
    expect(lines.trim({ events: 2, characters: 1_000 })).toBe(2);
    expect(shown(lines)).toEqual(['1', '3']);
    lines.prepend([item(0, 8)]);
    expect(shown(lines)).toEqual(['0', '1', '3']);
    const large = [1, 2, 3].map(seq => itemOf({ seq, event: anEvent({ row: { cmdline: `${seq}`.repeat(1_000) } }) }));
    const few = new Lines(true, large);
    expect(few.trim({ events: 9, characters: 2_500 })).toBe(1);
    expect(shown(few)).toEqual(['1', '2']);
  });

  it('stay as they are in a copy', () => {
    const lines = new Lines(true, items(7, 8, 7));
    const copy = lines.copy();
    lines.add(item(4, 8));
    lines.dropOldest(item(1, 7));
    expect(shown(lines)).toEqual(['3', '4x2']);
    copy.prepend([item(0, 8)]);
    expect(shown(copy)).toEqual(['2x2', '3x2']);
    expect(shown(lines)).toEqual(['3', '4x2']);
  });

  it('are found by an event of theirs', () => {
    const lines = new Lines(true, items(7, 8, 7));
    expect(lines.find(item(1, 7))).toBe(1);
    expect(lines.find(item(9, 9))).toBeUndefined();
    expect(new Lines(false, items(7, 8, 7)).find(item(1, 7))).toBe(0);
  });

  it('are what folding everything at once would give, whatever comes and goes', () => {
    const plainly = (held: readonly FeedItem[]) => {
      const byKey = new Map<number, FeedItem[]>();
      for (const one of held) byKey.set(one.key, [...(byKey.get(one.key) ?? []), one]);
      const groups = [...byKey.values()].sort((a, b) => (a.at(-1)?.seq ?? 0) - (b.at(-1)?.seq ?? 0));
      return groups.map(group => group.map(({ seq }) => seq));
    };
    const step = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 5 }) }, { weight: 1, arbitrary: fc.constant('drop' as const) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const lines = new Lines(true);
        const held: FeedItem[] = [];
        steps.forEach((what, index) => {
          if (what !== 'drop') {
            held.push(item(index + 1, what));
            lines.add(item(index + 1, what));
          } else {
            const oldest = held.shift();
            if (oldest) lines.dropOldest(oldest);
          }
          if (index % 3 === 0) expect(lines.size).toBe(plainly(held).length);
        });
        const rows = Array.from({ length: lines.size }, (_, index) => lines.at(index)).filter(row => row !== undefined);
        expect(rows.map(row => membersOf(row).map(({ seq }) => seq))).toEqual(plainly(held));
      }),
    );
  });
});
