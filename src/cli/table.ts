/** Tables for people: aligned by what a terminal shows, cut to its width. */
import { styleText } from 'node:util';
import stringWidth from 'string-width';
import type { TerminalFacts } from '../adapters/terminal.ts';
import { clean } from '../core/sanitize.ts';
import { toAscii } from './messages.ts';

export type Cell = string | null;

const GAP = '  ';
const NARROWEST = 6;

const widthOf = (text: string): number => (/^[ -~]*$/.test(text) ? text.length : stringWidth(text));

/** Takes from the widest column until the line fits, or every column is narrow. */
function fit(natural: readonly number[], available: number): number[] {
  const widths = natural.map(width => Math.min(width, available));
  let over = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length) - available;
  for (; over > 0; over -= 1) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
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

const widest = (texts: Iterable<string>): number => {
  let most = 0;
  for (const text of texts) most = Math.max(most, widthOf(text));
  return most;
};

/**
 * Lines of a table. On a terminal columns and lines are cut to its width; elsewhere nothing is cut. Cells are cleaned.
 * With colour the
 * head is bold.
 */
export function tableLines(header: readonly string[], rows: readonly (readonly Cell[])[], terminal: TerminalFacts): string[] {
  const { tty, columns, unicode, colour } = terminal;
  const text = (cell: Cell) => (unicode ? clean(cell ?? '') : toAscii(clean(cell ?? '')));
  const mark = unicode ? '…' : '~';
  const cells = [header, ...rows].map(row => row.map(text));
  const natural = header.map((_, column) => widest(cells.map(row => row[column] ?? '')));
  const widths = tty ? fit(natural, columns) : natural;
  const line = (row: readonly string[]) => {
    const parts = widths.map((width, column) => {
      const shown = tty ? cut(row[column] ?? '', width, mark) : (row[column] ?? '');
      return shown + ' '.repeat(Math.max(0, width - widthOf(shown)));
    });
    const whole = parts.join(GAP).trimEnd();
    return tty ? cut(whole, columns, mark) : whole;
  };
  return cells.map((row, index) => (index === 0 && colour > 0 ? styleText('bold', line(row), { validateStream: false }) : line(row)));
}
