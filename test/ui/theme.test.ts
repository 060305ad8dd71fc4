import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../src/core/model.ts';
import { detectTerminal, isAddressable, severityLetter, styleOf } from '../../src/ui/theme.ts';

const UTF8 = { LANG: 'C.UTF-8' };

describe('what a terminal can show', () => {
  it.each([
    [{ TERM: 'xterm-256color' }, 'ansi16'],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'full'],
    [{ TERM: 'screen' }, 'ansi16'],
    [{ TERM: 'linux' }, 'ansi16'],
    [{ TERM: 'vt100' }, 'none'],
    [{ TERM: 'vt220' }, 'none'],
    [{ TERM: 'dumb' }, 'none'],
    [{}, 'none'],
    [{ TERM: 'xterm', NO_COLOR: '1' }, 'none'],
    [{ TERM: 'xterm', NO_COLOR: '' }, 'ansi16'],
    [{ TERM: 'xterm', CI: '1' }, 'ansi16'],
  ])('%j has %s colours', (env, colour) => {
    expect(detectTerminal({ ...UTF8, ...env }).colour).toBe(colour);
  });

  it.each([
    [{ LANG: 'en_US.UTF-8' }, true],
    [{ LANG: 'C.utf8' }, true],
    [{ LANG: 'C' }, false],
    [{}, false],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'C', LC_CTYPE: 'en_US.UTF-8' }, true],
    [{ LANG: 'C', LC_ALL: '', LC_CTYPE: 'de_DE.UTF-8' }, true],
  ])('%j: characters beyond ASCII: %s', (env, unicode) => {
    expect(detectTerminal({ TERM: 'xterm', ...env }).unicode).toBe(unicode);
  });

  it('sets the title only of those that have one', () => {
    const titled = ['xterm-256color', 'screen', 'tmux-256color', 'rxvt-unicode', 'st-256color', 'linux', 'vt220', 'dumb', 'cons25', ''];
    expect(titled.filter(TERM => detectTerminal({ TERM }).titles)).toEqual(titled.slice(0, 5));
  });

  it('cannot place a cursor on a dumb one', () => {
    expect([{ TERM: 'dumb' }, { TERM: 'unknown' }, {}].map(isAddressable)).toEqual([false, false, false]);
    expect([{ TERM: 'vt100' }, { TERM: 'linux' }].map(isAddressable)).toEqual([true, true]);
  });
});

describe('severity', () => {
  it('has a letter of its own each', () => {
    expect(SEVERITIES.map(severityLetter)).toEqual(['I', 'L', 'M', 'H', 'C']);
  });

  it('uses no colour where there is none', () => {
    for (const severity of SEVERITIES) {
      const style = styleOf(severity, { colour: 'none', unicode: true });
      expect(style).not.toHaveProperty('color');
      expect(style).not.toHaveProperty('backgroundColor');
    }
  });
});
