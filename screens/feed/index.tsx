/** Feed: what happens on the fleet, as it happens. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { count } from '../../src/ui/format.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { RowList } from '../../src/ui/RowList.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import { useServices } from '../../src/ui/services.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { commands } from './commands.ts';
import { countsSegments, summarySegments } from './head.ts';
import { feedLayout } from './layout.ts';
import { Pane } from './Pane.tsx';
import { isMarked } from './rows.ts';
import { columnsFor, headSegments, rowSegments } from './segments.ts';
import { createFeedScreen, type FeedScreen, type FeedScreenState } from './state.ts';

const NARROW = 60;

type Part = { readonly screen: FeedScreen };

function Summary({ screen }: Part): ReactNode {
  const { state, ui } = useServices();
  const { before, total } = useStore(state.feed);
  const narrow = useStore(ui, ({ columns }) => columns < NARROW);
  const { pause } = useStore(screen);
  return <Line width={48} segments={summarySegments(pause !== undefined, screen.arrived(), before + total, narrow)} />;
}

function Counts({ screen, width }: Part & Pick<Size, 'width'>): ReactNode {
  const { state, now } = useServices();
  const { ring, before, bySeverity } = useStore(state.feed);
  const sources = [...useStore(state.health).values()];
  const shown = useStore(screen);
  const facts = { ...shown, matches: screen.rows().size, bySeverity, onDisk: before + ring.evicted, sources, now: now() };
  return <Line width={width} segments={countsSegments(facts, width)} />;
}

function emptyText({ filter, looking, edge }: FeedScreenState, sources: number): readonly string[] {
  if (filter !== '') {
    const older = looking
      ? `Reading older ones from disk: ${count(looking.scanned)}, esc stops.`
      : edge
        ? `On disk: ${edge}.`
        : 'O looks for older ones on disk.';
    return [
      'No event passes the filter.',
      older,
      'esc takes the filter away, / changes it, ^f switches it off.',
      'A value is meant as a whole: * stands for anything, as in host:web-*.',
    ];
  }
  if (sources === 0) return ['No source has reported yet.', 'Events show here as they come; 5 shows the sources.'];
  return ['No events yet.', 'Events show here as sources report them; 5 shows how the sources are.'];
}

function List({ screen, width, height }: Part & Size): ReactNode {
  const { state, triage, ui, now, offsetMinutes } = useServices();
  useStore(state.feed);
  useStore(triage);
  const feedState = useStore(screen);
  const { inPane, left, marks } = feedState;
  const zone = useStore(ui, shown => shown.zone);
  const sources = useStore(state.health).size;
  const rows = screen.rows();
  const columns = columnsFor(width);
  const clock = { now: now(), zone, offsetMinutes };
  const row = (index: number) => {
    const shown = rows.at(index);
    return shown ? rowSegments(shown, triage.stateOf(shown.event.id), columns, left, clock) : [];
  };
  const marked = (index: number) => {
    const shown = rows.at(index);
    return shown !== undefined && isMarked(shown, marks);
  };
  return (
    <RowList
      width={width}
      height={height}
      count={rows.size}
      list={screen.window(height)}
      row={row}
      marked={marked}
      active={!inPane}
      empty={emptyText(feedState, sources)}
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
  create: services =>
    createFeedScreen(services.state, { history: () => services.history, triage: () => services.triage, now: services.now }),
  commands,
  View,
  Summary,
  receive({ screen, services }, { filter }) {
    const problem = screen.look(filter);
    if (problem !== undefined) services.ui.say(problem, 'warn');
    else if (filter !== '' && screen.rows().size === 0) void screen.older();
  },
  back({ screen }) {
    const { filter, pane, inPane, marks, rangeFrom } = screen.get();
    if (screen.stopLooking()) return true;
    if (inPane) screen.patch({ pane: 'none', inPane: false });
    else if (rangeFrom !== undefined) screen.patch({ rangeFrom: undefined });
    else if (filter !== '') screen.look('');
    else if (marks.size > 0) screen.patch({ marks: new Set() });
    else if (pane !== 'none') screen.patch({ pane: 'none' });
    else return false;
    return true;
  },
});
