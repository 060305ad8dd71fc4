/** What a filter asks of one cell of a row: `path=/tmp/*`, `port>1024`, or `path` alone: that it is there and not empty. */
import { globTest } from './glob.ts';

export type CellTest = { readonly column: string; test(cell: string | null | undefined): boolean };

const CELL = /^([^=<>]+)(?:(>=|<=|[=<>])([\s\S]*))?$/;

const COMPARED: Readonly<Record<string, (difference: number) => boolean>> = {
  '>=': difference => difference >= 0,
  '<=': difference => difference <= 0,
  '>': difference => difference > 0,
  '<': difference => difference < 0,
};

/** The test, or in words what is wrong with `text`. A cell that is no number passes no comparison. */
export function cellTest(text: string): CellTest | string {
  const [, column = '', operator, wanted = ''] = CELL.exec(text) ?? [];
  if (column === '' || (operator !== undefined && wanted === '')) return 'write it as col:path=/tmp/* or col:port>1024';
  if (operator === undefined) return { column, test: cell => Boolean(cell) };
  const compared = COMPARED[operator];
  if (!compared) {
    const glob = globTest(wanted);
    return { column, test: cell => typeof cell === 'string' && glob(cell) };
  }
  const limit = Number(wanted);
  if (Number.isNaN(limit)) return `'${wanted}' is no number`;
  return { column, test: cell => typeof cell === 'string' && cell !== '' && compared(Number(cell) - limit) };
}
