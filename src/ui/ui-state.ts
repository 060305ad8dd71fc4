/** What the console itself is doing: which screen is up, what the status line says, who has the keyboard. Outside React. */
import type { Host, Row } from '../core/model.ts';
import type { KeyValueStore } from '../core/ports.ts';
import { createStore, type Store } from '../state/store.ts';
import { pairsInMemory } from './pairs.ts';
import { openPrompt, type Prompt, type PromptOptions } from './prompt.ts';
import { type PromptHistory, promptHistory } from './prompt-history.ts';

export type { Prompt, PromptOptions } from './prompt.ts';

/** A host that events may tell of though no source lists it any more. */
export type HostAt = Pick<Host, 'source' | 'id' | 'hostname'>;

/** What a screen can be asked to show when it is opened from elsewhere. */
export type Intents = {
  feed: { readonly filter: string };
  hosts: { readonly search: string };
  /** `among`: where the next and the previous host are found; the whole inventory without. */
  host: { readonly host: HostAt; readonly among?: readonly HostAt[] };
  /** With hosts: asks them for a file, whose path is typed; `path` is the one to begin with. */
  carves: { readonly hosts?: readonly Host[]; readonly path?: string };
  launch: {
    readonly hosts?: readonly Host[];
    readonly template?: string;
    readonly params?: Readonly<Record<string, string>>;
  };
  results: { readonly runId: string };
  /** `filter`: the one in force in the feed; `terms`: what an event can be found by, to choose from. */
  filters: { readonly filter: string; readonly terms: readonly string[] };
  /** `at`: epoch ms of what is looked at in the feed; `filter`: the one in force there. */
  histogram: { readonly at: number | undefined; readonly filter: string };
  pivot: { readonly row: Row; readonly column: string | undefined; readonly host: Host | undefined };
  sources: { readonly source: string };
  help: { readonly search: string };
  palette: { readonly search: string };
  welcome: { readonly reason: string };
};
export type ScreenId = keyof Intents;

export type Level = 'info' | 'warn' | 'error';
export type Notice = { readonly level: Level; readonly text: string; readonly at: number };

/** A second key that is asked for. */
export type MenuItem = {
  readonly key: string;
  /** What it does, in a word or two. */
  readonly word: string;
  /** The same where there is little room. */
  readonly short?: string;
  /** The menu is closed already. A failure ends on the status line. */
  run(): void | Promise<void>;
};

export type Menu = { readonly title: string; readonly items: readonly MenuItem[] };

export type ConfirmOptions = {
  readonly title: string;
  /** What will happen, in a few lines. */
  readonly lines?: readonly string[];
  /** The number that has to be typed to say yes; without it `y` does. */
  readonly number?: number;
  /** What yes does, as a verb: "send", "leave". */
  readonly yes: string;
};

export type Confirm = {
  readonly options: ConfirmOptions;
  readonly typed: string;
  /** The input has been quiet once: keys are meant for the question. */
  readonly armed: boolean;
  /** What to do, after a key that did nothing. */
  readonly hint: string;
  answer(yes: boolean): void;
};

/** The text field of a form that has the keyboard. */
export type Field = {
  /** Applies an editing key that ink-text-input does not know; false when it edits nothing. */
  edit(key: string): boolean;
  insert(text: string): void;
};

export type UiState = {
  readonly screen: ScreenId;
  /** Screens left behind, the last one at the end. */
  readonly trail: readonly ScreenId[];
  readonly notice: Notice | undefined;
  readonly prompt: Prompt | undefined;
  readonly menu: Menu | undefined;
  readonly confirm: Confirm | undefined;
  readonly field: Field | undefined;
  readonly zone: 'utc' | 'local';
  readonly columns: number;
  readonly rows: number;
};

export type Ui = Store<UiState> &
  PromptHistory & {
    /** Opens a screen, with a wish where there is one. */
    go<Id extends ScreenId>(screen: Id, intent?: Intents[Id]): void;
    /** Returns to the screen before; false when there is none. */
    back(): boolean;
    /** Says something on the status line until the next key. */
    say(text: string, level?: Level): void;
    prompt(options: PromptOptions): void;
    /** Asks for a second key; any other closes the menu. */
    menu(menu: Menu): void;
    /** Asks before something that matters. Resolves false on no. */
    confirm(options: ConfirmOptions): Promise<boolean>;
    /** Gives the keyboard to a text field of a form; undefined takes it back. */
    focus(field: Field | undefined): void;
    zone(zone: UiState['zone']): void;
    /** Registers who hears the wishes of a screen. */
    onIntent<Id extends ScreenId>(screen: Id, receive: (intent: Intents[Id]) => void): void;
  };

const TRAIL = 20;

export type UiOptions = {
  readonly screen?: ScreenId;
  readonly columns?: number;
  readonly rows?: number;
  /** Where the history of prompts is kept; in memory when absent. */
  readonly kept?: KeyValueStore;
  now(): number;
};

export function createUi({ screen = 'feed', columns = 80, rows = 24, kept = pairsInMemory(), now }: UiOptions): Ui {
  const store = createStore<UiState>({
    screen,
    trail: [],
    notice: undefined,
    prompt: undefined,
    menu: undefined,
    confirm: undefined,
    field: undefined,
    zone: 'utc',
    columns,
    rows,
  });
  const patch = (change: Partial<UiState>) => store.set(state => ({ ...state, ...change }));
  const receivers = new Map<ScreenId, (intent: unknown) => void>();

  return {
    ...store,
    go(next, intent) {
      const { screen: current, trail } = store.get();
      if (next !== current)
        patch({ screen: next, trail: [...trail.filter(id => id !== next), current].slice(-TRAIL), prompt: undefined, menu: undefined });
      if (intent !== undefined) receivers.get(next)?.(intent);
    },
    back() {
      const { trail } = store.get();
      const before = trail.at(-1);
      if (before === undefined) return false;
      patch({ screen: before, trail: trail.slice(0, -1), prompt: undefined, menu: undefined });
      return true;
    },
    say: (text, level = 'info') => patch({ notice: { level, text, at: now() } }),
    prompt: options => patch({ prompt: openPrompt(options) }),
    menu: menu => patch({ menu }),
    confirm: options =>
      new Promise(resolve => {
        const answer = (yes: boolean) => {
          patch({ confirm: undefined });
          resolve(yes);
        };
        store.get().confirm?.answer(false);
        patch({ confirm: { options, typed: '', armed: false, hint: '', answer } });
      }),
    focus: field => patch({ field }),
    zone: zone => patch({ zone }),
    onIntent: (id, receive) => receivers.set(id, receive as (intent: unknown) => void),
    ...promptHistory(kept),
  };
}
