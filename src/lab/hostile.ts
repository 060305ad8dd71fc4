/** What a host under somebody else's control sends: everything a terminal, a table or a parser could stumble over. */
import { Random } from './random.ts';

const ESC = '\u001b';
const BEL = '\u0007';

const TEXTS: readonly [string, ...string[]] = [
  `${ESC}]52;c;cm0gLXJmIC8K${BEL}clipboard`,
  `${ESC}]0;owned${BEL}title`,
  `${ESC}]8;;https://evil.example/${ESC}\\link${ESC}]8;;${ESC}\\`,
  `${ESC}[2J${ESC}[H${ESC}[31mred${ESC}[0m`,
  `${ESC}[?1049l${ESC}[?25l${ESC}[6n`,
  `${ESC}P$q"p${ESC}\\device`,
  `${ESC}c reset`,
  '\u009b31mC1 colour\u009b0m',
  '\u009d0;C1 title\u009c',
  '\u0090q sixel\u009c',
  'safe\u202excod.exe',
  '\u2066isolate\u2069 \u200fright',
  'zero\u200b\u200cwidth\ufeff\u2060',
  'nul\u0000byte',
  'line one\r\nline two\nline three\u2028four',
  '\rcarriage return',
  `back${'\b'.repeat(8)}space`,
  'tab\tbell\u0007delete\u007f',
  `zalgo${'\u0301\u0327\u0334'.repeat(20)}`,
  '\ud800 lone surrogate',
  '👩‍👩‍👧‍👦 family 🏳️‍🌈',
  "=cmd|' /C calc'!A0",
  '@SUM(1+1)*cmd',
  'ａｄｍｉｎ',
  'A'.repeat(40_000),
  '',
];

export const hostileText = (random: Random): string => random.pick(TEXTS);

const COLUMNS = [
  '__proto__',
  'constructor',
  '',
  'host',
  'toString',
  `${ESC}[31mname`,
  'a\nb',
  'col\u202eumn',
  'x'.repeat(300),
  'ＰＩＤ',
] as const;
const MAX_ROWS = 200;

/** An answer with the same number of rows, each spoilt: odd columns, odd values, values that are no strings. */
export function spoilt(rows: readonly Readonly<Record<string, unknown>>[], seed: string): readonly unknown[] {
  const random = new Random(`${seed} answer`);
  const odd: unknown[] = [null, 17, 1.5, true, ['nested'], { deeper: { still: [1, { more: null }] } }];
  return (rows.length > 0 ? rows.slice(0, MAX_ROWS) : [{}]).map((row, index) => {
    const kept = Object.entries(row).map(([name, value]) => [name, random.chance(0.3) ? hostileText(random) : value] as const);
    const extra = [random.pick(COLUMNS), random.pick(COLUMNS)].map(name => [name, hostileText(random)] as const);
    return Object.fromEntries([...kept, ...extra, ['odd', odd[index % odd.length]]]);
  });
}
