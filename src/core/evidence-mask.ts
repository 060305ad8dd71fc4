/** Masks secrets in whatever goes into files, and counts them; or leaves everything as it came. */
import { maskRow, maskSecrets } from './mask.ts';
import type { Row } from './model.ts';

export interface Masker {
  /** Whether anything is masked at all. */
  readonly on: boolean;
  /** How many secrets were masked so far. */
  readonly count: number;
  text(text: string): string;
  row(row: Row): Row;
  /** A JSON value, however deep. */
  value(value: unknown): unknown;
}

/** Nothing is hidden: evidence as it came. */
export const NO_MASK: Masker = { on: false, count: 0, text: text => text, row: row => row, value: value => value };

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

export function createMasker(): Masker {
  let count = 0;
  const text = (raw: string): string => {
    const masked = maskSecrets(raw);
    count += masked.count;
    return masked.text;
  };
  const row = (raw: Row): Row => {
    const masked = maskRow(raw, Object.keys(raw));
    count += masked.count;
    return masked.row;
  };
  /** What a text in it is may be told by its name alone: `{"key": "DB_PASSWORD", "value": "…"}`. */
  const value = (raw: unknown): unknown => {
    if (typeof raw === 'string') return text(raw);
    if (Array.isArray(raw)) return raw.map(value);
    if (!isPlain(raw)) return raw;
    const texts = Object.fromEntries(Object.entries(raw).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
    const masked = row(texts);
    return Object.fromEntries(Object.entries(raw).map(([name, inner]) => [name, typeof inner === 'string' ? masked[name] : value(inner)]));
  };
  return {
    on: true,
    get count() {
      return count;
    },
    text,
    row,
    value,
  };
}
