/** What keys do to the line editor on the status line. */
import type { KeyPress } from './keys/names.ts';
import { edit, insert, type LineState, lineOf } from './line.ts';
import { finalFault, type Prompt, withCompletion, withLine } from './prompt.ts';
import type { Ui } from './ui-state.ts';

function replace(ui: Ui, before: Prompt, prompt: Prompt): void {
  ui.set(state => ({ ...state, prompt }));
  const { text, cursor } = prompt.line;
  if (text !== before.line.text) prompt.options.onChange?.(text, cursor);
}

const change = (ui: Ui, prompt: Prompt, line: LineState, back?: number): void => replace(ui, prompt, withLine(prompt, line, back));

export const promptText = (ui: Ui, prompt: Prompt, text: string): void => change(ui, prompt, insert(prompt.line, text));

const close = (ui: Ui) => ui.set(state => ({ ...state, prompt: undefined }));

/** A text with a fault stays in the prompt, and is pointed at. */
function accept(ui: Ui, prompt: Prompt): void {
  const { options, line } = prompt;
  const fault = finalFault(prompt);
  if (fault) {
    ui.set(state => ({ ...state, prompt: { ...prompt, fault } }));
    return;
  }
  close(ui);
  options.onAccept?.(line.text);
  ui.remember(options.id, line.text, options.lasting);
}

function cancel(ui: Ui, { options }: Prompt): void {
  close(ui);
  options.onCancel?.();
}

/** Walks through the accepted texts of this prompt; `by` 1 is one back in time. */
function recall(ui: Ui, prompt: Prompt, by: 1 | -1): void {
  const history = ui.history(prompt.options.id);
  const back = Math.max(0, Math.min(history.length, prompt.back + by));
  if (back !== prompt.back) change(ui, prompt, lineOf(back === 0 ? prompt.draft : (history.at(-back) ?? '')), back);
}

const complete = (step: 1 | -1) => (ui: Ui, prompt: Prompt) => replace(ui, prompt, withCompletion(prompt, step));

const HISTORY: Readonly<Record<string, (ui: Ui, prompt: Prompt) => void>> = {
  up: (ui, prompt) => recall(ui, prompt, 1),
  down: (ui, prompt) => recall(ui, prompt, -1),
};

const OWN_KEYS: Readonly<Record<string, (ui: Ui, prompt: Prompt) => void>> = {
  ...HISTORY,
  enter: accept,
  esc: cancel,
  'ctrl+c': cancel,
  tab: complete(1),
  'shift+tab': complete(-1),
};

/**
 * Handles a key that the prompt has use for; false when it has none. Text and editing keys are always the prompt's;
 * enter, esc, tab and the arrows are too, unless a command of the screen claims them (`claimed`). The arrows of a prompt that
 * `recalls` cannot be claimed.
 */
export function promptKey(
  ui: Ui,
  prompt: Prompt,
  key: KeyPress,
  claimed: () => { readonly screen: string | undefined } | undefined,
): boolean {
  const line = key.text === undefined ? edit(prompt.line, key.name) : insert(prompt.line, key.text);
  if (line) {
    change(ui, prompt, line);
    return true;
  }
  const own = (prompt.options.recalls && HISTORY[key.name]) || (claimed()?.screen === undefined && OWN_KEYS[key.name]);
  if (!own) return false;
  own(ui, prompt);
  return true;
}
