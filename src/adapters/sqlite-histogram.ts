/** Events by minute and severity, in SQLite: counted as they come, so that a week of them is read at once. */
import type { DatabaseSync } from 'node:sqlite';
import type { FeedEvent } from '../core/model.ts';
import type { HistogramBar, HistogramStore } from '../core/ports.ts';

const MINUTE_MS = 60_000;

/** Counts stored events, in the transaction that stores them. Those that are deleted are taken off by a trigger. */
export function talliesOf(db: DatabaseSync): { add(events: readonly Pick<FeedEvent, 'time' | 'severity'>[]): void } {
  const count = db.prepare(
    `INSERT INTO tallies (minute, severity, events) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET events = events + excluded.events`,
  );
  return {
    add(events) {
      const counts = new Map<string, { readonly minute: number; readonly severity: string; events: number }>();
      for (const { time, severity } of events) {
        const minute = Math.trunc(time / MINUTE_MS);
        const key = `${minute} ${severity}`;
        const known = counts.get(key);
        if (known) known.events += 1;
        else counts.set(key, { minute, severity, events: 1 });
      }
      for (const { minute, severity, events: added } of counts.values()) count.run(minute, severity, added);
    },
  };
}

export function histogramStore(db: DatabaseSync): HistogramStore {
  const bars = db.prepare(
    `SELECT minute / CAST(:step AS INTEGER) AS bucket, severity, sum(events) AS events FROM tallies
     WHERE minute >= :first AND minute < :end AND events > 0 GROUP BY 1, 2 ORDER BY 1`,
  );
  return {
    histogram(since, until, bucketMs) {
      const step = bucketMs / MINUTE_MS;
      const found = bars.all({ step, first: since / MINUTE_MS, end: until / MINUTE_MS });
      return found.map(({ bucket, severity, events }) => ({
        at: Number(bucket) * bucketMs,
        severity: severity as HistogramBar['severity'],
        events: Number(events),
      }));
    },
  };
}
