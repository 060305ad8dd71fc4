/** What can be done on the Hosts screen. */
import { HOST_VOCABULARY } from '../../src/core/host-filter.ts';
import { selectHosts } from '../../src/core/host-match.ts';
import type { Host } from '../../src/core/model.ts';
import { hostKey } from '../../src/state/index.ts';
import { carveCommand } from '../../src/ui/carve-command.ts';
import { andNot, promptFilter } from '../../src/ui/filter-prompt.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import { listCommands } from '../../src/ui/list-commands.ts';
import { move } from '../../src/ui/list-state.ts';
import { nodeCommand } from '../../src/ui/node-command.ts';
import { copyCommands } from './copy-commands.ts';
import { listHeight } from './rows.ts';
import { seenInInventory } from './seen.ts';
import { SORTS, searchHosts } from './select.ts';
import type { HostsScreen } from './state.ts';
import { noHost, targets } from './targets.ts';

type Context = CommandContext<HostsScreen>;

function mark({ services }: Context, hosts: readonly Host[], how: 'add' | 'toggle'): void {
  services.state.marks.set(known => {
    const marks = new Set(known);
    for (const key of hosts.map(hostKey)) {
      if (how === 'toggle' && marks.has(key)) marks.delete(key);
      else marks.add(key);
    }
    return marks;
  });
}

function markRange(context: Context): void {
  const { screen, services } = context;
  const { rangeFrom } = screen.get();
  const current = screen.current();
  if (!current) return;
  const shown = screen.shown();
  const start = shown.findIndex(host => hostKey(host) === rangeFrom);
  if (rangeFrom === undefined || start < 0) {
    screen.patch({ rangeFrom: hostKey(current) });
    services.ui.say(`Range from ${current.hostname}: move to its other end and press V again.`);
    return;
  }
  const end = shown.indexOf(current);
  mark(context, shown.slice(Math.min(start, end), Math.max(start, end) + 1), 'add');
  screen.patch({ rangeFrom: undefined });
}

/** The prompt on the search; `value`: what it begins with. */
function askSearch({ screen, services: { ui, state } }: Context, value: string): void {
  promptFilter(ui, {
    id: 'hosts.search',
    label: '/',
    before: screen.get().search,
    value,
    fields: HOST_VOCABULARY.fields,
    seen: seenInInventory(() => state.inventory.get().hosts),
    fuzzy: true,
    parse: search => searchHosts([], search),
    look: search => screen.look(search),
  });
}

/** A pasted list of names, one a line: marks the hosts it names and says which names stand for none or for several. */
export function markPasted(context: Context, text: string): boolean {
  const names = text.split(/[\r\n,;\t]+/).map(name => name.trim());
  if (names.filter(name => name !== '').length < 2) return false;
  const { hosts } = context.services.state.inventory.get();
  const found = selectHosts(hosts, { names, all: false, platforms: [], labels: [], exclude: [] });
  mark(context, found.hosts, 'add');
  const offline = found.hosts.filter(host => host.status !== 'online').length;
  const said = [`${found.hosts.length} marked from the list, ${offline} of them not online.`, ...found.problems];
  context.services.ui.say(said.join(' '), found.problems.length > 0 ? 'warn' : 'info');
  return true;
}

export const commands: readonly Command<HostsScreen>[] = [
  {
    id: 'hosts.query',
    keys: ['enter', 'Q'],
    title: 'Query the marked hosts',
    help: 'Opens the launcher for the marked hosts, or for the one under the cursor when none is marked.',
    where: 'screen',
    footer: 'query',
    blocked: noHost,
    run: context => context.services.ui.go('launch', { hosts: targets(context) }),
  },
  {
    id: 'hosts.search',
    keys: ['/'],
    title: 'Search',
    help: 'Narrows the list as you type: fuzzy words, or status:offline platform:linux label:web source:prod !name "text"; tab completes.',
    where: 'screen',
    footer: 'search',
    run: context => askSearch(context, context.screen.get().search),
  },
  {
    id: 'hosts.exclude',
    keys: ['\\'],
    title: 'Filter out',
    help: 'Adds a word to the search that hosts must not have.',
    where: 'screen',
    run: context => askSearch(context, andNot(context.screen.get().search)),
  },
  {
    id: 'hosts.mark',
    keys: ['space'],
    title: 'Mark',
    help: 'Marks the host under the cursor, or takes its mark away, and moves on.',
    where: 'screen',
    footer: 'mark',
    blocked: noHost,
    run(context) {
      const current = context.screen.current();
      if (current) mark(context, [current], 'toggle');
      context.screen.scroll((list, extent) => move(list, 1, extent), listHeight(context.size));
    },
  },
  {
    id: 'hosts.mark-range',
    keys: ['V'],
    title: 'Mark a range',
    help: 'The first press starts a range at the cursor, the second marks every host from there to the cursor.',
    where: 'screen',
    footer: 'range',
    blocked: noHost,
    run: markRange,
  },
  {
    id: 'hosts.mark-all',
    keys: ['A'],
    title: 'Mark all shown',
    help: 'Marks every host that the search shows; marks on others stay. A pasted list of names marks those.',
    where: 'screen',
    footer: 'all',
    blocked: noHost,
    run: context => mark(context, context.screen.shown(), 'add'),
  },
  {
    id: 'hosts.unmark',
    keys: ['U'],
    title: 'Clear marks',
    help: 'Takes every mark away, on hosts that are not shown too.',
    where: 'screen',
    footer: 'unmark',
    blocked: ({ services }) => (services.state.marks.get().size > 0 ? undefined : 'no host is marked'),
    run: ({ services }) => services.state.marks.set(new Set()),
  },
  {
    id: 'hosts.events',
    keys: ['.'],
    title: 'Events of this host',
    help: 'Opens the feed with only the events of the host under the cursor.',
    where: 'screen',
    blocked: noHost,
    run({ screen, services }) {
      const host = screen.current();
      if (host) services.ui.go('feed', { filter: `host:"${host.hostname}"` });
    },
  },
  {
    id: 'hosts.host',
    keys: ['H'],
    title: 'Page of this host',
    help: 'Opens the host under the cursor: who it is, what changed on it, what it was asked. J and K go on to its neighbours.',
    where: 'screen',
    footer: 'host',
    blocked: noHost,
    run({ screen, services }) {
      const host = screen.current();
      if (host) services.ui.go('host', { host, among: screen.shown() });
    },
  },
  ...copyCommands,
  carveCommand<HostsScreen>('hosts', targets),
  nodeCommand<HostsScreen>('hosts', targets),
  {
    id: 'hosts.sort',
    keys: ['s'],
    title: 'Sort by the next column',
    help: `Sorts by ${SORTS.join(', ')}, one after the other.`,
    where: 'screen',
    run({ screen }) {
      const next = SORTS[(SORTS.indexOf(screen.get().sort.by) + 1) % SORTS.length] ?? 'name';
      screen.patch({ sort: { by: next, reverse: false } });
    },
  },
  {
    id: 'hosts.reverse',
    keys: ['o'],
    title: 'Reverse the order',
    help: 'Turns the order of the list around.',
    where: 'screen',
    run: ({ screen }) => screen.patch({ sort: { ...screen.get().sort, reverse: !screen.get().sort.reverse } }),
  },
  ...listCommands<HostsScreen>('hosts', {
    get: ({ screen, size }) => screen.window(listHeight(size)),
    set: ({ screen, size }, list) => screen.scroll(() => list, listHeight(size)),
    extent: ({ screen, size }) => ({ count: screen.shown().length, height: listHeight(size) }),
  }),
];
