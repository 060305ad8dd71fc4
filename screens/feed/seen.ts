/** What the newest events hold, for completion: values of a field, the most frequent first. */
import type { Seen } from '../../src/core/filter-completions.ts';
import type { FeedItem, FeedRing } from '../../src/state/feed.ts';
import type { AppState } from '../../src/state/index.ts';
import { byFrequency } from '../../src/ui/filter-prompt.ts';

/** Newest events that are looked through. */
const LOOK_BACK = 2_000;
/** Longest cell that is offered. */
const MAX_CELL = 60;

/** Part of all events that may have arrived since a field was counted. */
const STALE = 0.02;

const SPANS = ['15m', '1h', '6h', '24h', '7d'];

type Told = FeedItem['event'];

function cellsOf({ row }: Told): string[] {
  return Object.entries(row).flatMap(([name, value]) => (value && value.length <= MAX_CELL ? [`${name}=${value}`] : []));
}

const READ: Readonly<Record<string, (event: Told) => readonly (string | null)[]>> = {
  host: event => [event.hostname],
  table: event => [event.table],
  source: event => [event.source],
  attack: event => event.attack,
  rule: event => event.rules ?? [],
  query: event => [event.queryName],
};

function* newest(ring: FeedRing, read: (event: Told) => readonly (string | null)[]): Generator<string> {
  for (let index = ring.size - 1; index >= Math.max(0, ring.size - LOOK_BACK); index -= 1) {
    const item = ring.at(index);
    for (const value of item ? read(item.event) : []) if (value) yield value;
  }
}

/** Remembers what it has counted for a field until there is much that is new. */
export function seenInFeed({ feed, inventory, health }: Pick<AppState, 'feed' | 'inventory' | 'health'>): Seen {
  const known = new Map<string, { readonly total: number; readonly values: readonly string[] }>();

  const count = (field: string): readonly string[] => {
    const { ring } = feed.get();
    if (field === 'since' || field === 'until') return SPANS;
    if (field === 'col') {
      return [...byFrequency(newest(ring, event => Object.keys(event.row))), ...byFrequency(newest(ring, cellsOf))];
    }
    const read = READ[field];
    const values = read ? byFrequency(newest(ring, read)) : [];
    if (field === 'host') return [...values, ...inventory.get().hosts.map(({ hostname }) => hostname)];
    return field === 'source' ? [...values, ...health.get().keys()] : values;
  };

  return field => {
    const { total } = feed.get();
    const before = known.get(field);
    if (before && total > 0 && total - before.total <= total * STALE) return before.values;
    const values = count(field);
    known.set(field, { total, values });
    return values;
  };
}
