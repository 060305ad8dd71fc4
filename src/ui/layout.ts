/** Who gets which lines of the screen. Pure, so that commands know the same sizes as views. */
import type { Size } from './keys/command.ts';
import type { Confirm, UiState } from './ui-state.ts';

export const SMALLEST = { columns: 40, rows: 10 };

export const tooSmall = ({ columns, rows }: Pick<UiState, 'columns' | 'rows'>): boolean =>
  columns < SMALLEST.columns || rows < SMALLEST.rows;

/** Small screens do without the line of tabs: the title says where one is. */
export const hasTabs = (rows: number): boolean => rows >= 16;

/** Lines that a confirmation takes from the body. */
export const confirmHeight = (confirm: Confirm | undefined): number => (confirm ? (confirm.options.lines?.length ?? 0) + 3 : 0);

/** Title, tabs, status line and footer surround the body. */
export function bodySize({ columns, rows, confirm }: Pick<UiState, 'columns' | 'rows' | 'confirm'>): Size {
  const chrome = hasTabs(rows) ? 4 : 3;
  return { width: columns, height: Math.max(1, rows - chrome - Math.min(confirmHeight(confirm), rows - chrome - 1)) };
}
