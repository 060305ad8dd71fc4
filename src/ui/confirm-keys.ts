/**
 * A question before something that matters. Saying no always works; saying yes only after the input has been quiet, so
 * that a key that was on its way when the question appeared cannot answer it.
 */
import type { KeyPress } from './keys/names.ts';
import type { Confirm, Ui } from './ui-state.ts';

/** ms without a key before yes counts. */
export const QUIET_MS = 400;

const NO_KEYS = new Set(['n', 'N', 'esc', 'ctrl+c', 'q']);

const show = (ui: Ui, confirm: Confirm, change: Partial<Confirm>) =>
  ui.set(state => ({ ...state, confirm: { ...confirm, armed: true, hint: '', ...change } }));

function yesOrNo(ui: Ui, confirm: Confirm, { name }: KeyPress): void {
  if (name === 'y' || name === 'Y') confirm.answer(true);
  else show(ui, confirm, { hint: `y: ${confirm.options.yes}, n: leave it` });
}

function typedNumber(ui: Ui, confirm: Confirm, number: number, { name }: KeyPress): void {
  const { typed } = confirm;
  if (/^\d$/.test(name)) show(ui, confirm, { typed: (typed + name).slice(0, 12) });
  else if (name === 'backspace') show(ui, confirm, { typed: typed.slice(0, -1) });
  else if (name === 'enter' && typed === String(number)) confirm.answer(true);
  else show(ui, confirm, { hint: `type ${number} and enter to ${confirm.options.yes}, esc to leave it` });
}

/** `quietMs`: how long no key had been pressed before this one. */
export function confirmKey(ui: Ui, confirm: Confirm, key: KeyPress, quietMs: number): void {
  if (NO_KEYS.has(key.name)) confirm.answer(false);
  else if (!confirm.armed && quietMs < QUIET_MS)
    ui.set(state => ({ ...state, confirm: { ...confirm, hint: 'too quick: press it again' } }));
  else if (confirm.options.number === undefined) yesOrNo(ui, confirm, key);
  else typedNumber(ui, confirm, confirm.options.number, key);
}
