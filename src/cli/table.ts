/** Tables for people: aligned by what a terminal shows, cut to its width. */
import { styleText } from 'node:util';
import stringWidth from 'string-width';
import type { TerminalFacts } from '../adapters/terminal.ts';
import { clean } from '../core/sanitize.ts';
import { toAscii } from './messages.ts';

export type Cell = string | null;

const GAP = '  ';
const NARROWEST = 6;
/** Where nothing is cut, a cell longer than this runs over instead of widening its column for everybody. */
const WIDEST = 60;

const widthOf = (text: string): number => (/^[ -~]*$/.test(text) ? text.length : stringWidth(text));

/** Takes from the widest column until the line fits, or every column is narrow. The first, a name as a rule, keeps up to half the line. */
function fit(natural: readonly number[], available: number): number[] {
  const [name = 0, ...rest] = natural;
  const first = Math.min(name, Math.max(NARROWEST, Math.floor(available / 2)));
  const widths = rest.map(width => Math.min(width, available));
  let over = first + widths.reduce((sum, width) => sum + GAP.length + width, 0) - available;
  for (; over > 0; over -= 1) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return [first, ...widths];
}

function cut(text: string, width: number, mark: string): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const { segment } of new Intl.Segmenter('en').segment(text)) {
    used += widthOf(segment);
    if (used > width) break;
    kept += segment;
  }
  return kept + mark;
}

/** A cell as this terminal can show it. */
const shownIn = ({ unicode }: TerminalFacts, cell: Cell): string => (unicode ? clean(cell ?? '') : toAscii(clean(cell ?? '')));

/** One line with cells of these widths. On a terminal cells and line are cut, elsewhere nothing is. */
export function alignedLine(cells: readonly Cell[], widths: readonly number[], terminal: TerminalFacts): string {
  const { tty, columns, unicode } = terminal;
  const mark = unicode ? '…' : '~';
  const parts = widths.map((width, column) => {
    const text = shownIn(terminal, cells[column] ?? '');
    const shown = tty ? cut(text, width, mark) : text;
    return shown + ' '.repeat(Math.max(0, width - widthOf(shown)));
  });
  const line = parts.join(GAP).trimEnd();
  return tty ? cut(line, columns, mark) : line;
}

/** Lines of a table, its columns as wide as they need to be and together no wider than a terminal. With colour the head is bold. */
export function tableLines(header: readonly string[], rows: readonly (readonly Cell[])[], terminal: TerminalFacts): string[] {
  const natural = header.map((name, column) => {
    let most = widthOf(name);
    for (const row of rows) most = Math.max(most, widthOf(shownIn(terminal, row[column] ?? '')));
    return most;
  });
  const widths = terminal.tty ? fit(natural, terminal.columns) : natural.map(width => Math.min(width, WIDEST));
  const head = alignedLine(header, widths, terminal);
  return [
    terminal.colour > 0 ? styleText('bold', head, { validateStream: false }) : head,
    ...rows.map(row => alignedLine(row, widths, terminal)),
  ];
}
