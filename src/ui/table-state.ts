/** A cursor on a cell of a large table. Rows move as in any list (`list-state`); columns by `moveColumn`. Pure. */
import { cells, fit } from './cells.ts';
import { LIST_START, type ListState } from './list-state.ts';
import type { Segment } from './theme.ts';

export type TableState = ListState & {
  /** Index of the selected column. */
  readonly column: number;
  /** Index of the first column on screen, as far as it is not moved to show the selected one. */
  readonly left: number;
};

export const TABLE_START: TableState = { ...LIST_START, column: 0, left: 0 };

/** Rows by index: nothing is copied, so it may have any number of them. */
export type TableSource = {
  readonly columns: readonly string[];
  /** So many columns at the left stay on screen while the others scroll. */
  readonly pinned?: number;
  readonly count: number;
  /** null where the row has no such column. */
  cell(row: number, column: number): string | null;
};

/** Moves the cursor by columns and stops at the ends. */
export function moveColumn(table: TableState, by: number, columns: number): TableState {
  const column = Math.max(0, Math.min(columns - 1, table.column + by));
  return { ...table, column, left: Math.min(table.left, column) };
}

/** Rows that are looked at for the widths of columns. */
const SAMPLE = 200;
const MIN_WIDTH = 3;
const MAX_WIDTH = 40;
const GAP = '  ';

/** Cells for each column: as wide as its name and its first values need, within bounds. */
export function columnWidths({ columns, count, cell }: TableSource): readonly number[] {
  const rows = Math.min(count, SAMPLE);
  return columns.map((name, column) => {
    let width = Math.max(MIN_WIDTH, cells(name));
    for (let row = 0; row < rows && width < MAX_WIDTH; row++) width = Math.max(width, cells(cell(row, column) ?? ''));
    return Math.min(MAX_WIDTH, width);
  });
}

export type ColumnWindow = { readonly pinned: number; readonly first: number; readonly end: number };

/**
 * The columns `first` to `end` (exclusive) that are on screen beside the pinned ones; the selected one is among them, the
 * last may be cut.
 */
export function columnWindow({ column, left }: TableState, widths: readonly number[], width: number, pinned = 0): ColumnWindow {
  const size = (from: number, to: number) => widths.slice(from, to).reduce((sum, cellWidth) => sum + cellWidth + GAP.length, 0);
  const room = width - size(0, pinned);
  const at = Math.max(pinned, Math.min(column, widths.length - 1));
  let first = Math.max(pinned, Math.min(left, at));
  while (first < at && size(first, at + 1) > room) first += 1;
  let end = first;
  for (let used = 0; end < widths.length && used < room; end++) used += (widths[end] ?? 0) + GAP.length;
  return { pinned, first, end };
}

function pieces(window: ColumnWindow, widths: readonly number[], piece: (column: number, width: number) => Segment): Segment[] {
  const segments: Segment[] = [];
  const add = (column: number) => segments.push(piece(column, widths[column] ?? 0), { text: GAP });
  for (let column = 0; column < window.pinned; column++) add(column);
  for (let column = window.first; column < window.end; column++) add(column);
  return segments;
}

/** The names of the columns in the window; arrows say that there are more at a side. */
export function headSegments(
  { columns }: TableSource,
  table: TableState,
  window: ColumnWindow,
  widths: readonly number[],
): readonly Segment[] {
  const names = pieces(window, widths, (column, width) => ({
    text: fit(columns[column] ?? '', width),
    tone: column === table.column ? 'strong' : 'muted',
  }));
  return [{ text: window.first > window.pinned ? '‹' : ' ', tone: 'accent' }, ...names];
}

/** A row; a missing value is a dot, so that it is not taken for an empty one. */
export function rowSegments(
  source: TableSource,
  row: number,
  table: TableState,
  window: ColumnWindow,
  widths: readonly number[],
): readonly Segment[] {
  return pieces(window, widths, (column, width) => {
    const value = source.cell(row, column);
    const text = fit(value ?? '·', width);
    if (row === table.cursor && column === table.column) return { text, tone: 'cursor' };
    return value === null ? { text, tone: 'muted' } : { text };
  });
}
