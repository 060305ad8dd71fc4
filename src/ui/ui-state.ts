/** What the console itself is doing: which screen is up, what the status line says, who has the keyboard. Outside React. */
import type { Host, Row } from '../core/model.ts';
import { createStore, type Store } from '../state/store.ts';
import { type LineState, lineOf } from './line.ts';

/** What a screen can be asked to show when it is opened from elsewhere. */
export type Intents = {
  feed: { readonly filter: string };
  hosts: { readonly search: string };
  launch: {
    readonly hosts?: readonly Host[];
    readonly template?: string;
    readonly params?: Readonly<Record<string, string>>;
  };
  results: { readonly runId: string };
  pivot: { readonly row: Row; readonly column: string | undefined; readonly host: Host | undefined };
  sources: { readonly source: string };
  help: { readonly search: string };
  palette: { readonly search: string };
  welcome: { readonly reason: string };
};
export type ScreenId = keyof Intents;

export type Level = 'info' | 'warn' | 'error';
export type Notice = { readonly level: Level; readonly text: string; readonly at: number };

export type PromptOptions = {
  /** Prompts of one id share their history. */
  readonly id: string;
  /** What stands before the text. */
  readonly label: string;
  readonly value?: string;
  /** Called with every change of the text. */
  onChange?(value: string): void;
  /** Enter. The prompt is closed already. */
  onAccept?(value: string): void;
  /** Esc or ctrl+c. The prompt is closed already. */
  onCancel?(): void;
  /** Tab: the whole text completed, or undefined when nothing fits. */
  complete?(value: string): string | undefined;
};

export type Prompt = {
  readonly options: PromptOptions;
  readonly line: LineState;
  /** What is wrong with the text, shown beside it. */
  readonly note: string;
  /** Position in the history, 0 being the text that is being typed. */
  readonly back: number;
};

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
  readonly confirm: Confirm | undefined;
  readonly field: Field | undefined;
  readonly zone: 'utc' | 'local';
  readonly columns: number;
  readonly rows: number;
};

export type Ui = Store<UiState> & {
  /** Opens a screen, with a wish where there is one. */
  go<Id extends ScreenId>(screen: Id, intent?: Intents[Id]): void;
  /** Returns to the screen before; false when there is none. */
  back(): boolean;
  /** Says something on the status line until the next key. */
  say(text: string, level?: Level): void;
  prompt(options: PromptOptions): void;
  /** Says what is wrong with the prompt's text; empty takes it back. */
  promptNote(note: string): void;
  /** Asks before something that matters. Resolves false on no. */
  confirm(options: ConfirmOptions): Promise<boolean>;
  /** Gives the keyboard to a text field of a form; undefined takes it back. */
  focus(field: Field | undefined): void;
  zone(zone: UiState['zone']): void;
  /** Registers who hears the wishes of a screen. */
  onIntent<Id extends ScreenId>(screen: Id, receive: (intent: Intents[Id]) => void): void;
  /** Accepted texts of a prompt, newest last. */
  history(id: string): readonly string[];
  remember(id: string, text: string): void;
};

const TRAIL = 20;
const HISTORY = 100;

export type UiOptions = { readonly screen?: ScreenId; readonly columns?: number; readonly rows?: number; now(): number };

export function createUi({ screen = 'feed', columns = 80, rows = 24, now }: UiOptions): Ui {
  const store = createStore<UiState>({
    screen,
    trail: [],
    notice: undefined,
    prompt: undefined,
    confirm: undefined,
    field: undefined,
    zone: 'utc',
    columns,
    rows,
  });
  const patch = (change: Partial<UiState>) => store.set(state => ({ ...state, ...change }));
  const receivers = new Map<ScreenId, (intent: unknown) => void>();
  const histories = new Map<string, string[]>();

  return {
    ...store,
    go(next, intent) {
      const { screen: current, trail } = store.get();
      if (next !== current) patch({ screen: next, trail: [...trail.filter(id => id !== next), current].slice(-TRAIL), prompt: undefined });
      if (intent !== undefined) receivers.get(next)?.(intent);
    },
    back() {
      const { trail } = store.get();
      const before = trail.at(-1);
      if (before === undefined) return false;
      patch({ screen: before, trail: trail.slice(0, -1), prompt: undefined });
      return true;
    },
    say: (text, level = 'info') => patch({ notice: { level, text, at: now() } }),
    prompt: options => patch({ prompt: { options, line: lineOf(options.value ?? ''), note: '', back: 0 } }),
    promptNote: note => store.set(state => (state.prompt ? { ...state, prompt: { ...state.prompt, note } } : state)),
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
    history: id => histories.get(id) ?? [],
    remember(id, text) {
      if (text === '') return;
      const known = (histories.get(id) ?? []).filter(entry => entry !== text);
      histories.set(id, [...known, text].slice(-HISTORY));
    },
  };
}
