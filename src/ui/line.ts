/** A one-line editor as a pure value: emacs keys, whole graphemes. The cursor is an index into `text` (UTF-16). */
import { graphemes } from './cells.ts';

export type LineState = { readonly text: string; readonly cursor: number };

export const lineOf = (text: string): LineState => ({ text, cursor: text.length });

export const insert = ({ text, cursor }: LineState, added: string): LineState => ({
  text: text.slice(0, cursor) + added + text.slice(cursor),
  cursor: cursor + added.length,
});

function previous(text: string, cursor: number): number {
  let last = '';
  for (const grapheme of graphemes(text.slice(0, cursor))) last = grapheme;
  return cursor - last.length;
}

function next(text: string, cursor: number): number {
  const following: string | undefined = graphemes(text.slice(cursor)).next().value;
  return cursor + (following?.length ?? 0);
}

const wordStart = (text: string, cursor: number): number => text.slice(0, cursor).replace(/\S+\s*$/, '').length;

const without = (text: string, from: number, to: number): LineState => ({ text: text.slice(0, from) + text.slice(to), cursor: from });

const EDITS: Readonly<Record<string, (line: LineState) => LineState>> = {
  left: ({ text, cursor }) => ({ text, cursor: previous(text, cursor) }),
  right: ({ text, cursor }) => ({ text, cursor: next(text, cursor) }),
  home: ({ text }) => ({ text, cursor: 0 }),
  end: ({ text }) => ({ text, cursor: text.length }),
  'ctrl+a': ({ text }) => ({ text, cursor: 0 }),
  'ctrl+e': ({ text }) => ({ text, cursor: text.length }),
  'ctrl+u': ({ text, cursor }) => without(text, 0, cursor),
  'ctrl+k': ({ text, cursor }) => ({ text: text.slice(0, cursor), cursor }),
  'ctrl+w': ({ text, cursor }) => without(text, wordStart(text, cursor), cursor),
  'ctrl+d': ({ text, cursor }) => without(text, cursor, next(text, cursor)),
  'ctrl+h': ({ text, cursor }) => without(text, previous(text, cursor), cursor),
  backspace: ({ text, cursor }) => without(text, previous(text, cursor), cursor),
  delete: ({ text, cursor }) => without(text, cursor, next(text, cursor)),
};

/** The line after an editing key, or undefined when `key` edits nothing. */
export const edit = (line: LineState, key: string): LineState | undefined => EDITS[key]?.(line);
