/** Reads stored events in parts, so that a feed of millions needs little memory. */
import type { EventQuery, EventStore, StoredEvent } from '../core/ports.ts';

const PART = 2_000;

/** Of all sources, when none is named. */
type Range = Pick<EventQuery, 'order' | 'sources' | 'since'>;

/** By time and sequence. Only events up to sequence `last`: what arrives meanwhile is left for later. */
export function* storedEvents(store: EventStore, range: Range, last: number): Generator<StoredEvent> {
  const ascending = range.order === 'asc';
  let edge: StoredEvent | undefined;
  for (let limit = PART; ; ) {
    const time = edge?.event.time;
    const from = time === undefined ? {} : ascending ? { since: time } : { until: time };
    const page = store.page({ ...range, ...from, limit });
    const beyond = ({ seq, event }: StoredEvent) => !edge || event.time !== time || (ascending ? seq > edge.seq : seq < edge.seq);
    const fresh = page.filter(beyond);
    for (const stored of fresh) if (stored.seq <= last) yield stored;
    if (page.length < limit) return;
    // More events of one moment than a part holds: take a larger part.
    limit = fresh.length > 0 ? PART : limit * 2;
    edge = fresh.at(-1) ?? edge;
  }
}

/** The sequence of the event that was stored last; 0 when there is none. */
export function lastSequence(store: EventStore): number {
  return store.page({ order: 'desc', beforeSeq: Number.MAX_SAFE_INTEGER, limit: 1 })[0]?.seq ?? 0;
}

/** Everything that was stored after sequence `after`, in the order of storing, one part at a time. */
export const storedAfter = (store: EventStore, after: number, sources: readonly string[]): readonly StoredEvent[] =>
  store.page({ afterSeq: after, order: 'asc', limit: PART, sources });
