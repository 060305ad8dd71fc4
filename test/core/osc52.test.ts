import { describe, expect, it } from 'vitest';
import { clipboardSequence, multiplexerOf } from '../../src/core/osc52.ts';

const decoded = (sequence: string) => Buffer.from(/52;c;([^\x07]*)\x07/.exec(sequence)?.[1] ?? '', 'base64').toString();

describe('the sequence that fills a clipboard', () => {
  const hostile = 'a\x1b]0;owned\x07\x1b\\\n\u009c é';

  it('holds the text, and nothing of it can break out', () => {
    const sequence = clipboardSequence(hostile) ?? '';
    expect(decoded(sequence)).toBe(hostile);
    expect(sequence).toMatch(/^\x1b\]52;c;[A-Za-z0-9+/=]*\x07$/);
  });

  it('goes to tmux both as it is and through it', () => {
    const sequence = clipboardSequence(hostile, 'tmux') ?? '';
    expect(sequence).toMatch(/^\x1b\]52;c;[A-Za-z0-9+/=]+\x07\x1bPtmux;\x1b\x1b\]52;c;[A-Za-z0-9+/=]+\x07\x1b\\$/);
    expect(decoded(sequence.slice(sequence.indexOf('tmux')))).toBe(hostile);
  });

  it('goes through screen in pieces', () => {
    const text = 'x'.repeat(2_000);
    const sequence = clipboardSequence(text, 'screen') ?? '';
    const pieces = [...sequence.matchAll(/\x1bP([\s\S]*?)\x1b\\/g)].map(([, piece = '']) => piece);
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.every(piece => piece.length <= 240)).toBe(true);
    expect(decoded(pieces.join(''))).toBe(text);
  });

  it('is not made of what terminals do not take', () => {
    expect(clipboardSequence('x'.repeat(56_000))).toBeDefined();
    expect(clipboardSequence('x'.repeat(57_000))).toBeUndefined();
  });
});

describe('the multiplexer', () => {
  it.each([
    [{ TMUX: '/tmp/tmux-0/default,1,0', TERM: 'screen-256color' }, 'tmux'],
    [{ TERM: 'tmux-256color' }, 'tmux'],
    [{ STY: '1.pts-0.host', TERM: 'xterm' }, 'screen'],
    [{ TERM: 'screen' }, 'screen'],
    [{ TERM: 'xterm-256color' }, undefined],
  ])('of %o is %s', (env, expected) => expect(multiplexerOf(env)).toBe(expected));
});
