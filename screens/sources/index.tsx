/** Sources: whether data flows, since when not, and why. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { Command, CommandContext, Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { listCommands } from '../../src/ui/list-commands.ts';
import { RowList } from '../../src/ui/RowList.tsx';
import { StaticTable } from '../../src/ui/StaticTable.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import { type Services, useServices } from '../../src/ui/services.ts';
import { TextPane } from '../../src/ui/TextPane.tsx';
import { paneExtent, paneList } from '../../src/ui/text-pane.ts';
import type { Segment } from '../../src/ui/theme.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { type CheckTable, checkTable } from './check-table.ts';
import { SourceFormView } from './Form.tsx';
import { type Clock, headSegments, noticeLines, sourceLines, sourceSegments } from './segments.ts';
import { createSources, type SourcesScreen } from './state.ts';

type Context = CommandContext<SourcesScreen>;

const EMPTY = [
  'No sources are configured.',
  'a adds one, as `rollcall source add` does from a shell;',
  'rollcall --lab shows how it looks without any.',
];

type Layout = { readonly list: number; readonly pane: number; readonly table: CheckTable | undefined };

/** The list takes what it needs, the pane at least half of what the table leaves. */
function layoutOf(screen: SourcesScreen, size: Size): Layout {
  const table = checkTable(screen.get().checks.get(screen.current()?.source ?? ''), size);
  const height = size.height - (table?.height ?? 0);
  const list = Math.max(1, Math.min(Math.max(screen.sources().length, EMPTY.length + 2), Math.floor(height / 2) - 1));
  return { list, pane: Math.max(0, height - 1 - list), table };
}

const clockOf = ({ now, ui, offsetMinutes }: Services): Clock => ({ now: now(), zone: ui.get().zone, offsetMinutes });

function paneLines(screen: SourcesScreen, services: Services, { width }: Size, { table }: Layout): ReadonlyArray<readonly Segment[]> {
  const health = screen.current();
  const clock = clockOf(services);
  const check = health && screen.get().checks.get(health.source);
  const about = health ? sourceLines({ health, check, tabled: table !== undefined }, width, clock) : [];
  return [...about, ...noticeLines(services.state.notices.get(), width, clock)];
}

function Sources({ screen, width, height }: { readonly screen: SourcesScreen } & Size): ReactNode {
  const services = useServices();
  useStore(services.state.health);
  useStore(services.state.notices);
  const zone = useStore(services.ui, shown => shown.zone);
  const { list, inPane, scroll } = useStore(screen);
  const sources = screen.sources();
  const layout = layoutOf(screen, { width, height });
  const clock = clockOf(services);
  const row = (index: number) => {
    const health = sources[index];
    return health ? sourceSegments(health, width, clock) : [];
  };
  return (
    <Box flexDirection="column" width={width} height={height}>
      <Line width={width} segments={headSegments(width, zone)} />
      <RowList width={width} height={layout.list} count={sources.length} list={list} row={row} active={!inPane} empty={EMPTY} />
      {layout.table && <StaticTable columns={layout.table.columns} rows={layout.table.rows} width={width} />}
      {layout.pane > 1 && (
        <TextPane
          title={screen.current()?.source ?? 'sources'}
          lines={paneLines(screen, services, { width, height }, layout)}
          scroll={scroll}
          active={inPane}
          width={width}
          height={layout.pane}
        />
      )}
    </Box>
  );
}

function View(props: { readonly screen: SourcesScreen } & Size): ReactNode {
  const { open } = useStore(props.screen.form);
  return open ? <SourceFormView form={props.screen.form} width={props.width} height={props.height} /> : <Sources {...props} />;
}

const noSource = ({ screen }: Context) => (screen.current() ? undefined : 'there is no source');

const movements = listCommands<SourcesScreen>('sources', {
  get: ({ screen }) => (screen.get().inPane ? paneList(screen.get().scroll) : screen.get().list),
  set({ screen }, list) {
    if (screen.get().inPane) screen.patch({ scroll: list.cursor });
    else screen.patch({ list, scroll: 0 });
  },
  extent({ screen, services, size }) {
    const layout = layoutOf(screen, size);
    if (!screen.get().inPane) return { count: screen.sources().length, height: layout.list };
    return paneExtent(paneLines(screen, services, size, layout).length, { height: layout.pane });
  },
});

