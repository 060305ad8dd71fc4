/** Hosts: find, mark, and hand them to the launcher. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { hostKey } from '../../src/state/index.ts';
import { counted } from '../../src/ui/format.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { RowList } from '../../src/ui/RowList.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import { useServices } from '../../src/ui/services.ts';
import type { Segment } from '../../src/ui/theme.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { commands, markPasted } from './commands.ts';
import { columnsFor, headSegments, hostSegments, listHeight } from './rows.ts';
import { countHosts } from './select.ts';
import { createHosts, type HostsScreen } from './state.ts';

function Counts({ screen, width }: { readonly screen: HostsScreen; readonly width: number }): ReactNode {
  const { state } = useServices();
  const { hosts, complete } = useStore(state.inventory);
  const marks = useStore(state.marks);
  const sources = useStore(state.health).size;
  const { search, sort, rangeFrom } = useStore(screen);
  const { total, online, duplicates } = countHosts(hosts);
  const shown = screen.shown().length;
  const segments: Segment[] = [
    { text: ` ${counted(total, 'host')}, ${online} online`, tone: 'strong' },
    { text: duplicates > 0 ? `   ! ${counted(duplicates, 'duplicate')}: L decides` : '', tone: 'warn' },
    { text: marks.size > 0 ? `   ${marks.size} marked` : '', tone: 'accent' },
    { text: search === '' ? '' : `   /${search}  ${counted(shown, 'match', 'matches')}`, tone: 'accent' },
    { text: sort.by === 'name' && !sort.reverse ? '' : `   by ${sort.by}${sort.reverse ? ', reversed' : ''}`, tone: 'muted' },
    { text: rangeFrom === undefined ? '' : '   range: V at its other end', tone: 'accent' },
    { text: complete.size < sources ? '   listing …' : '', tone: 'muted' },
  ];
  return <Line width={width} segments={segments} />;
}

const EMPTY = ['No hosts yet: no source has listed any.', '5 shows how the sources are, f5 lists anew.'];
const NO_MATCH = ['No host passes the search.', 'esc takes the search away.'];

function View({ screen, width, height }: { readonly screen: HostsScreen } & Size): ReactNode {
  const services = useServices();
  const { state } = services;
  useStore(state.inventory);
  const marks = useStore(state.marks);
  const { search } = useStore(screen);
  const hosts = screen.shown();
  const columns = columnsFor(width - 2);
  const now = services.now();
  const lines = listHeight({ width, height });
  const row = (index: number) => {
    const host = hosts[index];
    return host ? hostSegments(host, columns, now) : [];
  };
  const marked = (index: number) => {
    const host = hosts[index];
    return host !== undefined && marks.has(hostKey(host));
  };
  return (
    <Box flexDirection="column" width={width} height={height}>
      <Counts screen={screen} width={width} />
      <Line width={width} segments={headSegments(columns)} />
      <RowList
        width={width}
        height={lines}
        count={hosts.length}
        list={screen.window(lines)}
        row={row}
        marked={marked}
        empty={search === '' ? EMPTY : NO_MATCH}
      />
    </Box>
  );
}

export const hosts = defineScreen({
  id: 'hosts',
  title: 'Hosts',
  key: '2',
  create: ({ state }) => createHosts(state),
  commands,
  View,
  paste: markPasted,
  receive: ({ screen }, { search }) => void screen.look(search),
  back({ screen }) {
    const { rangeFrom, search } = screen.get();
    if (rangeFrom !== undefined) screen.patch({ rangeFrom: undefined });
    else if (search !== '') screen.look('');
    else return false;
    return true;
  },
});
