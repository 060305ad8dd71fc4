import { describe, expect, it } from 'vitest';
import { cells } from '../../src/ui/cells.ts';
import {
  columnWidths,
  columnWindow,
  headSegments,
  moveColumn,
  rowSegments,
  TABLE_START,
  type TableSource,
} from '../../src/ui/table-state.ts';

const table = (columns: readonly string[], rows: ReadonlyArray<ReadonlyArray<string | null>>): TableSource => ({
  columns,
  count: rows.length,
  cell: (row, column) => rows[row]?.[column] ?? null,
});

const processes = table(
  ['host', 'pid', 'cmdline', 'path'],
  [
    ['web-1', '1', '/sbin/init splash', '/usr/lib/systemd/systemd'],
    ['web-1', '812', 'nc -l 4444', null],
    ['日本語', '7', '', '/bin/x'],
  ],
);

const textOf = (segments: ReadonlyArray<{ readonly text: string }>) => segments.map(({ text }) => text).join('');

describe('a large table', () => {
  it('makes columns as wide as their names and values, within bounds', () => {
    expect(columnWidths(processes)).toEqual([6, 3, 17, 24]);
    const wide = table(['a', 'b'], [['x'.repeat(300), '']]);
    expect(columnWidths(wide)).toEqual([40, 3]);
  });

  it('looks at a sample of the rows only', () => {
    let reads = 0;
    const endless: TableSource = {
      columns: ['pid'],
      count: 200_000,
      cell: row => {
        reads += 1;
        return String(row);
      },
    };
    columnWidths(endless);
    expect(reads).toBeLessThan(1_000);
  });

  it('moves the cursor by columns and stops at the ends', () => {
    const right = moveColumn(TABLE_START, 1, 4);
    expect(right.column).toBe(1);
    expect(moveColumn(right, 9, 4).column).toBe(3);
    expect(moveColumn(right, -9, 4).column).toBe(0);
  });

  it('scrolls until the selected column is on screen', () => {
    const widths = [6, 3, 17, 24];
    expect(columnWindow(TABLE_START, widths, 30)).toEqual({ pinned: 0, first: 0, end: 3 });
    const last = { ...TABLE_START, column: 3 };
    expect(columnWindow(last, widths, 30)).toEqual({ pinned: 0, first: 3, end: 4 });
    expect(columnWindow({ ...TABLE_START, column: 2 }, widths, 30).first).toBe(1);
  });

  it('shows a column that is wider than the screen from its beginning', () => {
    expect(columnWindow({ ...TABLE_START, column: 1 }, [10, 200], 30)).toEqual({ pinned: 0, first: 1, end: 2 });
  });

  it('lines heads and values up, whatever their letters', () => {
    const widths = columnWidths(processes);
    const window = columnWindow(TABLE_START, widths, 80);
    const lines = [0, 1, 2].map(row => rowSegments(processes, row, TABLE_START, window, widths));
    expect(new Set(lines.map(line => cells(textOf(line)))).size).toBe(1);
    expect(textOf(headSegments(processes, TABLE_START, window, widths))).toMatch(/^ host {4}pid {2}cmdline +path/);
  });

  it('marks the cell under the cursor, and tells a missing value from an empty one', () => {
    const widths = columnWidths(processes);
    const at = { ...TABLE_START, cursor: 1, column: 3 };
    const row = rowSegments(processes, 1, at, columnWindow(at, widths, 80), widths);
    const cell = row.find(({ tone }) => tone === 'cursor');
    expect(cell?.text.trimEnd()).toBe('·');
    expect(row.filter(({ tone }) => tone === 'cursor')).toHaveLength(1);
    const empty = rowSegments(processes, 2, at, columnWindow(at, widths, 80), widths);
    expect(textOf(empty)).not.toContain('·');
  });

  it('has no window without columns', () => {
    expect(columnWindow(TABLE_START, [], 80)).toEqual({ pinned: 0, first: 0, end: 0 });
  });
});

it('keeps pinned columns on screen while the others scroll', () => {
  const widths = [8, 20, 20, 20, 20];
  const at = (column: number) => columnWindow({ ...TABLE_START, column }, widths, 56, 1);
  expect(at(1)).toEqual({ pinned: 1, first: 1, end: 4 });
  expect(at(4)).toEqual({ pinned: 1, first: 3, end: 5 });
  const source = { columns: ['host', 'a', 'b', 'c', 'd'], pinned: 1, count: 1, cell: (_row: number, column: number) => `v${column}` };
  const line = rowSegments(source, 0, { ...TABLE_START, column: 4 }, at(4), widths)
    .map(segment => segment.text)
    .join('');
  expect(line).toMatch(/^v0 +v3 +v4/);
});
