/** Launch: choose a template, fill in its form, see the SQL and the targets, confirm. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { fit } from '../../src/ui/cells.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { RowList } from '../../src/ui/RowList.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import { useServices } from '../../src/ui/services.ts';
import type { Segment } from '../../src/ui/theme.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { commands } from './commands.ts';
import { Details } from './Details.tsx';
import type { Entry } from './select.ts';
import { createLaunch, type LaunchScreen } from './state.ts';

const LIST_WIDTH = 28;
const EMPTY = ['No template fits.', 'esc takes the search away.'];

/** A template that may not be launched has a mark, and not only a shade. */
function entrySegments(entry: Entry | undefined, width: number): readonly Segment[] {
  if (!entry) return [];
  return entry.template ? [{ text: ` ${fit(entry.name, width)}` }] : [{ text: ` ${fit(`! ${entry.name}`, width)}`, tone: 'muted' }];
}

function View({ screen, width, height }: { readonly screen: LaunchScreen } & Size): ReactNode {
  const { state } = useServices();
  const { list, focus, search } = useStore(screen);
  useStore(state.marks);
  useStore(state.inventory);
  useStore(state.runs);
  const entries = screen.entries();
  const entry = screen.entry();
  const narrow = width < LIST_WIDTH * 2;
  const listWidth = narrow ? width : Math.min(LIST_WIDTH + Math.floor(width / 20), 40);
  const searched = search === '' ? 0 : 1;
  const listHeight = narrow ? Math.min((entries.length || 2) + searched, Math.floor(height / 3)) : height;
  return (
    <Box flexDirection={narrow ? 'column' : 'row'} width={width} height={height}>
      <Box flexDirection="column" width={listWidth} height={listHeight}>
        {search !== '' && (
          <Line
            width={listWidth}
            segments={[
              { text: ` /${search}`, tone: 'accent' },
              { text: '  esc shows all', tone: 'muted' },
            ]}
          />
        )}
        <RowList
          width={listWidth}
          height={listHeight - searched}
          count={entries.length}
          list={list}
          active={focus === undefined}
          row={index => entrySegments(entries[index], listWidth - 3)}
          empty={EMPTY}
        />
      </Box>
      {entry && (
        <Details screen={screen} entry={entry} width={narrow ? width : width - listWidth} height={narrow ? height - listHeight : height} />
      )}
    </Box>
  );
}

export const launch = defineScreen({
  id: 'launch',
  title: 'Launch',
  key: '3',
  create: services => createLaunch(services.state, () => services.engine, services.timeoutS),
  commands,
  View,
  receive({ screen }, { hosts, template, params }) {
    if (template !== undefined) screen.choose(template);
    screen.patch({ focus: undefined, ...(hosts ? { hosts } : {}) });
    for (const field of screen.fields()) {
      const value = params?.[field.name];
      if (value !== undefined) screen.type(field, value);
    }
  },
  back({ screen }) {
    const { focus, search, hosts } = screen.get();
    if (focus !== undefined) screen.patch({ focus: undefined });
    else if (search !== '') screen.patch({ search: '' });
    else if (hosts) screen.patch({ hosts: undefined });
    else return false;
    return true;
  },
});
