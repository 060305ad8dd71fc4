/** What the Launch screen remembers: template, what was typed into its form, whom to ask. Outside React. */
import type { Host } from '../../src/core/model.ts';
import { checkParam } from '../../src/core/params.ts';
import { type Past, pastOf } from '../../src/core/past.ts';
import type { Run } from '../../src/core/run.ts';
import type { ParamSpec, Template } from '../../src/core/template.ts';
import { type AppState, markedHosts } from '../../src/state/index.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import { LIST_START, type ListState, settle } from '../../src/ui/list-state.ts';
import { type Entry, entriesOf, findTemplates, waitField } from './select.ts';

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
  /** Templates that the search shows, those that may not be launched last. */
  entries(): readonly Entry[];
  entry(): Entry | undefined;
  /** The one under the cursor, when it may be launched. */
  template(): Template | undefined;
  /** What it cost before; undefined when it never ran. */
  past(): Past | undefined;
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

/** The templates, and why others may not be launched; asked each time, for the console opens before they are loaded. */
export type Allowed = () => { readonly templates: readonly Template[]; readonly refused: ReadonlyMap<string, string> };

/** `timeoutS`: how long to wait unless told otherwise. */
export function createLaunch(app: AppState, allowed: Allowed, timeoutS: number): LaunchScreen {
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
  const all = () => {
    const { templates, refused } = allowed();
    return entriesOf(templates, refused);
  };
  const entries = () => findTemplates(all(), store.get().search);
  const entry = () => {
    const shown = entries();
    return shown[settle(store.get().list, { count: shown.length, height: 1 }).cursor];
  };
  const template = () => entry()?.template;
  let known: { readonly runs: readonly Run[]; readonly of: Template; readonly past: Past | undefined } | undefined;
  const typedFor = (name: string | undefined) => (name === undefined ? {} : (store.get().typed[name] ?? {}));

  return {
    ...store,
    patch,
    entries,
    entry,
    template,
    past() {
      const of = template();
      const { runs } = app.runs.get();
      if (!of) return undefined;
      if (known?.runs !== runs || known.of !== of) known = { runs, of, past: pastOf(runs, of) };
      return known.past;
    },
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
