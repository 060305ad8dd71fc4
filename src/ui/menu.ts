/** A menu on the status line: one more key, and the thing is done. */
import { cells } from './cells.ts';
import { attempt } from './keys/execute.ts';
import { type KeyPress, keyLabel } from './keys/names.ts';
import type { Segment } from './theme.ts';
import type { Menu, MenuItem, Ui } from './ui-state.ts';

const LEAVING = new Set(['esc', 'ctrl+c']);

/** Closes the menu, whatever the key; does what the key stands for. */
export function menuKey(ui: Ui, { title, items }: Menu, { name }: KeyPress): void {
  ui.set(state => ({ ...state, menu: undefined }));
  const item = items.find(({ key }) => key === name);
  if (item) void attempt(ui, item.run);
  else if (!LEAVING.has(name)) ui.say(`${keyLabel(name)} is not in the menu '${title}'. Nothing was done.`);
}

const ESC = 'esc';
const GAP = 2;

type Shown = { readonly key: string; readonly word: string };

const length = (items: readonly Shown[]): number => items.reduce((sum, { key, word }) => sum + cells(key) + cells(word) + 1 + GAP, 0);

const inFull = ({ key, word }: MenuItem): Shown => ({ key: keyLabel(key), word });
const inShort = ({ key, word, short }: MenuItem): Shown => ({ key: keyLabel(key), word: short ?? word });

/** Title, keys with their words, how to leave; first the words get shorter, then the title goes. */
export function menuSegments({ title, items }: Menu, width: number): readonly Segment[] {
  const room = width - 1 - cells(ESC);
  const full = items.map(inFull);
  const shown = cells(title) + GAP + length(full) <= room ? full : items.map(inShort);
  const heading = cells(title) + GAP + length(shown) <= room ? `${title}${' '.repeat(GAP)}` : '';
  return [
    { text: ` ${heading}`, tone: 'accent' },
    ...shown.flatMap(({ key, word }): Segment[] => [{ text: key, tone: 'strong' }, { text: ` ${word}${' '.repeat(GAP)}` }]),
    { text: ESC, tone: 'strong' },
  ];
}
