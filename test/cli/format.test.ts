import { describe, expect, it } from 'vitest';
import type { TerminalFacts } from '../../src/adapters/terminal.ts';
import { csvLine } from '../../src/cli/csv.ts';
import { createMessages } from '../../src/cli/messages.ts';
import { tableLines } from '../../src/cli/table.ts';

const terminal = (over: Partial<TerminalFacts> = {}): TerminalFacts => ({
  tty: true,
  columns: 40,
  rows: 24,
  colour: 0,
  unicode: true,
  dumb: false,
  ...over,
});

describe('CSV', () => {
  it('quotes what RFC 4180 wants quoted', () => {
    expect(csvLine(['a', 'b,c', 'd"e', 'f\r\ng', ' h', null, undefined, 5, true, ''])).toBe('a,"b,c","d""e","f\r\ng"," h",,,5,true,\r\n');
  });

  it.each(['=1+1', '+1+1', '-1+1', '@SUM(A1)', '=cmd|" /C calc"!A0', '  =1', '＝1', '\t=1', '-2+3+cmd', '+', '-'])(
    'makes a text of the formula %j',
    cell => {
      expect(csvLine([cell]).replaceAll('""', '"')).toMatch(/^"?'/);
    },
  );

  it.each(['-5', '+3.5', '-.5', '-1e9', 'a=b', '5-3', '-'.padStart(2, 'x')])('leaves %j alone', cell => {
    expect(csvLine([cell])).toBe(`${cell}\r\n`);
  });
});

describe('a table', () => {
  it('is as wide as it needs to be where nobody counts columns', () => {
    const [wide, long] = ['x'.repeat(50), 'x'.repeat(200)];
    expect(tableLines(['a', 'b'], [[wide, 'y']], terminal({ tty: false }))).toEqual([`a${' '.repeat(49)}  b`, `${wide}  y`]);
    expect(tableLines(['a', 'b'], [[long, 'y']], terminal({ tty: false }))).toEqual([`a${' '.repeat(59)}  b`, `${long}  y`]);
  });

  it('fits a terminal, taking from the widest columns, the name last', () => {
    const lines = tableLines(['host', 'name', 'cmdline'], [['web-1.example', 'bash', 'x'.repeat(100)]], terminal());
    expect(lines).toEqual(['host           name  cmdline', `web-1.example  bash  ${'x'.repeat(18)}…`]);
    for (const columns of [1, 5, 12, 39]) {
      for (const line of tableLines(
        ['host', 'a', 'b', 'c'],
        [['web-1', 'long text', 'longer text', 'longest text']],
        terminal({ columns }),
      )) {
        expect(line.length).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('counts what wide characters take, and never cuts one in two', () => {
    const [, line = ''] = tableLines(['a', 'b'], [['漢字漢字', '👩‍👩‍👧‍👦 family '.repeat(10)]], terminal({ columns: 20 }));
    expect(line).toMatch(/^漢字漢字 {2}/);
    expect(line.isWellFormed()).toBe(true);
  });

  it('obeys nobody, and speaks ASCII where it must', () => {
    const cells = [['\u001b[2J', 'é…']];
    expect(tableLines(['a', 'b'], cells, terminal())[1]).toBe('␛[2J  é…');
    expect(tableLines(['a', 'b'], cells, terminal({ unicode: false }))[1]).toBe('^[[2J  ?...');
  });

  it('has a bold head with colour only', () => {
    expect(tableLines(['a'], [], terminal({ colour: 4 }))).toEqual(['\u001b[1ma\u001b[22m']);
  });
});

describe('messages', () => {
  function messages(facts: Partial<TerminalFacts>, options = { quiet: false, plain: false }) {
    let text = '';
    const write = (part: string) => {
      text += part;
    };
    const stream = { write, on: () => undefined };
    return { ...createMessages(stream, terminal(facts), options), text: () => text };
  }

  it('redraw progress on a terminal, and take it away before a line', () => {
    const { progress, tell, text } = messages({});
    progress('1 of 2');
    progress('2 of 2 '.repeat(20));
    tell('done');
    expect(text()).toBe(`\r\u001b[K1 of 2\r\u001b[K${'2 of 2 '.repeat(20).slice(0, 39)}\r\u001b[Kdone\n`);
  });

  it('tell of the failure that ends a command once, also when it was told as it came', () => {
    const { tell, fail, text } = messages({});
    tell('the port is taken');
    fail('the port is taken', 'rollcall: ');
    fail('something else', 'rollcall: ');
    expect(text()).toBe('the port is taken\nrollcall: something else\n');
  });

  it.each([
    ['not on a terminal', { tty: false }, { quiet: false, plain: false }, 'step\ndone\n'],
    ['with --plain', {}, { quiet: false, plain: true }, 'step\ndone\n'],
    ['with --quiet', {}, { quiet: true, plain: false }, 'done\n'],
  ])('leave progress out %s', (_when, facts, options, expected) => {
    const { progress, step, tell, text } = messages(facts, options);
    progress('1 of 2');
    step('step');
    tell('done');
    expect(text()).toBe(expected);
  });
});
