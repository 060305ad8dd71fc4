/** Lines as a terminal takes them, for the lists that are painted without Ink (`surface.ts`). */
import { cutSegments, segmentsWidth } from './cells.ts';
import { toAscii } from './output.ts';
import { type Segment, styleOf, type Terminal, type TextStyle } from './theme.ts';

/** A line of a list: what it shows, and whether it is the selected one. */
export type LineSpec = { readonly segments: readonly Segment[]; readonly bar?: boolean };

const FOREGROUND: Readonly<Record<string, number>> = {
  red: 31,
  green: 32,
  yellow: 33,
  cyan: 36,
  redBright: 91,
  whiteBright: 97,
};
const BACKGROUND: Readonly<Record<string, number>> = { red: 41 };

const RESET = '\x1b[m';
const ERASE_TO_EDGE = '\x1b[K';
const BAR = '\x1b[1;7m';

function codesOf({ color = '', backgroundColor = '', bold, dimColor, inverse }: TextStyle): string {
  const codes = [bold && 1, dimColor && 2, inverse && 7, FOREGROUND[color], BACKGROUND[backgroundColor]];
  return codes.filter(Boolean).join(';');
}

/** Steps over long runs of blanks. Only where the cells are blank already. */
const stepOver = (text: string): string => text.replace(/ {5,}/g, run => `\x1b[${run.length}C`);

function paintSegment({ text, tone }: Segment, terminal: Terminal, erased: boolean): string {
  const style = styleOf(tone, terminal) ?? {};
  const filled = style.inverse || style.backgroundColor;
  const shown = erased && !filled ? stepOver(text) : text;
  const codes = codesOf(style);
  return codes === '' ? shown : `\x1b[${codes}m${shown}${RESET}`;
}

/**
 * One line, from where the cursor stands: all of its `width` cells. `toEdge`: the line ends where the screen does, so that the
 * rest of the row can be erased instead of written.
 */
export function paintLine({ segments, bar = false }: LineSpec, width: number, toEdge: boolean, terminal: Terminal): string {
  const shown = cutSegments(segments, width).filter(({ text }) => text !== '');
  const rest = ' '.repeat(Math.max(0, width - segmentsWidth(shown)));
  const line = bar
    ? `${BAR}${shown.map(({ text }) => text).join('')}${rest}${RESET}`
    : (toEdge ? ERASE_TO_EDGE : '') + shown.map(segment => paintSegment(segment, terminal, toEdge)).join('') + (toEdge ? '' : rest);
  return terminal.unicode ? line : toAscii(line);
}
