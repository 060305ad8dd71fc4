import { describe, expect, it } from 'vitest';
import { foreignSequences, piecesOf } from './escapes.ts';

describe('taking terminal output apart', () => {
  it('leaves out nothing', () => {
    const raw = 'a\x1b[1;31mb\x1b]0;title\x07c\x1b7\r\n\x9b2J\x1bPq\x1b\\ü\x1b]52;c;AAAA';
    expect(
      piecesOf(raw)
        .map(piece => piece.text)
        .join(''),
    ).toBe(raw);
  });

  it.each([
    ['the clipboard', '\x1b]52;c;aGk=\x07'],
    ['the title', '\x1b]0;owned\x1b\\'],
    ['the title, by its one-byte form', '\x9d0;owned\x9c'],
    ['a link', '\x1b]8;;http://x\x07x\x1b]8;;\x07'],
    ['a string without an end', 'x\x1b]0;owned'],
    ['a device control string', '\x1bP+q544e\x1b\\'],
    ['a status request', '\x1b[6n'],
    ['a window operation', '\x1b[21t'],
    ['a reset', '\x1bc'],
    ['hidden text', '\x1b[8mx'],
    ['blinking text beside a colour', '\x1b[38;5;8;5mx'],
    ['mouse reports', '\x1b[?1000h'],
    ['a bell', '\x07'],
    ['a control sequence in its one-byte form', '\x9b2J'],
  ])('finds %s', (_, raw) => {
    expect(foreignSequences(raw)).not.toEqual([]);
  });

  it('accepts what a full-screen program draws with', () => {
    const raw =
      '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J\x1b[H\x1b[1;38;5;8mx\x1b[48;2;5;6;8my\x1b[0m\x1b[K\r\n\x1b[3;4H\x1b7\x1b8\x1b[?2026h\x1b[?2026l';
    expect(foreignSequences(raw)).toEqual([]);
  });
});
