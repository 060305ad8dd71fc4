/** What can be done on the Launch screen. */
import { applicable } from '../../src/core/applicable.ts';
import { permitHosts } from '../../src/core/policy.ts';
import { toProblem } from '../../src/core/problem.ts';
import { MAX_WAIT_S } from '../../src/core/wait.ts';
import { wrapCells } from '../../src/ui/cells.ts';
import type { Command, CommandContext } from '../../src/ui/keys/command.ts';
import { listCommands } from '../../src/ui/list-commands.ts';
import { LIST_START, settle } from '../../src/ui/list-state.ts';
import { blastLines, blastOf, cycle } from './select.ts';
import type { LaunchScreen } from './state.ts';

type Context = CommandContext<LaunchScreen>;

/** Why the query as it stands cannot be sent. */
function problemOf({ screen, services }: Context): string | undefined {
  const entry = screen.entry();
  if (!entry) return 'no template is chosen';
  const { template } = entry;
  if (!template) return `${entry.name} is refused: ${entry.refusal}`;
  if (screen.targets().length === 0) return 'no hosts are picked: press 2, mark some with space, and come back with enter';
  const hosts = applicable(template, screen.targets()).length;
  if (hosts === 0) return `it runs on ${template.platforms.join(', ')} only, and no such host is picked`;
  if (screen.timeoutMs() === undefined) return `the time to wait must be 1 to ${MAX_WAIT_S} seconds`;
  try {
    permitHosts(services.engine.policy, hosts);
    services.engine.preview({ template: template.name, params: screen.params() });
    return undefined;
  } catch (thrown) {
    return toProblem(thrown).message;
  }
}

/** Cells that a confirmation leaves at its left and right. */
const CONFIRM_MARGIN = 3;

async function launch(context: Context): Promise<void> {
  const { screen, services, size } = context;
  const problem = problemOf(context);
  const template = screen.template();
  const timeoutMs = screen.timeoutMs();
  if (problem !== undefined || !template || timeoutMs === undefined) {
    services.ui.say(`Not sent: ${problem}`, 'warn');
    return;
  }
  const hosts = applicable(template, screen.targets());
  const request = { template: template.name, params: screen.params() };
  const { offline } = screen.get();
  const yes = await services.ui.confirm({
    title: `Send ${template.name} to ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}?`,
    lines: blastLines(blastOf(template, screen.targets()), template, offline, screen.past()).flatMap(line =>
      wrapCells(line, size.width - CONFIRM_MARGIN),
    ),
    yes: 'send',
    ...(hosts.length > services.engine.policy.confirmAbove ? { number: hosts.length } : {}),
  });
  if (!yes) {
    services.ui.say('Nothing was sent.');
    return;
  }
  screen.patch({ focus: undefined });
  services.ui.say(`Sending ${template.name} ...`);
  const { run } = await services.engine.launch(request, hosts, { timeoutMs, offline });
  services.ui.say('');
  services.ui.go('results', { runId: run.id });
}

/** Enter: from the list into the form where something must be typed, from field to field, and from the last one to the question. */
function next(context: Context): void | Promise<void> {
  const { screen } = context;
  const { focus } = screen.get();
  const fields = screen.fields();
  const needed = fields.findIndex(field => field.default === undefined && screen.value(field) === '');
  if (focus === undefined && needed >= 0) return screen.patch({ focus: needed });
  if (focus !== undefined && focus + 1 < fields.length) return screen.patch({ focus: focus + 1 });
  return launch(context);
}

const step = (by: 1 | -1) => (context: Context) => {
  const { screen } = context;
  const places = [undefined, ...screen.fields().keys()];
  const at = places.indexOf(screen.get().focus);
  screen.patch({ focus: places[(at + by + places.length) % places.length] });
};

const inForm = ({ screen }: Context): boolean => screen.get().focus !== undefined;

/** Up and down: in the list they move, in a field they go through its choices or to the field beside it. */
const vertical = (by: 1 | -1) => (context: Context) => {
  const { screen } = context;
  const { focus } = screen.get();
  const fields = screen.fields();
  const field = focus === undefined ? undefined : fields[focus];
  if (field?.type === 'enum') screen.type(field, cycle(field, screen.value(field), by));
  else if (focus !== undefined) screen.patch({ focus: Math.max(0, Math.min(fields.length - 1, focus + by)) });
  else screen.patch({ list: moveList(context, by) });
};

function moveList({ screen, size }: Context, by: number) {
  const extent = { count: screen.entries().length, height: size.height };
  const { list } = screen.get();
  return settle({ ...list, cursor: list.cursor + by }, extent);
}

const movements = listCommands<LaunchScreen>(
  'launch',
  {
    get: ({ screen }) => screen.get().list,
    set: ({ screen }, list) => screen.patch({ list, focus: undefined }),
    extent: ({ screen, size }) => ({ count: screen.entries().length, height: size.height }),
  },
  ['down', 'up'],
);

export const commands: readonly Command<LaunchScreen>[] = [
  {
    id: 'launch.next',
    keys: ['enter'],
    title: 'Next step',
    help: 'Goes to the next field that needs something, and in the end asks before the query is sent.',
    where: 'form',
    footer: 'go on',
    run: next,
  },
  {
    id: 'launch.field',
    keys: ['tab'],
    title: 'Next field',
    help: 'Goes through the list and the fields of the form.',
    where: 'form',
    footer: 'field',
    run: step(1),
  },
  {
    id: 'launch.field-back',
    keys: ['shift+tab'],
    title: 'Previous field',
    help: 'Goes back through the list and the fields of the form.',
    where: 'form',
    run: step(-1),
  },
  {
    id: 'launch.down',
    keys: ['down', 'j'],
    title: 'Next template or choice',
    help: 'Moves down the list; in a field goes to its next choice or to the next field.',
    where: 'form',
    run: vertical(1),
  },
  {
    id: 'launch.up',
    keys: ['up', 'k'],
    title: 'Previous template or choice',
    help: 'Moves up the list; in a field goes to its previous choice or to the field above.',
    where: 'form',
    run: vertical(-1),
  },
  {
    id: 'launch.search',
    keys: ['/'],
    title: 'Search templates',
    help: 'Narrows the list as you type, by name, title and ATT&CK id.',
    where: 'screen',
    footer: 'search',
    run({ screen, services: { ui } }) {
      const before = screen.get().search;
      const look = (search: string) => screen.patch({ search, list: LIST_START });
      ui.prompt({ id: 'launch.search', label: '/', value: before, onChange: look, onCancel: () => look(before) });
    },
  },
  {
    id: 'launch.all',
    keys: ['A'],
    title: 'Ask all hosts',
    help: 'Takes every host of every source as target.',
    where: 'screen',
    footer: 'all hosts',
    run: ({ screen, services }) => screen.patch({ hosts: services.state.inventory.get().hosts }),
  },
  {
    id: 'launch.marked',
    keys: ['U'],
    title: 'Ask the marked hosts',
    help: 'Takes the hosts that are marked on the Hosts screen as targets again.',
    where: 'screen',
    run: ({ screen }) => screen.patch({ hosts: undefined }),
  },
  {
    id: 'launch.offline',
    keys: ['o'],
    title: 'Wait for offline hosts, or not',
    help: 'Hosts that are offline are waited for until the deadline, or named as offline at once.',
    where: 'screen',
    footer: 'offline',
    blocked: context => (inForm(context) ? 'a field has the keyboard' : undefined),
    run: ({ screen }) => screen.patch({ offline: screen.get().offline === 'wait' ? 'skip' : 'wait' }),
  },
  ...movements,
];
