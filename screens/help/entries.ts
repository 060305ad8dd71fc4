/** What help and palette list, and how they search it. Pure. */
import fuzzysort from 'fuzzysort';
import type { BoundCommand } from '../../src/ui/keys/command.ts';
import { keyLabel } from '../../src/ui/keys/names.ts';
import type { Services } from '../../src/ui/services.ts';

export type Entry = {
  readonly id: string;
  /** What it belongs to: a screen, "everywhere", "template", "host". */
  readonly group: string;
  readonly keys: string;
  readonly title: string;
  readonly help: string;
  /** Why it cannot be done now. */
  readonly blocked: string | undefined;
  readonly danger: boolean;
  run(): void | Promise<void>;
};

/** Hosts are listed only once this many letters are there. */
const HOST_LETTERS = 2;
const HOSTS_SHOWN = 20;

const commandEntry = (command: BoundCommand, group: string, run: Entry['run']): Entry => ({
  id: command.id,
  group,
  keys: command.keys.map(keyLabel).join(' '),
  title: command.title,
  help: command.help,
  blocked: command.blocked(),
  danger: command.danger ?? false,
  run,
});

type Way = { readonly services: Services; readonly titles: ReadonlyMap<string, string>; perform(command: BoundCommand): Promise<void> };

/** Goes to the screen that a command belongs to, then does it. */
function performer({ services, perform }: Way, command: BoundCommand): Entry['run'] {
  const owner = services.commands().find(candidate => candidate.id === `go.${command.screen}`);
  return async () => {
    if (owner && services.ui.get().screen !== command.screen) await owner.run();
    await perform(command);
  };
}

/** Screens without a tab have no command that goes there, and so no title here. */
const titleOf = ({ titles }: Way, screen: string): string => titles.get(screen) ?? screen.charAt(0).toUpperCase() + screen.slice(1);

/** Commands of `screen` first, then those that act everywhere. */
export function helpEntries(way: Way, screen: string): readonly Entry[] {
  const commands = way.services.commands();
  const here = commands.filter(command => command.screen === screen);
  const everywhere = commands.filter(command => command.screen === undefined);
  return [
    ...here.map(command => commandEntry(command, titleOf(way, screen), performer(way, command))),
    ...everywhere.map(command => commandEntry(command, 'everywhere', performer(way, command))),
  ];
}

function templateEntries({ services: { engine, ui } }: Way): readonly Entry[] {
  return engine.templates.map(({ name, title }) => ({
    id: `template.${name}`,
    group: 'template',
    keys: '',
    title: name,
    help: title,
    blocked: undefined,
    danger: false,
    run: () => ui.go('launch', { template: name }),
  }));
}

function hostEntries({ services: { state, ui } }: Way, query: string): readonly Entry[] {
  if (query.length < HOST_LETTERS) return [];
  const found = fuzzysort.go(query, state.inventory.get().hosts, { key: 'hostname', limit: HOSTS_SHOWN });
  return found.map(({ obj: host }) => ({
    id: `host.${host.source}.${host.id}`,
    group: 'host',
    keys: '',
    title: host.hostname,
    help: `${host.status}, ${host.platform}, ${host.source}`,
    blocked: undefined,
    danger: false,
    run: () => ui.go('hosts', { search: `"${host.hostname}"` }),
  }));
}

/** Every command of every screen, the templates, and the hosts that fit `query`; what is local only when `screen` is its own. */
export function paletteEntries(way: Way, screen: string, query: string): readonly Entry[] {
  const commands = way.services
    .commands()
    .filter(command => command.screen === undefined || way.titles.has(command.screen))
    .filter(command => !command.local || command.screen === screen)
    .map(command =>
      commandEntry(command, command.screen === undefined ? 'everywhere' : titleOf(way, command.screen), performer(way, command)),
    );
  return [...commands, ...templateEntries(way), ...hostEntries(way, query)];
}

/** Entries that fit, best first; all of them, in their order, for an empty query. */
export function searchEntries(entries: readonly Entry[], query: string): readonly Entry[] {
  const wanted = query.trim();
  if (wanted === '') return entries;
  const byKey = entries.filter(({ keys }) => keys.split(' ').includes(wanted));
  const found = fuzzysort.go(wanted, entries, { keys: ['title', 'help', 'group', 'id'], limit: 0, threshold: 0.3 });
  return [...byKey, ...found.map(({ obj }) => obj).filter(entry => !byKey.includes(entry))];
}
