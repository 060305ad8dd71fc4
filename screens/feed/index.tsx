/** Feed: what happens on the fleet, as it happens. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { cut } from '../../src/ui/cells.ts';
import { count, counted } from '../../src/ui/format.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { RowList } from '../../src/ui/RowList.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import { useServices } from '../../src/ui/services.ts';
import type { Segment } from '../../src/ui/theme.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { commands } from './commands.ts';
import { feedLayout } from './layout.ts';
import { Pane } from './Pane.tsx';
import { columnsFor, eventSegments, headSegments, severityCounts } from './segments.ts';
import { createFeedScreen, type FeedScreen } from './state.ts';

const NARROW = 60;

type Part = { readonly screen: FeedScreen };

/** `paused · 214 new · 3 high`, or how many events there are. */
function Summary({ screen }: Part): ReactNode {
  const { state, ui } = useServices();
  const { total } = useStore(state.feed);
  const narrow = useStore(ui, ({ columns }) => columns < NARROW);
  const { pause } = useStore(screen);
  const arrived = screen.arrived();
  const following = narrow ? 'following' : `following · ${counted(total, 'event')}`;
  const text = pause ? `paused · ${count(arrived.total)} new` : following;
  const high = pause && arrived.high > 0 ? ` · ${count(arrived.high)} high` : '';
  const segments: Segment[] = [{ text, tone: pause ? 'warn' : undefined }, { text: high, tone: 'high' }, { text: ' ' }];
  return <Line width={48} segments={segments} />;
}

/** The filter and what the feed has counted: by severity, fallen out of memory, unreadable. */
function Counts({ screen, width }: Part & Pick<Size, 'width'>): ReactNode {
  const { state } = useServices();
  const { ring, bySeverity } = useStore(state.feed);
  const health = useStore(state.health);
  const { filter } = useStore(screen);
  const skipped = [...health.values()].reduce((sum, { skipped }) => sum + skipped, 0);
  const filtered: Segment[] =
    filter === ''
      ? []
      : [
          { text: ` /${cut(filter, Math.floor(width / 2))}`, tone: 'accent' },
          { text: `  ${counted(screen.rows().size, 'match', 'matches')} ` },
        ];
  const segments: Segment[] = [
    ...filtered,
    ...severityCounts(bySeverity),
    { text: ring.evicted > 0 ? `   older on disk ${count(ring.evicted)}` : '', tone: 'muted' },
    { text: skipped > 0 ? `   unreadable ${count(skipped)}` : '', tone: 'warn' },
  ];
  return <Line width={width} segments={segments} />;
}

function emptyText(filter: string, sources: number): readonly string[] {
  if (filter !== '') return ['No event passes the filter.', 'esc takes it away, / changes it.'];
  if (sources === 0) return ['No source has reported yet.', 'Events show here as they come; 5 shows the sources.'];
  return ['No events yet.', 'Events show here as sources report them; 5 shows how the sources are.'];
}

function List({ screen, width, height }: Part & Size): ReactNode {
  const { state, ui, now, offsetMinutes } = useServices();
  useStore(state.feed);
  const { filter, inPane, left } = useStore(screen);
  const zone = useStore(ui, shown => shown.zone);
  const sources = useStore(state.health).size;
  const rows = screen.rows();
  const columns = columnsFor(width);
  const clock = { now: now(), zone, offsetMinutes };
  const row = (index: number) => {
    const event = rows.at(index)?.event;
    return event ? eventSegments(event, columns, left, clock) : [];
  };
  return (
    <RowList
      width={width}
      height={height}
      count={rows.size}
      list={screen.window(height)}
      row={row}
      active={!inPane}
      empty={emptyText(filter, sources)}
    />
  );
}

function View({ screen, width, height }: Part & Size): ReactNode {
  const services = useServices();
  useStore(services.state.feed);
  const zone = useStore(services.ui, shown => shown.zone);
  const layout = feedLayout({ width, height }, useStore(screen));
  return (
    <Box flexDirection="column" width={width} height={height}>
      <Counts screen={screen} width={width} />
      {layout.heads && <Line width={width} segments={headSegments(columnsFor(layout.list.width), zone)} />}
      <Box flexDirection={layout.beside ? 'row' : 'column'}>
        {layout.list.height > 0 && <List screen={screen} {...layout.list} />}
        {layout.pane && <Pane screen={screen} services={services} size={layout.pane} layout={layout} />}
      </Box>
    </Box>
  );
}

export const feed = defineScreen({
  id: 'feed',
  title: 'Feed',
  key: '1',
  create: ({ state }) => createFeedScreen(state),
  commands,
  View,
  Summary,
  receive({ screen, services }, { filter }) {
    const problem = screen.look(filter);
    if (problem !== undefined) services.ui.say(problem, 'warn');
  },
  back({ screen }) {
    const { filter, pane, inPane } = screen.get();
    if (inPane) screen.patch({ pane: 'none', inPane: false });
    else if (filter !== '') screen.look('');
    else if (pane !== 'none') screen.patch({ pane: 'none' });
    else return false;
    return true;
  },
});
