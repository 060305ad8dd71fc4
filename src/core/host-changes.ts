/** What happened on one host: counted by table, and what became of the rows of one. */
import type { FilteredEvent } from './filter.ts';
import type { Severity } from './model.ts';

/** What happened on one host, by what it happened to: `subject` is a table, else the name of a query, else an event type. */
export type HostChanges = {
  readonly subject: string;
  readonly added: number;
  readonly removed: number;
  /** Rows of snapshots. */
  readonly snapshot: number;
  /** What is no row: statuses of the host and of its agent. */
  readonly other: number;
  /** Epoch ms. */
  readonly newest: number;
  readonly worst: Severity;
};

/** Events of one host within a span, `since` and `until` (epoch ms) included. */
export type HostSpan = { readonly source: string; readonly hostId: string; readonly since: number; readonly until: number };

export interface HostChangesStore {
  /** Each subject once, in no order. Quick, however many events other hosts have. Throws a 'storage' Problem. */
  changesOfHost(span: HostSpan): readonly HostChanges[];
  /** The newest `limit` events of a subject, newest first. Throws a 'storage' Problem. */
  eventsOfHost(span: HostSpan, subject: string, limit: number): readonly FilteredEvent[];
}

/**
 * 'came and went': it was added and is gone again; 'went and came back': it was removed and is there again; 'seen': in a
 * snapshot; 'said': no row, but a status.
 */
export type Fate = 'added' | 'removed' | 'came and went' | 'went and came back' | 'seen' | 'said';

/** A row, told once however often it came and went. */
export type RowChange = {
  readonly fate: Fate;
  /** The last event of the row. */
  readonly event: FilteredEvent;
  /** Epoch ms of the first. */
  readonly first: number;
  readonly times: number;
};

function contentOf({ row }: FilteredEvent): string {
  return JSON.stringify(Object.entries(row).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function fateOf(first: FilteredEvent, last: FilteredEvent): Fate {
  if (last.action === 'added') return first.action === 'removed' ? 'went and came back' : 'added';
  if (last.action === 'removed') return first.action === 'added' ? 'came and went' : 'removed';
  return last.action === 'snapshot' ? 'seen' : 'said';
}

/** Events newest first, each row once: where its last event stands. Status events all stand for themselves. */
export function rowChanges(newestFirst: readonly FilteredEvent[]): readonly RowChange[] {
  const rows = new Map<string, { readonly last: FilteredEvent; first: FilteredEvent; times: number }>();
  for (const event of newestFirst) {
    const content = event.action === null ? event.id : contentOf(event);
    const known = rows.get(content);
    if (!known) rows.set(content, { last: event, first: event, times: 1 });
    else {
      known.first = event;
      known.times += 1;
    }
  }
  return [...rows.values()].map(({ last, first, times }) => ({ fate: fateOf(first, last), event: last, first: first.time, times }));
}
