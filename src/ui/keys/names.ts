/** Keys by name: `j`, `G`, `down`, `ctrl+d`, `enter`, `esc`, `space`, `tab`, `shift+tab`, `pageup`, `f1`. */
import type { Key } from 'ink';
import { graphemes } from '../cells.ts';

/** `text` is what the key would type; absent for keys that type nothing. */
export type KeyPress = { readonly name: string; readonly text?: string };

const NAMED: ReadonlyArray<readonly [flag: keyof Key, name: string]> = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

function characterPress(character: string): KeyPress {
  if (character === '\r' || character === '\n') return { name: 'enter' };
  if (character === '\t') return { name: 'tab' };
  return { name: character === ' ' ? 'space' : character, text: character };
}

/** What one event of Ink's `useInput` means; a chunk of plain text is one key for each character. */
export function keyPresses(input: string, key: Key): readonly KeyPress[] {
  const named = NAMED.find(([flag]) => key[flag])?.[1];
  if (named) {
    const shifted = key.shift && named !== 'enter' ? `shift+${named}` : named;
    return [{ name: key.ctrl ? `ctrl+${shifted}` : shifted }];
  }
  if (key.ctrl) return [{ name: input === ' ' ? 'ctrl+space' : `ctrl+${input}` }];
  if (key.meta) return [{ name: `alt+${input}` }];
  return [...graphemes(input)].map(characterPress);
}

const SHOWN: Readonly<Record<string, string>> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  pageup: 'pgup',
  pagedown: 'pgdn',
  'shift+tab': 'shift-tab',
};

/** A key as footers and help write it: `^d` for `ctrl+d`. */
export const keyLabel = (name: string): string => SHOWN[name] ?? (name.startsWith('ctrl+') ? `^${name.slice(5)}` : name);
