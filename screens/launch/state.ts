/** What the Launch screen remembers: template, what was typed into its form, whom to ask. Outside React. */
import type { Host } from '../../src/core/model.ts';
import { checkParam } from '../../src/core/params.ts';
import type { ParamSpec, Template } from '../../src/core/template.ts';
import { type AppState, markedHosts } from '../../src/state/index.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import { LIST_START, type ListState, settle } from '../../src/ui/list-state.ts';
import { findTemplates, waitField } from './select.ts';

export type LaunchState = {
  readonly search: string;
  readonly list: ListState;
  /** The form field that has the keyboard, by its place; undefined: the list of templates has it. */
  readonly focus: number | undefined;
  /** What was typed, by template and field. */
  readonly typed: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly timeout: string;
  /** Hosts handed over by another screen; without them the marked ones are asked. */
  readonly hosts: readonly Host[] | undefined;
  readonly offline: 'wait' | 'skip';
};

export type LaunchScreen = Store<LaunchState> & {
  templates(): readonly Template[];
  template(): Template | undefined;
  fields(): readonly ParamSpec[];
  value(field: ParamSpec): string;
  type(field: ParamSpec, value: string): void;
  /** Parameters as typed; fields left empty are left to their defaults. */
  params(): Readonly<Record<string, string>>;
  /** ms; undefined when what was typed is no time-out. */
  timeoutMs(): number | undefined;
  targets(): readonly Host[];
  choose(name: string): void;
  patch(change: Partial<LaunchState>): void;
};

/** `timeoutS`: how long to wait unless told otherwise. `all` is asked each time: the console opens before the templates are loaded. */
export function createLaunch(app: AppState, all: () => readonly Template[], timeoutS: number): LaunchScreen {
  const store = createStore<LaunchState>({
    search: '',
    list: LIST_START,
    focus: undefined,
    typed: {},
    timeout: '',
    hosts: undefined,
    offline: 'wait',
  });
  const wait = waitField(timeoutS);
  const patch = (change: Partial<LaunchState>) => store.set(state => ({ ...state, ...change }));
  const templates = () => findTemplates(all(), store.get().search);
  const template = () => {
    const shown = templates();
    return shown[settle(store.get().list, { count: shown.length, height: 1 }).cursor];
  };
  const typedFor = (name: string | undefined) => (name === undefined ? {} : (store.get().typed[name] ?? {}));

  return {
    ...store,
    patch,
    templates,
    template,
    fields() {
      const chosen = template();
      return chosen ? [...chosen.params, wait] : [];
    },
    value: field => (field === wait ? store.get().timeout : (typedFor(template()?.name)[field.name] ?? '')),
    type(field, value) {
      const name = template()?.name;
      if (field === wait) patch({ timeout: value });
      else if (name !== undefined) patch({ typed: { ...store.get().typed, [name]: { ...typedFor(name), [field.name]: value } } });
    },
    params: () => Object.fromEntries(Object.entries(typedFor(template()?.name)).filter(([, value]) => value !== '')),
    timeoutMs() {
      const checked = checkParam(wait, store.get().timeout || String(timeoutS), 0);
      return 'value' in checked ? Number(checked.value) * 1000 : undefined;
    },
    targets: () => store.get().hosts ?? markedHosts(app),
    choose(name) {
      const place = all().findIndex(candidate => candidate.name === name);
      if (place >= 0) patch({ search: '', list: { cursor: place, top: 0 }, focus: undefined });
    },
  };
}
