/** The order of rows in a table of answers. Pure. */
import { cellOrder } from '../../src/core/order.ts';
import type { TableSource } from '../../src/ui/table-state.ts';

export type Sort = { readonly column: string; readonly order: 'asc' | 'desc' } | undefined;

/** The same table with its rows in the order of one column; a column that it does not have leaves it as it is. */
export function sorted(table: TableSource, sort: Sort): TableSource {
  const column = sort ? table.columns.indexOf(sort.column) : -1;
  if (!sort || column < 0) return table;
  const compare = cellOrder(sort.order);
  const values = Array.from({ length: table.count }, (_, row) => table.cell(row, column));
  const order = Uint32Array.from(values.keys()).sort((left, right) => compare(values[left] ?? null, values[right] ?? null) || left - right);
  return { ...table, cell: (row, at) => table.cell(order[row] ?? row, at) };
}

/** By the column `name`: up, then down, then as the rows came. */
export function nextSort(sort: Sort, name: string): Sort {
  if (sort?.column !== name) return { column: name, order: 'asc' };
  return sort.order === 'asc' ? { column: name, order: 'desc' } : undefined;
}
