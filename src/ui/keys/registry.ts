/** The open screens with their commands, and the commands that act on all of them. */
import { GLOBAL_COMMANDS } from '../commands.ts';
import { bodySize } from '../layout.ts';
import type { OpenScreen, Screen } from '../screen.tsx';
import type { Services } from '../services.ts';
import { type BoundCommand, bind, type CommandInfo } from './command.ts';

export type Registry = {
  readonly screens: readonly OpenScreen[];
  readonly globals: readonly BoundCommand[];
  /** Every command of every screen, then the global ones. */
  readonly commands: readonly BoundCommand[];
  /** The screen that is up. */
  current(): OpenScreen;
};

/** What the commands of the console itself act on. */
export type Desk = Registry & {
  /** Epoch ms of the last ctrl+c that closed no prompt and no question. */
  interruptedAt: number;
};

/** Opens every screen. The first of the list is the one to fall back on. */
export function openScreens(services: Services, screens: readonly Screen[]): Registry {
  const context = () => ({ screen: desk, services, size: bodySize(services.ui.get()) });
  const opened = screens.map(screen => screen.open(services));
  const globals = [...tabCommands(screens, services), ...GLOBAL_COMMANDS.map(command => bind(command, undefined, context))];
  const desk: Desk = {
    screens: opened,
    globals,
    commands: [...opened.flatMap(screen => screen.commands), ...globals],
    interruptedAt: Number.NEGATIVE_INFINITY,
    current() {
      const { screen: id } = services.ui.get();
      const found = opened.find(screen => screen.id === id) ?? opened[0];
      if (!found) throw new Error('the console has no screens');
      return found;
    },
  };
  return desk;
}

const tabInfo = ({ id, title, key }: Screen): CommandInfo => ({
  id: `go.${id}`,
  keys: key === undefined ? [] : [key],
  title: `Go to ${title}`,
  help: `Opens the screen ${title}.`,
  where: 'everywhere',
});

const tabs = (screens: readonly Screen[]) => screens.filter(screen => screen.key !== undefined);

const tabCommands = (screens: readonly Screen[], { ui }: Services): BoundCommand[] =>
  tabs(screens).map(screen => ({ ...tabInfo(screen), screen: undefined, blocked: () => undefined, run: () => ui.go(screen.id) }));

/** Every command there is, for the key table: by screen, then those that act everywhere. */
export function commandTable(
  screens: readonly Screen[],
): ReadonlyArray<{ readonly title: string; readonly commands: readonly CommandInfo[] }> {
  return [
    ...screens.map(({ title, commands }) => ({ title, commands })),
    { title: 'Everywhere', commands: [...tabs(screens).map(tabInfo), ...GLOBAL_COMMANDS] },
  ];
}