function cannotTest(context: Context): string | undefined {
  const { screen } = context;
  if (screen.form.get().open) return undefined;
  const running = screen.get().checks.get(screen.current()?.source ?? '')?.state === 'running';
  return noSource(context) ?? (running ? 'it is being tested already' : undefined);
}

/** Enter: from field to field, and from the last one to the test. In the list it opens the details. */
function enter({ screen }: Context): void | Promise<void> {
  const { open, focus } = screen.form.get();
  if (!open) screen.patch({ inPane: !screen.get().inPane });
  else if (focus + 1 < screen.form.fields().length) screen.form.move(1);
  else return screen.form.submit();
}

const tab =
  (by: 1 | -1) =>
  ({ screen }: Context) =>
    screen.form.get().open ? screen.form.move(by) : screen.patch({ inPane: !screen.get().inPane });

/** In the form, up and down choose instead of moving in the list below. */
const formFirst = (command: Command<SourcesScreen>): Command<SourcesScreen> => ({
  ...command,
  where: 'form',
  blocked: context => (context.screen.form.get().open ? undefined : command.blocked?.(context)),
  run(context) {
    const { form } = context.screen;
    if (!form.get().open) return command.run(context);
    if (command.id === 'sources.down') form.cycle(1);
    else if (command.id === 'sources.up') form.cycle(-1);
  },
});

const formCommands: readonly Command<SourcesScreen>[] = [
  {
    id: 'sources.add',
    keys: ['a'],
    title: 'Add a source',
    help: 'Opens a form for osctrl, FleetDM or the direct endpoint. The source is tested before anything is saved.',
    where: 'screen',
    footer: 'add',
    blocked: ({ services }) => (services.sourceAdmin ? undefined : 'the lab takes no other sources: start rollcall without --lab'),
    run: ({ screen }) => screen.form.begin(),
  },
  {
    id: 'sources.test',
    keys: ['ctrl+t'],
    title: 'Test the source',
    help: 'Asks the source once: is the address right, is TLS trusted, is the account known, and what may it do. In the form: tests what is in it as it stands, and asks whether to save it.',
    where: 'form',
    footer: 'test',
    blocked: cannotTest,
    run: ({ screen }) => (screen.form.get().open ? screen.form.submit() : screen.check(screen.current()?.source ?? '')),
  },
];

const commands: readonly Command<SourcesScreen>[] = [
  ...formCommands,
  {
    id: 'sources.open',
    keys: ['enter'],
    title: 'Details, or the next field',
    help: 'Gives the keyboard to the details below, or back to the list. In the form: next field, and after the last one the test.',
    where: 'form',
    footer: 'details',
    run: enter,
  },
  {
    id: 'sources.focus',
    keys: ['tab'],
    title: 'List or details, or the next field',
    help: 'Gives the keyboard to the details and notices below, or back to the list. In the form: the next field.',
    where: 'form',
    run: tab(1),
  },
  {
    id: 'sources.focus-back',
    keys: ['shift+tab'],
    title: 'List or details, or the field before',
    help: 'As tab, backwards.',
    where: 'form',
    run: tab(-1),
  },
  {
    id: 'sources.events',
    keys: ['.'],
    title: 'Events of this source',
    help: 'Opens the feed with only the events of this source.',
    where: 'screen',
    footer: 'events',
    blocked: noSource,
    run({ screen, services }) {
      const health = screen.current();
      if (health) services.ui.go('feed', { filter: `source:"${health.source}"` });
    },
  },
  ...movements.map(formFirst),
];

export const sources = defineScreen({
  id: 'sources',
  title: 'Sources',
  key: '5',
  create: createSources,
  commands,
  View,
  interrupt({ screen }) {
    const { testing } = screen.form.get();
    testing?.abort();
    return testing !== undefined || screen.stopChecks();
  },
  receive({ screen }, { source }) {
    const cursor = screen.sources().findIndex(health => health.source === source);
    if (cursor >= 0) screen.patch({ list: { cursor, top: 0 }, inPane: false, scroll: 0 });
  },
  back({ screen }) {
    if (screen.form.get().open) {
      screen.form.leave();
      return true;
    }
    if (!screen.get().inPane) return false;
    screen.patch({ inPane: false });
    return true;
  },
});
