import { Box } from 'ink';
import type { ReactElement } from 'react';
import { describe, expect, it } from 'vitest';
import { DataTable } from '../../src/ui/DataTable.tsx';
import { RowList, type RowListProps } from '../../src/ui/RowList.tsx';
import { StaticTable } from '../../src/ui/StaticTable.tsx';
import { type Services, ServicesProvider } from '../../src/ui/services.ts';
import { TextPane } from '../../src/ui/TextPane.tsx';
import { TABLE_START, type TableSource } from '../../src/ui/table-state.ts';
import { onPaper } from '../helpers/frames.tsx';

const services = { terminal: { colour: 'none', unicode: true } } as Services;

const draw = async (view: ReactElement, columns = 40) => {
  const { lines } = await onPaper(
    <ServicesProvider value={services}>
      <Box flexDirection="column">{view}</Box>
    </ServicesProvider>,
    { columns, rows: 12 },
  );
  return lines();
};

const itemRow = (index: number) => [{ text: `item ${index}` }];

const list = (over: Partial<RowListProps>) => (
  <RowList width={20} height={4} count={100} list={{ cursor: 1, top: 0 }} row={itemRow} {...over} />
);

describe('RowList', () => {
  it('draws the rows of its window, the selected one with a bar', async () => {
    expect(await draw(list({}))).toEqual([' item 0', '▌item 1', ' item 2', ' item 3']);
  });

  it('draws only the rows of its window', async () => {
    const drawn = new Set<number>();
    await draw(
      list({
        count: 200_000,
        list: { cursor: 100_000, top: 99_999 },
        row: index => {
          drawn.add(index);
          return [{ text: String(index) }];
        },
      }),
    );
    expect([...drawn]).toEqual([99_999, 100_000, 100_001, 100_002]);
  });

  it('shows the cursor even when its state says otherwise', async () => {
    expect(await draw(list({ list: { cursor: 50, top: 0 } }))).toContain('▌item 50');
  });

  it('has a column for marks where there can be some', async () => {
    expect(await draw(list({ marked: index => index === 2 }))).toEqual(['  item 0', '▌ item 1', ' *item 2', '  item 3']);
  });

  it('cuts rows that are too long, whatever their letters', async () => {
    const rows = ['x'.repeat(40), '日本語'.repeat(10), 'é'.repeat(40), '👍'.repeat(40)];
    const lines = await draw(list({ row: index => [{ text: rows[index] ?? '' }] }));
    expect(lines).toEqual([` ${'x'.repeat(18)}…`, `▌${'日本語'.repeat(3)}…`, ` ${'é'.repeat(18)}…`, ` ${'👍'.repeat(9)}…`]);
  });

  it('fills its lines when there are fewer rows, and says why when there are none', async () => {
    expect(await draw(list({ count: 1, list: { cursor: 0, top: 0 } }))).toEqual(['▌item 0', '', '', '']);
    expect(await draw(list({ count: 0, empty: ['Nothing yet.'] }))).toContain('  Nothing yet.');
  });
});

describe('DataTable', () => {
  const source: TableSource = {
    columns: ['pid', 'name', 'path'],
    count: 200_000,
    cell: (row, column) => (column === 0 ? String(row) : `v${column}`),
  };

  it('draws heads and the rows of its window', async () => {
    const lines = await draw(<DataTable source={source} table={{ ...TABLE_START, cursor: 1 }} width={40} height={4} />);
    expect(lines).toEqual([' pid  name  path', ' 0    v1    v2', '▌1    v1    v2', ' 2    v1    v2']);
  });

  it('scrolls to the selected column', async () => {
    const lines = await draw(<DataTable source={source} table={{ ...TABLE_START, column: 2 }} width={10} height={2} />);
    expect(lines[0]).toBe('‹path');
  });
});

describe('TextPane', () => {
  const lines = Array.from({ length: 10 }, (_, index) => [{ text: `line ${index}` }]);

  it('says how much more there is, and how to get there', async () => {
    const shown = await draw(<TextPane title="event" lines={lines} scroll={0} active={false} width={40} height={4} />);
    expect(shown).toEqual(['── event ─ 7 more lines: tab, then j ───', 'line 0', 'line 1', 'line 2']);
  });

  it('does not scroll past its end', async () => {
    const shown = await draw(<TextPane title="event" lines={lines} scroll={99} active beside width={20} height={4} />);
    expect(shown).toEqual(['│── event ──────────', '│line 7', '│line 8', '│line 9']);
  });
});

describe('StaticTable', () => {
  it('draws a small table, its cells cut to fit', async () => {
    const rows = [
      ['limit', 'Rows at most', '10'],
      ['since', 'How far back, in one of many ways to write it', '24h'],
    ];
    const lines = await draw(<StaticTable columns={['name', 'what', 'default']} rows={rows} width={50} />, 60);
    expect(lines).toHaveLength(7);
    expect(lines.join('\n')).toMatch(/name .*what .*default/);
    expect(lines.join('\n')).toContain('How far back…');
  });
});
