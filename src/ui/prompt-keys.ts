/** The line editor on the status line: what keys do to it. */
import type { KeyPress } from './keys/names.ts';
import { edit, insert, type LineState, lineOf } from './line.ts';
import type { Prompt, Ui } from './ui-state.ts';

function change(ui: Ui, prompt: Prompt, line: LineState, back = 0): void {
  ui.set(state => ({ ...state, prompt: { ...prompt, line, back, note: line.text === prompt.line.text ? prompt.note : '' } }));
  if (line.text !== prompt.line.text) prompt.options.onChange?.(line.text);
}

export const promptText = (ui: Ui, prompt: Prompt, text: string): void => change(ui, prompt, insert(prompt.line, text));

const close = (ui: Ui) => ui.set(state => ({ ...state, prompt: undefined }));

function accept(ui: Ui, { options, line }: Prompt): void {
  close(ui);
  ui.remember(options.id, line.text);
  options.onAccept?.(line.text);
}

function cancel(ui: Ui, { options }: Prompt): void {
  close(ui);
  options.onCancel?.();
}

/** Walks through the accepted texts of this prompt; `by` 1 is one back in time. */
function recall(ui: Ui, prompt: Prompt, by: 1 | -1): void {
  const history = ui.history(prompt.options.id);
  const back = Math.max(0, Math.min(history.length, prompt.back + by));
  if (back !== prompt.back) change(ui, prompt, lineOf(back === 0 ? '' : (history.at(-back) ?? '')), back);
}

function complete(ui: Ui, prompt: Prompt): void {
  const completed = prompt.options.complete?.(prompt.line.text);
  if (completed !== undefined) change(ui, prompt, lineOf(completed));
}

const OWN_KEYS: Readonly<Record<string, (ui: Ui, prompt: Prompt) => void>> = {
  enter: accept,
  esc: cancel,
  'ctrl+c': cancel,
  up: (ui, prompt) => recall(ui, prompt, 1),
  down: (ui, prompt) => recall(ui, prompt, -1),
  tab: complete,
};

/**
 * Handles a key that the prompt has use for; false when it has none. Text and editing keys are always the prompt's;
 * enter, esc, tab and the arrows are too, unless a command of the screen claims them (`claimed`).
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
  const own = OWN_KEYS[key.name];
  if (!own || claimed()?.screen !== undefined) return false;
  own(ui, prompt);
  return true;
}
