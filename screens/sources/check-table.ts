/** What an account may do and what not, side by side, once a check has passed. Pure. */
import { cells } from '../../src/ui/cells.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import type { Check } from './state.ts';

export type CheckTable = {
  readonly columns: readonly string[];
  readonly rows: ReadonlyArray<readonly string[]>;
  /** Lines that it takes on screen. */
  readonly height: number;
};

const COLUMNS = ['may', 'may not'] as const;
/** Cells for the rules around two columns. */
const RULES = 7;
/** Lines of the body that are left for the list and the details at least. */
const REST = 14;

/** The table, or undefined where there is nothing to show or too little room to show it whole: the details say it in words. */
export function checkTable(check: Check | undefined, { width, height }: Size): CheckTable | undefined {
  if (check?.state !== 'passed') return undefined;
  const { can, cannot } = check.report;
  const rows = Array.from({ length: Math.max(can.length, cannot.length) }, (_, index) => [can[index] ?? '', cannot[index] ?? '']);
  const widest = Math.max(...COLUMNS.map(cells), ...rows.flat().map(cells));
  const lines = rows.length * 2 + 3;
  const fits = widest * COLUMNS.length + RULES <= width && lines + REST <= height;
  return rows.length > 0 && fits ? { columns: COLUMNS, rows, height: lines } : undefined;
}
