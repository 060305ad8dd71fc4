/** Remembers each host's previous answer to a snapshot query, so that an unchanged one brings no events. */

/** Queries remembered for each host; one with more names than this is making them up. */
const MAX_QUERIES = 64;

/** Rows by the last 52 bits of their key: thousands of hosts with hundreds of rows have to fit, and within one answer they do not clash. */
type Rows = Float64Array;
const NO_ROWS: Rows = new Float64Array();
const brief = (key: string): number => Number.parseInt(key.slice(-13), 16);

type Remembered = {
  /** The host's own time of its current snapshot: rows of one may come in several deliveries. */
  readonly stamp: number;
  readonly current: Rows;
  readonly previous: Rows;
};

export type Snapshot = {
  readonly hostId: string;
  readonly query: string;
  readonly stamp: number;
  /** `contentKey`s of its rows. */
  readonly keys: readonly string[];
};

export class SnapshotMemory {
  readonly #hosts = new Map<string, Map<string, Remembered>>();

  /** The keys that were not in the host's previous answer. Changes nothing. */
  fresh({ hostId, query, stamp, keys }: Snapshot): ReadonlySet<string> {
    const known = this.#hosts.get(hostId)?.get(query);
    if (!known) return new Set(keys);
    // A snapshot that goes on, or an older one sent again, is compared with the one before as well.
    const seen = new Set([...known.current, ...(stamp <= known.stamp ? known.previous : NO_ROWS)]);
    return new Set(keys.filter(key => !seen.has(brief(key))));
  }

  /** To be called once the snapshot's events are safe. */
  remember({ hostId, query, stamp, keys }: Snapshot): void {
    const queries = this.#hosts.get(hostId) ?? new Map<string, Remembered>();
    const known = queries.get(query);
    if (known && stamp < known.stamp) return;
    const goesOn = known?.stamp === stamp;
    const current = Float64Array.from(new Set([...(goesOn ? known.current : NO_ROWS), ...keys.map(brief)]));
    queries.delete(query);
    queries.set(query, { stamp, current, previous: (goesOn ? known.previous : known?.current) ?? NO_ROWS });
    for (const oldest of queries.keys()) {
      if (queries.size <= MAX_QUERIES) break;
      queries.delete(oldest);
    }
    this.#hosts.set(hostId, queries);
  }
}
