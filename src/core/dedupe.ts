/** What makes two records the same event (interface.md "Identity"). */
import { hash } from 'node:crypto';
import type { EventAction, Row } from './model.ts';

const LENGTH = 32;

/** A key from parts, in which no part can run into the next. 32 hex digits of SHA-256. */
export const dedupeKey = (parts: readonly (string | number | null)[]): string => digest(JSON.stringify(parts));

const digest = (text: string): string => hash('sha256', text, 'hex').slice(0, LENGTH);

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

/** Identity of a logged difference. A host that resends its log gives the same key; `5` and `"5"` are the same time. */
export function differenceKey({ source, host, query, action, unixTime, counter, row }: Difference): string {
  const time = unixTime === null ? null : String(unixTime);
  const count = counter === null ? null : String(counter);
  return digest(JSON.stringify(['difference', source, host, query, action, time, count, canonical(row)]));
}

export type Content = Pick<Difference, 'source' | 'host' | 'query' | 'row'>;

/** Identity of a row of a snapshot or of a saved report: what it says, not when. */
export function contentKey({ source, host, query, row }: Content): string {
  return digest(JSON.stringify(['content', source, host, query, canonical(row)]));
}
