/** Values on their way into SQLite and out of it, as osquery types and writes them. */
import type { SQLOutputValue } from 'node:sqlite';
import type { Cell } from './table.ts';

/** An absent value is NULL, and so is an empty one of a numeric column; text keeps its emptiness. SQLite would write a number in a text column as a real. */
export function cellOf(value: Cell, isText: boolean): string | number | bigint | null {
  if (value === undefined || value === null) return null;
  if (isText) return String(value);
  return value === '' ? null : value;
}

/** A value as osquery sends it: text up to a NUL, integers exactly, reals with a point (utils/conversions/castvariant.h), NULL empty. */
export function textOf(value: SQLOutputValue): string {
  if (value === null) return '';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return realText(value);
  const text = typeof value === 'string' ? value : Buffer.from(value).toString('utf8');
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}

/** 15 significant digits, as SQLite has them. */
function realText(value: number): string {
  const text = String(Number(value.toPrecision(15)));
  return text.includes('.') ? text : `${text}.0`;
}
