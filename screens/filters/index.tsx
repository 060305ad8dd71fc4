/** Filters: what an event can be found by, filters kept under a name, and those that were used last. Opened from the feed. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { RowList } from '../../src/ui/RowList.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import { useStore } from '../../src/ui/use-store.ts';
import { commands } from './commands.ts';
import { createFilters, type FiltersScreen, itemSegments, listHeight } from './state.ts';

const EMPTY = ['No filter was saved or used yet.', 'a saves the one in force under a name, esc goes back.'];

function View({ screen, width, height }: { readonly screen: FiltersScreen } & Size): ReactNode {
  const { list, filter, terms } = useStore(screen);
  const items = screen.items();
  const lines = listHeight({ height });
  const row = (index: number) => {
    const item = items[index];
    return item ? itemSegments(item) : [];
  };
  const what = terms.length > 0 ? 'enter adds a term to the filter, \\ its opposite' : 'enter takes a filter, a saves the one in force';
  return (
    <Box flexDirection="column" width={width} height={height}>
      <Line width={width} segments={[{ text: ` In force: ${filter === '' ? 'none' : filter}`, tone: 'strong' }]} />
      <Line width={width} segments={[{ text: ` ${what}, esc goes back`, tone: 'muted' }]} />
      <RowList width={width} height={lines} count={items.length} list={list} row={row} empty={EMPTY} />
    </Box>
  );
}

export const filters = defineScreen({
  id: 'filters',
  title: 'Filters',
  create: createFilters,
  commands,
  View,
  receive: ({ screen }, wish) => screen.open(wish),
});
