/**
 * What a scheduled query logs, given what it found before (core/query.cpp, dispatcher/scheduler.cpp;
 * contracts/osquery-remote.md 1.5). Pure.
 */
import { z } from 'zod';
import type { Row } from '../core/model.ts';
import { asciiTime } from './ascii-time.ts';

/** What the last run left behind. */
export type QueryState = { readonly sql: string; readonly epoch: number; readonly counter: number; readonly rows: readonly Row[] };

export type Difference = {
  readonly added: readonly Row[];
  readonly removed: readonly Row[];
  readonly state: QueryState;
  /** Whether there is anything to log, or a state to keep. */
  readonly changed: boolean;
};

/**
 * The rows that came and went. The first result of a query or of an epoch is all added, with counter 0; from then on the
 * counter rises with each result that differs. Another SQL under the same name is compared with the old rows.
 */
export function difference(before: QueryState | undefined, sql: string, epoch: number, found: readonly Row[]): Difference {
  const rows = found.map(escapedRow);
  if (!before || before.epoch !== epoch) return { added: rows, removed: [], state: { sql, epoch, counter: 0, rows }, changed: true };
  const added = without(rows, before.rows);
  const removed = without(before.rows, rows);
  const changed = added.length > 0 || removed.length > 0;
  return { added, removed, state: { sql, epoch, counter: changed ? before.counter + 1 : before.counter, rows }, changed };
}

export type LineOptions = {
  readonly name: string;
  readonly hostIdentifier: string;
  /** Epoch ms. */
  readonly now: number;
  readonly epoch: number;
  readonly counter: number;
  readonly decorations?: Readonly<Record<string, unknown>>;
};

/** One line a row (osquery's default, `logger_event_type`): removed ones first. */
export function eventLines(options: LineOptions, { added, removed }: Pick<Difference, 'added' | 'removed'>): Record<string, unknown>[] {
  const line = (action: 'added' | 'removed') => (columns: Row) => ({ ...head(options), columns, action });
  return [...removed.map(line('removed')), ...added.map(line('added'))];
}

/** All rows in one line, which is osquery's default for snapshots; their counter is always 0. */
export const snapshotLine = (options: Omit<LineOptions, 'counter'>, rows: readonly Row[]): Record<string, unknown> => ({
  snapshot: rows,
  action: 'snapshot',
  ...head({ ...options, counter: 0 }),
});

const head = ({ name, hostIdentifier, now, epoch, counter, decorations }: LineOptions) => ({
  name,
  hostIdentifier,
  calendarTime: asciiTime(now),
  unixTime: Math.floor(now / 1000),
  epoch,
  counter,
  numerics: false,
  ...(decorations === undefined ? {} : { decorations }),
});

const keyOf = (row: Row): string => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** Rows that are not among the others; a row that stands twice must be there twice. */
function without(rows: readonly Row[], others: readonly Row[]): Row[] {
  const counts = new Map<string, number>();
  for (const row of others) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return rows.filter(row => {
    const key = keyOf(row);
    const left = counts.get(key) ?? 0;
    counts.set(key, left - 1);
    return left <= 0;
  });
}

/** Control bytes become `\xNN` text in differential results (and only there). */
const escapedRow = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value?.replace(/[\x00-\x1f]/g, found => `\\x${hex(found)}`) ?? null]),
  );

const hex = (char: string): string => char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');

const storedState = z.object({
  sql: z.string(),
  epoch: z.number(),
  counter: z.number(),
  rows: z.array(z.record(z.string(), z.string().nullable())),
});

/** A state as it was stored; undefined when there is none, or none that can be read: the query then starts anew. */
export function parseState(text: string | undefined): QueryState | undefined {
  if (text === undefined) return undefined;
  try {
    return storedState.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
