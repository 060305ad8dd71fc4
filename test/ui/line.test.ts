import { describe, expect, it } from 'vitest';
import { edit, insert, type LineState, lineOf } from '../../src/ui/line.ts';

/** `|` is the cursor. */
const at = (marked: string): LineState => ({ text: marked.replace('|', ''), cursor: marked.indexOf('|') });
const marked = (line: LineState | undefined): string | undefined =>
  line && `${line.text.slice(0, line.cursor)}|${line.text.slice(line.cursor)}`;

describe('the line editor', () => {
  it.each([
    ['ctrl+a', 'host:we|b', '|host:web'],
    ['home', 'host:we|b', '|host:web'],
    ['ctrl+e', 'ho|st', 'host|'],
    ['end', 'ho|st', 'host|'],
    ['ctrl+u', 'host:we|b', '|b'],
    ['ctrl+k', 'host:we|b', 'host:we|'],
    ['ctrl+w', 'sev>=high host:web |', 'sev>=high |'],
    ['ctrl+w', 'one two| three', 'one | three'],
    ['backspace', 'ab|c', 'a|c'],
    ['backspace', '|abc', '|abc'],
    ['delete', 'a|bc', 'a|c'],
    ['ctrl+d', 'a|bc', 'a|c'],
    ['left', 'ab|c', 'a|bc'],
    ['right', 'ab|c', 'abc|'],
    ['right', 'abc|', 'abc|'],
  ])('%s turns %s into %s', (key, before, after) => {
    expect(marked(edit(at(before), key))).toBe(after);
  });

  it('takes an emoji of several code points as one letter', () => {
    const line = lineOf('a👨‍👩‍👧');
    expect(edit(line, 'backspace')).toEqual({ text: 'a', cursor: 1 });
    expect(edit(line, 'left')).toEqual({ text: 'a👨‍👩‍👧', cursor: 1 });
  });

  it('inserts at the cursor', () => {
    expect(marked(insert(at('a|d'), 'bc'))).toBe('abc|d');
  });

  it('leaves other keys to others', () => {
    for (const key of ['enter', 'esc', 'tab', 'up', 'ctrl+c', 'f1']) expect(edit(at('a|'), key)).toBeUndefined();
  });
});
