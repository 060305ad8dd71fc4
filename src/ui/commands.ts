/** What a person can do on every screen. */
import type { Command, CommandContext } from './keys/command.ts';
import type { Desk } from './keys/registry.ts';

/** ms in which a second ctrl+c leaves. */
const TWICE_MS = 2_000;

/** Leaves the console; asks first while its live queries wait for answers. */
async function leave({ services }: CommandContext<Desk>): Promise<void> {
  const open = services.state.runs.get().runs.filter(run => run.open && services.engine.holds(run.id));
  if (open.length > 0) {
    const hosts = open.reduce((sum, run) => sum + run.tally.waiting, 0);
    const queries = open.length === 1 ? 'A live query still waits' : `${open.length} live queries still wait`;
    const lines = ['Answers are kept; hosts that have not answered count as cancelled.'];
    if (!(await services.ui.confirm({ title: `${queries} for ${hosts} ${hosts === 1 ? 'host' : 'hosts'}. Leave?`, lines, yes: 'leave' })))
      return;
  }
  services.exit();
}

/** Ctrl+c: what runs on the screen stops; the second one leaves, whatever the first one has stopped. */
function interrupt({ screen: desk, services }: CommandContext<Desk>): void {
  const now = services.now();
  const twice = now - desk.interruptedAt <= TWICE_MS;
  desk.interruptedAt = now;
  if (twice) services.exit();
  else if (!desk.current().interrupt()) services.ui.say('Press ctrl+c again to leave.');
}

function stepBack({ screen: desk, services: { ui } }: CommandContext<Desk>): void {
  if (!desk.current().back() && !ui.back()) ui.say('Nothing to step back from. q leaves.');
}

export const GLOBAL_COMMANDS: readonly Command<Desk>[] = [
  {
    id: 'app.help',
    keys: ['?', 'f1'],
    title: 'Help',
    help: 'Lists what can be done here; type to search, enter does it.',
    where: 'everywhere',
    footer: 'help',
    run: ({ services }) => services.ui.go('help', { search: '' }),
  },
  {
    id: 'app.palette',
    keys: [':'],
    title: 'Command palette',
    help: 'Finds any command, screen or template by a few letters of its name.',
    where: 'everywhere',
    footer: 'commands',
    run: ({ services }) => services.ui.go('palette', { search: '' }),
  },
  {
    id: 'go.carves',
    keys: [],
    title: 'Go to Carves',
    help: 'Opens the files that were fetched from hosts: how far they are, their digests, what is in them.',
    where: 'everywhere',
    run: ({ services }) => services.ui.go('carves', {}),
  },
  {
    id: 'app.back',
    keys: ['esc'],
    title: 'One step back',
    help: 'Closes the prompt, the filter, the pane or the screen, one at a time. Never leaves rollcall.',
    where: 'typing',
    run: stepBack,
  },
  {
    id: 'app.last',
    keys: ['-'],
    title: 'Last screen',
    help: 'Returns to the screen that was up before, and back again.',
    where: 'everywhere',
    blocked: ({ services }) => (services.ui.get().trail.length === 0 ? 'No other screen was open yet.' : undefined),
    run({ services: { ui } }) {
      const before = ui.get().trail.at(-1);
      if (before) ui.go(before);
    },
  },
  {
    id: 'app.zone',
    keys: ['z'],
    title: 'UTC or local times',
    help: 'Switches lists between UTC and the time zone of this machine. Details show both.',
    where: 'everywhere',
    run({ services: { ui } }) {
      const zone = ui.get().zone === 'utc' ? 'local' : 'utc';
      ui.zone(zone);
      ui.say(zone === 'utc' ? 'Times are UTC.' : 'Times are local.');
    },
  },
  {
    id: 'app.bell',
    keys: [],
    title: 'Bell on new critical events',
    help: 'Rings the bell of the terminal when critical events come in, every ten seconds at most, or is silent again. tmux marks the window.',
    where: 'everywhere',
    async run({ services: { alarm, ui } }) {
      const bell = !alarm.settings.get().bell;
      await alarm.change({ bell });
      ui.say(bell ? 'New critical events ring the bell.' : 'The bell is silent.');
    },
  },
  {
    id: 'app.title',
    keys: [],
    title: 'Window title on new critical events',
    help: 'Counts the critical events that came in since the last key in the title of the window, or leaves the title alone again.',
    where: 'everywhere',
    blocked: ({ services }) => (services.terminal.titles ? undefined : 'this terminal has no title that could be set'),
    async run({ services: { alarm, ui } }) {
      const title = !alarm.settings.get().title;
      await alarm.change({ title });
      ui.say(title ? 'The title of the window counts new critical events.' : 'The title of the window is left alone.');
    },
  },
  {
    id: 'app.refresh',
    keys: ['f5'],
    title: 'List hosts anew',
    help: 'Asks every source for its hosts now.',
    where: 'everywhere',
    async run({ services: { engine, ui } }) {
      ui.say('Listing hosts …');
      const failed = await engine.refreshHosts();
      const [first] = failed.values();
      if (first) ui.say(first.message, 'error');
      else ui.say(`${engine.hosts().length} hosts listed.`);
    },
  },
  {
    id: 'app.redraw',
    keys: ['ctrl+l'],
    title: 'Redraw',
    help: 'Paints the whole screen anew.',
    where: 'typing',
    run: ({ services }) => services.redraw(),
  },
  {
    id: 'app.suspend',
    keys: ['ctrl+z'],
    title: 'Suspend',
    help: 'Gives the terminal back to the shell; fg returns here. Events go on being read after that.',
    where: 'typing',
    run: ({ services }) => services.suspend(),
  },
  {
    id: 'app.interrupt',
    keys: ['ctrl+c'],
    title: 'Stop what runs',
    help: 'Cancels the prompt or the running action. Twice: leaves.',
    where: 'typing',
    run: interrupt,
  },
  {
    id: 'app.leave',
    keys: ['q', 'f10'],
    title: 'Leave rollcall',
    help: 'Leaves; asks first while live queries wait for answers.',
    where: 'everywhere',
    footer: 'leave',
    run: leave,
  },
];
