/** Reads stored events in parts, so that a feed of millions needs little memory. */
import type { EventQuery, EventStore, StoredEvent } from '../core/ports.ts';

const PART = 2_000;

type Bounds = Pick<EventQuery, 'since' | 'sources'>;

/** By `time` and sequence ascending; only events up to sequence `last`, so that what arrives meanwhile is left for later. */
export function* storedEvents(store: EventStore, bounds: Bounds, last: number): Generator<StoredEvent> {
  let since = bounds.since ?? Number.MIN_SAFE_INTEGER;
  let lastSeq = -1;
  for (let limit = PART; ; ) {
    const page = store.page({ ...bounds, since, order: 'asc', limit });
    const fresh = page.filter(({ seq, event }) => event.time > since || seq > lastSeq);
    for (const stored of fresh) if (stored.seq <= last) yield stored;
    const end = fresh.at(-1);
    if (page.length < limit) return;
    // More events of one moment than a part holds: take a larger part.
    limit = end ? PART : limit * 2;
    if (end) [since, lastSeq] = [end.event.time, end.seq];
  }
}
