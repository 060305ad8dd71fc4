/** Fields that filters of every kind are made of: texts that are matched by patterns, and cells of rows. */
import { COMPARED, type Field, type Operator } from './filter-language.ts';
import { globTest } from './glob.ts';

/** What a field reads: one text, several of which one has to match, or none. */
type Texts = string | readonly string[] | null;

/** Texts, matched as a whole, with `*` and `?`. `values`: all that there are, where that is a closed set. */
export function globField<T>(names: readonly string[], example: string, read: (item: T) => Texts, values?: readonly string[]): Field<T> {
  return {
    names,
    operators: [':', '='],
    example,
    ...(values && { values }),
    begun: value => `${value}*`,
    compile(value) {
      const test = globTest(value);
      return item => {
        const texts = read(item);
        return typeof texts === 'string' ? test(texts) : (texts?.some(test) ?? false);
      };
    },
  };
}

type CellTest = { readonly column: string; test(cell: string | null | undefined): boolean };

const CELL = /^([^=<>]+)(?:(>=|<=|[=<>])([\s\S]*))?$/;

/** The test for one cell, or in words what is wrong with `text`. A cell that is no number passes no comparison. */
function cellTest(text: string): CellTest | string {
  const [, column = '', operator, wanted = ''] = CELL.exec(text) ?? [];
  if (column === '' || (operator !== undefined && wanted === '')) return 'write it as col:path=/tmp/* or col:port>1024';
  if (operator === undefined) return { column, test: cell => Boolean(cell) };
  if (operator === '=') {
    const glob = globTest(wanted);
    return { column, test: cell => typeof cell === 'string' && glob(cell) };
  }
  const limit = Number(wanted);
  if (Number.isNaN(limit)) return `'${wanted}' is no number`;
  const compared = COMPARED[operator as Operator];
  return { column, test: cell => typeof cell === 'string' && cell !== '' && compared(Number(cell) - limit) };
}

/**
 * A column of a row: `col:path=/tmp/*`, `col:port>1024`; `col:path` asks that it is there and not empty. `some`: whether a cell
 * of the item in this column passes.
 */
export function cellField<T>(some: (item: T, column: string, test: CellTest['test']) => boolean): Field<T> {
  return {
    names: ['col', 'column'],
    operators: [':'],
    example: 'col:path=/tmp/*',
    begun: value => (/^[^=<>]+=./.test(value) ? `${value}*` : value),
    compile(value) {
      const wanted = cellTest(value);
      return typeof wanted === 'string' ? wanted : item => some(item, wanted.column, wanted.test);
    },
  };
}
