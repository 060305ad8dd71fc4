/** What the Carves screen remembers: what has come, what is in it, where the cursor stands. Outside React. */
import type { Host } from '../../src/core/model.ts';
import { permitHosts } from '../../src/core/policy.ts';
import type { Carve, CarvedFile } from '../../src/core/ports.ts';
import { Problem, toProblem } from '../../src/core/problem.ts';
import { shortSize } from '../../src/core/size.ts';
import type { CarveOrder, Carving } from '../../src/engine/carving.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import { counted } from '../../src/ui/format.ts';
import { attempt } from '../../src/ui/keys/execute.ts';
import { LIST_START, type ListState, reanchor, settle } from '../../src/ui/list-state.ts';
import { namesOf } from '../../src/ui/node-command.ts';
import type { Services } from '../../src/ui/services.ts';
import { type CarveRow, carveRows, isComing } from './select.ts';

export type CarvesState = {
  readonly carves: readonly Carve[];
  /** Why they cannot be listed. */
  readonly problem: string;
  readonly list: ListState;
  /** Key of the row under the cursor: the cursor stays on it when others come. */
  readonly at: string | undefined;
  readonly inPane: boolean;
  readonly scroll: number;
  /** What is in archives that were opened, by carve. */
  readonly files: ReadonlyMap<string, readonly CarvedFile[]>;
};

export type CarvesScreen = Store<CarvesState> & {
  rows(): readonly CarveRow[];
  window(height: number): ListState;
  current(): CarveRow | undefined;
  /** Looks at what has come. */
  refresh(): Promise<void>;
  /** Asks for a path, then whether to, and sends it. `path`: what to begin with; `left`: called when no path was given. */
  ask(hosts: readonly Host[], path: string, left?: () => void): void;
  /** Reads what is in the carve. */
  look(carve: Carve): Promise<void>;
  /** Asks for a directory and writes the files of the carve there. */
  extract(carve: Carve): void;
  patch(change: Partial<CarvesState>): void;
};

const START: CarvesState = { carves: [], problem: '', list: LIST_START, at: undefined, inPane: false, scroll: 0, files: new Map() };

const same = (a: readonly Carve[], b: readonly Carve[]): boolean => JSON.stringify(a) === JSON.stringify(b);

export function createCarves(services: Services): CarvesScreen {
  const { ui } = services;
  const store = createStore(START);
  const patch = (change: Partial<CarvesState>) => store.set(shown => ({ ...shown, ...change }));
  const rows = () => carveRows(store.get().carves, services.carving?.orders() ?? []);

  const carving = (): Carving => {
    if (!services.carving) throw new Problem('usage', 'rollcall is still starting: try again in a moment.');
    return services.carving;
  };

  const window = (height: number): ListState => {
    const shown = rows();
    const extent = { count: shown.length, height };
    const { list, at } = store.get();
    if (at === undefined || shown[list.cursor]?.key === at) return settle(list, extent);
    const index = shown.findIndex(({ key }) => key === at);
    return index < 0 ? settle(list, extent) : reanchor(list, index, extent);
  };

  const refresh = async () => {
    try {
      const carves = (await services.carving?.list()) ?? [];
      const { carves: before, problem } = store.get();
      if (problem !== '' || !same(before, carves) || rows().some(isComing)) patch({ carves, problem: '' });
    } catch (thrown) {
      patch({ problem: toProblem(thrown).message });
    }
  };

  /** Says how it went, on whichever screen one is then. */
  const told = async (order: CarveOrder) => {
    await order.ended;
    await refresh();
    const here = (await order.carves()).filter(({ state }) => state === 'complete');
    const [first] = here;
    if (order.hosts.length === 1 && first)
      ui.say(`${first.hostname} sent ${first.path}: ${shortSize(first.size)}, SHA-256 ${first.sha256 ?? ''}.`);
    else ui.say(`${here.length} of ${counted(order.hosts.length, 'host')} sent ${order.path}.`, here.length > 0 ? 'info' : 'warn');
  };

  const send = async (hosts: readonly Host[], path: string) => {
    permitHosts(services.engine.policy, hosts.length);
    const away = hosts.filter(({ status }) => status !== 'online').length;
    const yes = await ui.confirm({
      title: `Fetch ${path} from ${counted(hosts.length, 'host')}?`,
      lines: [`${namesOf(hosts)}${away > 0 ? `   (${away} not online: waited for)` : ''}`],
      yes: 'fetch',
      ...(hosts.length > services.engine.policy.confirmAbove ? { number: hosts.length } : {}),
    });
    if (!yes) return ui.say('Nothing was sent.');
    const order = await carving().launch(path, hosts);
    ui.say(`Asked ${counted(hosts.length, 'host')} for ${path}.`);
    void attempt(ui, () => told(order));
    patch({ list: LIST_START, at: undefined });
    await refresh();
  };

  return {
    ...store,
    patch,
    rows,
    window,
    current: () => rows()[window(1).cursor],
    refresh,
    ask(hosts, path, left) {
      ui.prompt({
        id: 'carves.path',
        label: `Absolute path on ${namesOf(hosts)}: `,
        value: path,
        check(typed) {
          const what = typed === '' ? 'name a file' : services.carving?.refusal(typed);
          return what === undefined ? undefined : { from: 0, to: typed.length, what };
        },
        onAccept: typed => void attempt(ui, () => send(hosts, typed)),
        onCancel: () => left?.(),
      });
    },
    async look(carve) {
      const files = await carving().files(carve, new AbortController().signal);
      patch({ files: new Map(store.get().files).set(carve.id, files) });
    },
    extract(carve) {
      ui.prompt({
        id: 'carves.directory',
        label: 'Extract into the new directory: ',
        value: `carve-${carve.id}`,
        onAccept: typed =>
          void attempt(ui, async () => {
            const { directory, files } = await carving().extract(carve, typed, new AbortController().signal);
            patch({ files: new Map(store.get().files).set(carve.id, files) });
            const written = files.filter(({ note }) => note === undefined).length;
            ui.say(`${counted(written, 'file')} extracted to ${directory}. What a host sends is evidence, not to be run.`);
          }),
      });
    },
  };
}
