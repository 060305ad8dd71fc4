/** The last step before the terminal: fewer bytes for the same picture, and ASCII where the locale knows nothing else. */
import { cells, graphemes } from './cells.ts';
import type { Terminal } from './theme.ts';

const LOOKALIKES: Readonly<Record<string, string>> = {
  '…': '~',
  '·': '-',
  '●': '*',
  '▌': '>',
  '▸': '>',
  '\u2800': ' ',
  '→': '>',
  '←': '<',
  '↑': '^',
  '↓': 'v',
  '‹': '<',
  '›': '>',
  '×': 'x',
  '│': '|',
  '─': '-',
  '–': '-',
  '—': '-',
  '≥': '>',
  '≤': '<',
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
};
const CORNERS = /[┌┐└┘├┤┬┴┼╭╮╰╯]/;

function standIn(grapheme: string): string {
  const known = LOOKALIKES[grapheme];
  if (known !== undefined) return known;
  return CORNERS.test(grapheme) ? '+' : '?'.repeat(cells(grapheme));
}

const BEYOND_ASCII = /[^\x00-\x7f]+/g;

/** ASCII of the same width; letters without a lookalike become `?`, one for each cell. */
export const toAscii = (text: string): string => text.replace(BEYOND_ASCII, run => Array.from(graphemes(run), standIn).join(''));

const INVERSE = { on: /^7$/, off: /^27$/ };
const BACKGROUND = { on: /^(?:4[0-8]|10[0-7])$/, off: /^49$/ };
const STYLES_OR_BLANKS = /(?:\x1b\[[\d;]*m)+| {5,}/g;

/** Which of inverse and background are on, after the codes of a style sequence. */
function follow(filled: { inverse: boolean; background: boolean }, codes: readonly string[]): void {
  for (const code of codes) {
    if (INVERSE.on.test(code)) filled.inverse = true;
    if (BACKGROUND.on.test(code)) filled.background = true;
    if (INVERSE.off.test(code) || code === '0') filled.inverse = false;
    if (BACKGROUND.off.test(code) || code === '0') filled.background = false;
  }
}

/** Style sequences that follow each other become one; blanks are stepped over, for Ink erases a line before it writes it. */
function squeezeLines(text: string): string {
  const filled = { inverse: false, background: false };
  return text.replace(STYLES_OR_BLANKS, run => {
    if (run.startsWith(' ')) return filled.inverse || filled.background ? run : `\x1b[${run.length}C`;
    const codes = run.slice(2, -1).split(/m\x1b\[|;/);
    follow(filled, codes);
    return `\x1b[${codes.join(';')}m`;
  });
}

/** What Ink writes, in fewer bytes: it also steps over each unchanged line by itself, and returns to a column where the cursor is. */
export const squeeze = (text: string): string =>
  squeezeLines(text)
    .replace(/(?:\x1b\[E){2,}/g, steps => `\x1b[${steps.length / 3}E`)
    .replace(/(\n|\x1b\[\d*E)\x1b\[1G/g, '$1');

/** The alternate screen is entered with the cursor where it was: Ink counts on the top. */
const fromTheTop = (text: string): string => text.replace('\x1b[?1049h', '\x1b[?1049h\x1b[H');

/** `stdout` for Ink. `watch` is told what Ink writes, before it is squeezed. */
export function consoleOutput(stdout: NodeJS.WriteStream, { unicode }: Terminal, watch: (written: string) => void): NodeJS.WriteStream {
  const prepare = (text: string) => {
    watch(text);
    const squeezed = squeeze(fromTheTop(text));
    return unicode ? squeezed : toAscii(squeezed);
  };
  const write = (chunk: unknown, ...rest: unknown[]): unknown =>
    Reflect.apply(stdout.write, stdout, [typeof chunk === 'string' ? prepare(chunk) : chunk, ...rest]);
  return new Proxy(stdout, {
    get(target, property) {
      if (property === 'write') return write;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
