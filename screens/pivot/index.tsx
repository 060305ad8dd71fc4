/** Pivot: from a value to the next question, pre-filled. Opened with `.` on an event or a row. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { createStore, type Store } from '../../src/state/store.ts';
import { fit } from '../../src/ui/cells.ts';
import type { Command, Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import { listCommands } from '../../src/ui/list-commands.ts';
import { LIST_START, type ListState } from '../../src/ui/list-state.ts';
import { RowList } from '../../src/ui/RowList.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import type { Services } from '../../src/ui/services.ts';
import type { Segment } from '../../src/ui/theme.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { type CanCarve, type Offer, offersFor, type Pivot } from './select.ts';

type PivotState = { readonly pivot: Pivot; readonly list: ListState };
type PivotScreen = Store<PivotState> & { offers(): readonly Offer[] };

const EMPTY = ['No template takes a value of this row.', 'Hashes, addresses, paths, names and pids can be followed.'];

const listHeight = ({ height }: Pick<Size, 'height'>): number => Math.max(1, height - 1);

function create(services: Services): PivotScreen {
  const store = createStore<PivotState>({ pivot: { row: {}, column: undefined, host: undefined }, list: LIST_START });
  const canCarve: CanCarve = (host, path) => {
    const { carving } = services;
    return carving !== undefined && carving.blocked(host) === undefined && carving.refusal(path) === undefined;
  };
  return {
    ...store,
    offers: () => offersFor(store.get().pivot, services.engine.templates, services.state.inventory.get().hosts, canCarve),
  };
}

const offerSegments = (offer: Offer, width: number): readonly Segment[] => [
  { text: ` ${fit(offer.kind === 'query' ? offer.template.name : 'fetch the file (carve)', 24)} ` },
  { text: `${fit(offer.where, 16)} `, tone: 'accent' },
  { text: fit(`${offer.column} = ${offer.value}`, Math.max(0, width - 46)), tone: 'muted' },
];

function View({ screen, width, height }: { readonly screen: PivotScreen } & Size): ReactNode {
  const { list, pivot } = useStore(screen);
  const offers = screen.offers();
  const row = (index: number) => {
    const offer = offers[index];
    return offer ? offerSegments(offer, width) : [];
  };
  const of = pivot.host ? ` of ${pivot.host.hostname}` : '';
  return (
    <Box flexDirection="column" width={width} height={height}>
      <Line width={width} segments={[{ text: ` Follow a value${of}: enter opens the launcher with it, esc goes back`, tone: 'muted' }]} />
      <RowList width={width} height={listHeight({ height })} count={offers.length} list={list} row={row} empty={EMPTY} />
    </Box>
  );
}

const commands: readonly Command<PivotScreen>[] = [
  {
    id: 'pivot.follow',
    keys: ['enter'],
    title: 'Follow the value',
    help: 'Opens the launcher with the template, the value and the hosts filled in, or asks to fetch the file. Nothing is sent before you say so.',
    where: 'screen',
    footer: 'follow',
    blocked: ({ screen }) => (screen.offers().length > 0 ? undefined : 'no template takes a value of this row'),
    run({ screen, services }) {
      const offer = screen.offers()[screen.get().list.cursor];
      if (offer?.kind === 'carve') services.ui.go('carves', { hosts: offer.hosts, path: offer.value });
      else if (offer) services.ui.go('launch', { template: offer.template.name, params: offer.params, hosts: offer.hosts });
    },
  },
  ...listCommands<PivotScreen>('pivot', {
    get: ({ screen }) => screen.get().list,
    set: ({ screen }, list) => screen.set(shown => ({ ...shown, list })),
    extent: ({ screen, size }) => ({ count: screen.offers().length, height: listHeight(size) }),
  }),
];

export const pivot = defineScreen({
  id: 'pivot',
  title: 'Pivot',
  create,
  commands,
  View,
  receive: ({ screen }, wish) => screen.set({ pivot: wish, list: LIST_START }),
});
