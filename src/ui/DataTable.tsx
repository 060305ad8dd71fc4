import { Box } from 'ink';
import { type ReactNode, useMemo } from 'react';
import type { Size } from './keys/command.ts';
import { Line } from './Line.tsx';
import { settle } from './list-state.ts';
import { RowList } from './RowList.tsx';
import { columnWidths, columnWindow, headSegments, rowSegments, type TableSource, type TableState } from './table-state.ts';

export type DataTableProps = Size & {
  /** Hand over the same object as long as nothing changed: widths are remembered for it. */
  readonly source: TableSource;
  readonly table: TableState;
  readonly empty?: readonly string[];
};

/** Rows of osquery results: column heads, and `height - 1` rows, however many there are. The cell under the cursor is inverse. */
export function DataTable({ source, table, width, height, empty = [] }: DataTableProps): ReactNode {
  const widths = useMemo(() => columnWidths(source), [source]);
  const lines = Math.max(1, height - 1);
  const shown = { ...table, ...settle(table, { count: source.count, height: lines }) };
  const window = columnWindow(shown, widths, width - 1, source.pinned);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Line width={width} segments={headSegments(source, shown, window, widths)} />
      <RowList
        width={width}
        height={lines}
        count={source.count}
        list={shown}
        active={false}
        row={row => rowSegments(source, row, shown, window, widths)}
        empty={empty}
      />
    </Box>
  );
}
