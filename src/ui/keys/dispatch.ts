/**
 * Who gets a key. In this order: the question that is open, the menu, the prompt, the text field, the screen's commands, those
 * that act everywhere. Typed text never reaches a command. Plain code without React: tests press keys by calling it.
 */
import { clean } from '../../core/sanitize.ts';
import { confirmKey } from '../confirm-keys.ts';
import { tooSmall } from '../layout.ts';
import { menuKey } from '../menu.ts';
import { promptKey, promptText } from '../prompt-keys.ts';
import type { Services } from '../services.ts';
import type { Where } from './command.ts';
import { attempt, execute } from './execute.ts';
import { type KeyPress, keyLabel } from './names.ts';
import type { Registry } from './registry.ts';

/** Engine notices cannot be dismissed before they have been on screen for this many ms. */
const READING_MS = 4_000;

/** The keys that work while the terminal is too small to show what they do. */
const BLIND_KEYS = new Set(['ctrl+c', 'ctrl+z', 'ctrl+l', 'q']);

/** What acts while text is typed: into the prompt, into a field of a form. */
const IN_PROMPT: readonly Where[] = ['typing'];
const IN_FIELD: readonly Where[] = ['typing', 'form'];

export type Dispatcher = { press(key: KeyPress): void; paste(text: string): void };

export function createDispatcher(services: Services, registry: Registry): Dispatcher {
  const { ui, state } = services;
  let lastKeyAt = Number.NEGATIVE_INFINITY;

  /** The command of a key, among those that act now. */
  const find = (name: string, where?: readonly Where[]) =>
    [...registry.current().commands, ...registry.globals].find(
      command => command.keys.includes(name) && (where === undefined || where.includes(command.where)),
    );

  const dismiss = () => {
    if (ui.get().notice) ui.set(current => ({ ...current, notice: undefined }));
    const notice = state.notice.get();
    if (notice && services.now() - notice.at >= READING_MS) state.notice.set(undefined);
  };

  const command = (key: KeyPress, where?: readonly Where[]) => {
    const found = find(key.name, where);
    if (found) void execute(ui, found);
    else if (where === undefined) ui.say(`${keyLabel(key.name)} does nothing here. ? lists the keys.`);
  };

  const dispatch = (key: KeyPress, quietMs: number) => {
    const { confirm, menu, prompt, field } = ui.get();
    if (confirm) confirmKey(ui, confirm, key, quietMs);
    else if (menu) menuKey(ui, menu, key);
    else if (prompt) {
      if (!promptKey(ui, prompt, key, () => find(key.name, IN_PROMPT))) command(key, IN_PROMPT);
    } else if (field) {
      if (key.text === undefined && !field.edit(key.name)) command(key, IN_FIELD);
    } else command(key);
  };

  return {
    press(key) {
      const now = services.now();
      const quietMs = now - lastKeyAt;
      lastKeyAt = now;
      if (tooSmall(ui.get()) && !BLIND_KEYS.has(key.name)) return;
      dismiss();
      void attempt(ui, () => dispatch(key, quietMs));
    },
    paste(text) {
      const { confirm, menu, prompt, field } = ui.get();
      if (confirm || menu || registry.current().paste(text)) return;
      const line = clean(text.trim().replace(/\s*[\r\n]+\s*/g, ' '));
      if (prompt) promptText(ui, prompt, line);
      else if (field) field.insert(line);
      else ui.say('Nothing here takes a pasted text.');
    },
  };
}
