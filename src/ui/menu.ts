/** A menu on the status line: one more key, and the thing is done. */
import { cells } from './cells.ts';
import { attempt } from './keys/execute.ts';
import { type KeyPress, keyLabel } from './keys/names.ts';
import type { Segment } from './theme.ts';
import type { Menu, Ui } from './ui-state.ts';

const LEAVING = new Set(['esc', 'ctrl+c']);

/** Closes the menu, whatever the key; does what the key stands for. */
export function menuKey(ui: Ui, { title, items }: Menu, { name }: KeyPress): void {
  ui.set(state => ({ ...state, menu: undefined }));
  const item = items.find(({ key }) => key === name);
  if (item) void attempt(ui, item.run);
  else if (!LEAVING.has(name)) ui.say(`${keyLabel(name)} is not in the menu '${title}'. Nothing was done.`);
}

const GAP = 2;

type Shown = { readonly key: string; readonly word: string };

/** Items one after the other on two lines, the first of which has `taken` cells already; undefined where they do not fit. */
function flowed(items: readonly Shown[], taken: number, width: number): readonly [Shown[], Shown[]] | undefined {
  const lines: [Shown[], Shown[]] = [[], []];
  let [line, used] = [0, taken];
  for (const item of items) {
    const size = cells(item.key) + cells(item.word) + (item.word === '' ? 0 : 1);
    if (used + size > width && line === 0) [line, used] = [1, 1];
    if (used + size > width) return undefined;
    lines[line === 0 ? 0 : 1].push(item);
    used += size + GAP;
  }
  return lines;
}

const lineOf = (items: readonly Shown[]): Segment[] =>
  items.flatMap(({ key, word }, index): Segment[] => [
    { text: ' '.repeat(index === 0 ? 0 : GAP) },
    { text: key, tone: 'strong' },
    { text: word === '' ? '' : ` ${word}` },
  ]);

/** Title, keys with their words, how to leave, on up to two lines; first the words get shorter, then the title goes. */
export function menuLines({ title, items }: Menu, width: number): readonly [readonly Segment[], readonly Segment[]] {
  const leave: Shown = { key: 'esc', word: '' };
  const full = [...items.map(({ key, word }) => ({ key: keyLabel(key), word })), leave];
  const short = [...items.map(({ key, word, short: less = word }) => ({ key: keyLabel(key), word: less })), leave];
  const room = 1 + cells(title) + GAP;
  const titled = flowed(full, room, width) ?? flowed(short, room, width);
  const [first, second] = titled ?? flowed(short, 1, width) ?? [short, []];
  const heading = titled ? ` ${title}${' '.repeat(GAP)}` : ' ';
  return [[{ text: heading, tone: 'accent' }, ...lineOf(first)], second.length > 0 ? [{ text: ' ' }, ...lineOf(second)] : []];
}
