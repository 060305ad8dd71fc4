/** Events as rows of the data file, ready to be written by this thread or by another. */
import { canBeNew, contentOf, isInventory, subjectOf } from '../core/fold.ts';
import type { FeedEvent, Severity } from '../core/model.ts';
import type { StoredEvent } from '../core/ports.ts';

/** Longest `raw` that is kept whole, in UTF-16 units of JSON. */
export const MAX_RAW = 262_144;

export type EventRow = {
  readonly id: string;
  /** Epoch ms, as `seenAt`. */
  readonly time: number;
  readonly seenAt: number;
  readonly source: string;
  readonly host: string;
  readonly severity: Severity;
  /** The event as JSON, without its raw record. */
  readonly body: string;
  readonly raw: string;
  /** What the row says (`contentOf`); undefined when it cannot be new. */
  readonly content: number | undefined;
  /** The table or query that it comes from. */
  readonly subject: string;
  /** Whether it is part of a whole answer. */
  readonly isInventory: boolean;
};

export type IsNew = FeedEvent['isNew'];

/** What became of a row. `seq` is undefined when it was there already. */
export type Written = { readonly seq: number | undefined; readonly isNew: IsNew };

/** A record that is too long keeps its beginning and says so. */
function rawText(raw: unknown): string {
  const text = JSON.stringify(raw) ?? 'null';
  if (text.length <= MAX_RAW) return text;
  return JSON.stringify({ cut: true, length: text.length, beginning: text.slice(0, MAX_RAW).toWellFormed() });
}

export function eventRow(event: FeedEvent): EventRow {
  const { id, time, seenAt, source, hostId, severity } = event;
  return {
    id,
    time,
    seenAt,
    source,
    host: hostId,
    severity,
    body: JSON.stringify({ ...event, raw: undefined }),
    raw: rawText(event.raw),
    content: canBeNew(event) ? contentOf(event) : undefined,
    subject: subjectOf(event),
    isInventory: isInventory(event),
  };
}

/** The row's body once it is known whether it is new. */
export const bodyOf = ({ body }: EventRow, isNew: IsNew): string =>
  isNew === undefined ? body : `${body.slice(0, -1)},"isNew":"${isNew}"}`;

/** The events that were added, in order. `rows` and `written` belong to `events`, one by one. */
export function addedEvents(events: readonly FeedEvent[], rows: readonly EventRow[], written: readonly Written[]): StoredEvent[] {
  return events.flatMap((event, index) => {
    const { seq, isNew } = written[index] ?? {};
    if (seq === undefined) return [];
    return [{ seq, event: isNew === undefined ? event : { ...event, isNew }, content: rows[index]?.content }];
  });
}

/** Objects as lists of what they have: to hand another thread a list for each property costs a fifth of handing it the objects. */
type Lists<T> = { readonly [K in keyof T]: readonly T[K][] };

export type PackedRows = Lists<EventRow>;
export type PackedWritten = Lists<Written>;

export const packRows = (rows: readonly EventRow[]): PackedRows => ({
  id: rows.map(({ id }) => id),
  time: rows.map(({ time }) => time),
  seenAt: rows.map(({ seenAt }) => seenAt),
  source: rows.map(({ source }) => source),
  host: rows.map(({ host }) => host),
  severity: rows.map(({ severity }) => severity),
  body: rows.map(({ body }) => body),
  raw: rows.map(({ raw }) => raw),
  content: rows.map(({ content }) => content),
  subject: rows.map(({ subject }) => subject),
  isInventory: rows.map(({ isInventory }) => isInventory),
});

export const unpackRows = (packed: PackedRows): EventRow[] =>
  packed.id.map((id, at) => ({
    id,
    time: packed.time[at] as number,
    seenAt: packed.seenAt[at] as number,
    source: packed.source[at] as string,
    host: packed.host[at] as string,
    severity: packed.severity[at] as Severity,
    body: packed.body[at] as string,
    raw: packed.raw[at] as string,
    content: packed.content[at],
    subject: packed.subject[at] as string,
    isInventory: packed.isInventory[at] as boolean,
  }));

export const packWritten = (written: readonly Written[]): PackedWritten => ({
  seq: written.map(({ seq }) => seq),
  isNew: written.map(({ isNew }) => isNew),
});

export const unpackWritten = ({ seq, isNew }: PackedWritten): Written[] => seq.map((one, at) => ({ seq: one, isNew: isNew[at] }));
