/** The order of cells in a table. osquery sends every value as text; people expect 9 before 10 and web-2 before web-10. */

type Cell = string | null;

const texts = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Texts in the order in which people count: numbers in them by value, upper and lower case together. */
export const textOrder = (left: string, right: string): number => texts.compare(left, right);

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

const NUMERIC = 0;
const TEXT = 1;
const EMPTY = 2;

function kindOf(cell: Cell): number {
  if (cell === null || cell === '') return EMPTY;
  return DECIMAL.test(cell) ? NUMERIC : TEXT;
}

/**
 * A comparison for sorting by one column: numbers by value, then texts with their numbers by value and upper and lower
 * case together. Empty cells come last in either direction: what a host did not say is no smallest value.
 */
export function cellOrder(direction: 'asc' | 'desc'): (left: Cell, right: Cell) => number {
  const sign = direction === 'asc' ? 1 : -1;
  return (left, right) => {
    const [leftKind, rightKind] = [kindOf(left), kindOf(right)];
    if (leftKind === EMPTY || rightKind === EMPTY) return leftKind - rightKind;
    if (leftKind !== rightKind) return sign * (leftKind - rightKind);
    const byValue = leftKind === NUMERIC ? Number(left) - Number(right) : 0;
    // Beyond 2^53 different numbers are equal; their digits still are not.
    return sign * (byValue || texts.compare(left ?? '', right ?? ''));
  };
}
