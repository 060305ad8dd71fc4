import { beforeEach, describe, expect, it } from 'vitest';
import { EVENT_VOCABULARY, parseFilter } from '../../src/core/filter.ts';
import { byFrequency, promptFilter, withTerm } from '../../src/ui/filter-prompt.ts';
import { pairsInMemory } from '../../src/ui/pairs.ts';
import { promptKey, promptText } from '../../src/ui/prompt-keys.ts';
import { createUi, type Ui } from '../../src/ui/ui-state.ts';

let ui: Ui;
let looked: string[];

const kept = pairsInMemory();
const SEEN: Readonly<Record<string, readonly string[]>> = { host: ['web-1', 'web-2', 'db-1'] };

beforeEach(() => {
  ui = createUi({ kept, now: () => 0 });
  looked = [];
});

const open = (before = '', over: { readonly value?: string; readonly fuzzy?: boolean } = {}) =>
  promptFilter(ui, {
    id: 'test.filter',
    label: '/',
    before,
    fields: EVENT_VOCABULARY.fields,
    seen: field => SEEN[field] ?? [],
    parse: filter => parseFilter(filter),
    look: filter => looked.push(filter),
    ...over,
  });

const prompt = () => ui.get().prompt;
function type(text: string): void {
  for (const letter of text) {
    const current = prompt();
    if (current) promptText(ui, current, letter);
  }
}
function press(name: string): void {
  const current = prompt();
  if (current) promptKey(ui, current, { name }, () => ({ screen: 'feed' }));
}
function accept(): void {
  const current = prompt();
  if (current) promptKey(ui, current, { name: 'enter' }, () => undefined);
}

describe('the filter prompt', () => {
  it('looks while one types, but not for the beginning of a field', () => {
    open();
    type('x host:db-1');
    expect(looked).toEqual(['x', 'x', 'x', 'x', 'x', 'x', 'x host:d*', 'x host:db*', 'x host:db-*', 'x host:db-1*']);
  });

  it('takes a half-typed value for the beginning of one, and an accepted one as it stands', () => {
    open();
    type('col:path=/t');
    expect(looked.at(-1)).toBe('col:path=/t*');
    accept();
    expect(looked.at(-1)).toBe('col:path=/t');
  });

  it.each(['-host:db', 'host:"db"', 'text:db', 'col:path', 'col:port>1', 'sev>=high', 'db'])(
    'takes %j as it stands while it is typed',
    text => {
      open();
      type(text);
      expect(looked.at(-1)).toBe(text);
    },
  );

  it('takes only the value that is being typed for a beginning', () => {
    open();
    type('host:db table:cron');
    expect(looked.at(-1)).toBe('host:db table:cron*');
  });

  it('looks for everything that is typed where words find something at any length', () => {
    open('', { fuzzy: true });
    type('ho');
    expect(looked).toEqual(['h', 'ho']);
  });

  it('leaves the last good filter in force, and points at the word once it can no longer become right', () => {
    open();
    type('sev>=h');
    expect(looked).toEqual(['', '', '']);
    expect(prompt()?.fault).toBeUndefined();
    expect(prompt()?.offer?.completions.items).toEqual([{ text: 'sev>=high', label: 'high' }]);
    type('x');
    expect(prompt()?.fault).toMatchObject({ from: 0, to: 7, what: expect.stringContaining("no severity 'hx'") });
    expect(looked).toHaveLength(3);
  });

  it('points at a wrong word elsewhere at once', () => {
    open('', { value: 'colour:red ' });
    type('ta');
    expect(prompt()?.fault).toMatchObject({ from: 0, to: 10 });
  });

  it('does not take a wrong filter', () => {
    open();
    type('sev>=h');
    accept();
    expect(prompt()?.fault).toMatchObject({ from: 0, to: 6 });
    type('igh');
    accept();
    expect(prompt()).toBeUndefined();
    expect(looked.at(-1)).toBe('sev>=high');
  });

  it('begins a term to leave out with a mark that means nothing yet', () => {
    open('proc', { value: 'proc -' });
    expect(prompt()?.fault).toBeUndefined();
    type('h');
    expect(looked).toEqual(['proc']);
    expect(prompt()?.offer?.completions.items.map(({ text }) => text)).toEqual(['-host:']);
    press('backspace');
    accept();
    expect(looked.at(-1)).toBe('proc');
  });

  it('puts the filter of before back when it is left', () => {
    open('sev>=high');
    type(' x');
    const current = prompt();
    if (current) promptKey(ui, current, { name: 'esc' }, () => undefined);
    expect(looked).toEqual(['sev>=high', 'sev>=high x', 'sev>=high']);
  });

  it('remembers filters, also in the next console, and its arrows are its own', () => {
    open();
    type('web');
    accept();
    ui = createUi({ kept, now: () => 0 });
    open();
    press('up');
    expect(prompt()?.line.text).toBe('web');
    expect(looked.at(-1)).toBe('web');
    press('down');
    expect(prompt()?.line.text).toBe('');
  });
});

describe('adding to a filter', () => {
  it.each([
    ['', 'host:a', 'host:a'],
    ['sev>=high', 'host:a', 'sev>=high host:a'],
    ['host:a sev>=high', 'host:a', 'host:a sev>=high'],
    ['-host:a', 'host:a', '-host:a host:a'],
    ['host:ab', 'host:a', 'host:ab host:a'],
  ])('%j and %j make %j', (filter, term, both) => expect(withTerm(filter, term)).toBe(both));

  it('offers what occurs most first', () => {
    expect(byFrequency(['a', 'b', 'c', 'b', 'c', 'b'])).toEqual(['b', 'c', 'a']);
  });
});
