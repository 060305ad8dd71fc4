/** What makes two records the same event (interface.md "Identity"). */
import { hash } from 'node:crypto';
import type { EventAction, Row } from './model.ts';

const LENGTH = 32;

/** A key from parts, in which no part can run into the next. 32 hex digits of SHA-256. */
export const dedupeKey = (parts: readonly (string | number | null)[]): string => digest(parts);

/** `place`: the beginning of the key, which says where it lies among others. Some digits of it, or none. */
const digest = (value: unknown, place = ''): string => place + hash('sha256', JSON.stringify(value), 'hex').slice(0, LENGTH - place.length);

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** So many hex digits of a hash that is quick and no more. */
function placeOf(texts: readonly (string | null)[], digits: number): string {
  let value = FNV_BASIS;
  for (const text of texts)
    for (let at = 0; at < (text?.length ?? 0); at += 1) value = Math.imul(value ^ (text?.charCodeAt(at) ?? 0), FNV_PRIME);
  return (value >>> 0).toString(16).padStart(8, '0').slice(-digits);
}

/** Seconds as eight hex digits, which sort as the times do. */
const momentOf = (seconds: number): string => (Number.isFinite(seconds) ? Math.trunc(seconds) >>> 0 : 0).toString(16).padStart(8, '0');

/** A row's cells in an order that does not depend on the order of its columns. */
function canonical(row: Row): (string | null)[] {
  const cells: (string | null)[] = [];
  for (const name of Object.keys(row).sort()) cells.push(name, row[name] ?? null);
  return cells;
}

export type Difference = {
  readonly source: string;
  /** The host's id in its source. */
  readonly host: string;
  readonly query: string | null;
  readonly action: EventAction;
  /** Epoch seconds and counter as the host logged them. */
  readonly unixTime: number | string | null;
  readonly counter: number | string | null;
  readonly row: Row;
};

/**
 * Identity of a logged difference. A host that resends its log gives the same key; `5` and `"5"` are the same time. It begins
 * with the time and the host: what a host logs together lies together, so that it takes few pages of an index to store it.
 */
export function differenceKey({ source, host, query, action, unixTime, counter, row }: Difference): string {
  const time = unixTime === null ? null : String(unixTime);
  const count = counter === null ? null : String(counter);
  const place = momentOf(Number(unixTime)) + placeOf([source, host], 3);
  return digest(['difference', source, host, query, action, time, count, canonical(row)], place);
}

export type Content = Pick<Difference, 'source' | 'host' | 'query' | 'row'>;

/** Identity of a row of a snapshot or of a saved report: what it says, not when. Those of one host and query lie together. */
export function contentKey({ source, host, query, row }: Content): string {
  return digest(['content', source, host, query, canonical(row)], placeOf([source, host, query], 6));
}
