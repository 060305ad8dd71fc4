import xterm from '@xterm/headless';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { squeeze, toAscii } from '../../src/ui/output.ts';

const COLUMNS = 40;

/** Everything that can be seen of a terminal after `output`: letters and their looks. */
async function seen(output: string): Promise<string> {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: 6, allowProposedApi: true });
  await new Promise<void>(resolve => terminal.write(output.replaceAll('\n', '\r\n'), resolve));
  const { active } = terminal.buffer;
  const rows = Array.from({ length: 6 }, (_, y) =>
    Array.from({ length: COLUMNS }, (_, x) => {
      const cell = active.getLine(y)?.getCell(x);
      const blank = !cell?.getChars().trim() && !cell?.isInverse() && cell?.isBgDefault();
      return blank
        ? ' '
        : [cell?.getChars(), cell?.isInverse(), cell?.isBold(), cell?.isDim(), cell?.getFgColor(), cell?.getBgColor()].join(',');
    }).join('|'),
  );
  terminal.dispose();
  return `${rows.join('\n')}\n${active.cursorX},${active.cursorY}`;
}

describe('squeeze', () => {
  it('joins style sequences, steps over blanks and over unchanged lines', () => {
    expect(squeeze('\x1b[22m\x1b[1m\x1b[31mx\x1b[39m')).toBe('\x1b[22;1;31mx\x1b[39m');
    expect(squeeze('a        b')).toBe('a\x1b[8Cb');
    expect(squeeze('\x1b[E\x1b[E\x1b[E\x1b[1G\x1b[Kx\n\x1b[1G\x1b[Ky')).toBe('\x1b[3E\x1b[Kx\n\x1b[Ky');
  });

  it('keeps the blanks of a bar', () => {
    expect(squeeze('\x1b[7ma        b\x1b[27m')).toBe('\x1b[7ma        b\x1b[27m');
    expect(squeeze('\x1b[41ma        b\x1b[49m        c')).toBe('\x1b[41ma        b\x1b[49m\x1b[8Cc');
  });

  it('changes nothing that can be seen', async () => {
    const style = fc.constantFrom('\x1b[1m', '\x1b[22m', '\x1b[2m', '\x1b[7m', '\x1b[27m', '\x1b[31m', '\x1b[39m', '\x1b[41m', '\x1b[49m');
    const word = fc.constantFrom('a', 'web-1', '日本', '      ', ' ', '          ', '●');
    const line = fc
      .array(fc.oneof(word, style), { maxLength: 8 })
      .map(parts => `${parts.join('')}\x1b[22;27;39;49m`)
      .filter(text => stringWidth(text) < COLUMNS);
    const frame = fc.array(line, { minLength: 1, maxLength: 5 });
    const update = fc.array(
      fc.oneof(
        fc.constant('\x1b[E'),
        line.map(text => `\x1b[1G\x1b[K${text}\n`),
      ),
      { maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(frame, update, async (first, then) => {
        const output = `${first.join('\n')}\x1b[H${then.join('')}`;
        expect(await seen(squeeze(output))).toBe(await seen(output));
      }),
    );
  });
});

describe('toAscii', () => {
  it('has a lookalike for what the console draws', () => {
    expect(toAscii('▌● lab · 3 new … │─ ↑↓')).toBe('>* lab - 3 new ~ |- ^v');
  });

  it('keeps the width of everything', () => {
    expect(toAscii('日本語')).toBe('??????');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(toAscii(text)).toMatch(/^[\x00-\x7f]*$/);
        expect(stringWidth(toAscii(text))).toBe(stringWidth(text));
      }),
    );
  });
});
