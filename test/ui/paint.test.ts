import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../src/core/model.ts';
import { paintLine } from '../../src/ui/paint.ts';
import type { Terminal, Tone } from '../../src/ui/theme.ts';

const colour: Terminal = { colour: 'ansi16', unicode: true };
const mono: Terminal = { colour: 'none', unicode: true };

describe('a painted line', () => {
  it('has exactly its width where something stands beside it', () => {
    for (const text of ['', 'web-1', '日本語', 'x'.repeat(50)]) {
      expect(stringWidth(stripVTControlCharacters(paintLine({ segments: [{ text }] }, 20, false, colour)))).toBe(20);
    }
  });

  it('erases to the edge instead of writing blanks', () => {
    expect(paintLine({ segments: [{ text: 'a          b' }] }, 80, true, colour)).toBe('\x1b[Ka\x1b[10Cb');
  });

  it('draws the selected line as a bar over the whole width, in one style', () => {
    const line = paintLine({ segments: [{ text: 'H', tone: 'high' }, { text: ' web-1' }], bar: true }, 10, true, colour);
    expect(line).toBe('\x1b[1;7mH web-1   \x1b[m');
  });

  it('gives each piece its style and takes it back', () => {
    const segments = [{ text: 'C', tone: 'critical' as const }, { text: ' x' }];
    expect(paintLine({ segments }, 10, true, colour)).toBe('\x1b[K\x1b[1;97;41mC\x1b[m x');
    expect(paintLine({ segments }, 10, true, mono)).toBe('\x1b[K\x1b[1;7mC\x1b[m x');
  });

  it('knows every tone in colour, and uses no colour without', () => {
    const tones: readonly Tone[] = [...SEVERITIES, 'ok', 'warn', 'bad', 'muted', 'accent', 'strong', 'cursor'];
    for (const tone of tones) {
      const segments = [{ text: 'x', tone }];
      expect(paintLine({ segments }, 1, true, colour), tone).toMatch(/^\x1b\[K\x1b\[[\d;]+mx\x1b\[m$/);
      expect(paintLine({ segments }, 1, true, mono), tone).not.toMatch(/[349]\d/);
    }
  });

  it('is ASCII where the locale knows nothing else', () => {
    const line = paintLine({ segments: [{ text: '▌日本…' }] }, 10, false, { colour: 'none', unicode: false });
    expect(line).toBe('>????~    ');
  });
});
