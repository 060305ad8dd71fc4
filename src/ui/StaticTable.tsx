import { Box, Text } from 'ink';
import { Table } from 'ink-table';
import type { PropsWithChildren, ReactNode } from 'react';
import { cut } from './cells.ts';

export type StaticTableProps = {
  readonly columns: readonly string[];
  readonly rows: ReadonlyArray<readonly string[]>;
  readonly width: number;
};

/** Rows that fit on a screen: ink-table measures and draws every cell, which is dear. */
const MAX_ROWS = 15;

const Strong = ({ children }: PropsWithChildren) => <Text bold>{children}</Text>;
const Plain = ({ children }: PropsWithChildren) => <Text>{children}</Text>;
const Faint = ({ children }: PropsWithChildren) => <Text dimColor>{children}</Text>;

/** A small table with rules (ink-table), for what does not change while one looks at it. At most 15 rows. */
export function StaticTable({ columns, rows, width }: StaticTableProps): ReactNode {
  const borders = columns.length * 3 + 1;
  const widest = Math.max(4, Math.floor((width - borders) / Math.max(1, columns.length)));
  const data = rows
    .slice(0, MAX_ROWS)
    .map(row =>
      Object.fromEntries(
        columns.map((column, index) => [column, cut(row[index] ?? '', index === columns.length - 1 ? widest * 2 : widest)]),
      ),
    );
  return (
    <Box flexDirection="column" width={width} overflow="hidden">
      <Table data={data} columns={[...columns]} header={Strong} cell={Plain} skeleton={Faint} />
    </Box>
  );
}
