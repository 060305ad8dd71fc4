/** Counts for a status line, in SQLite: severe events are found by an index of their own. */
import type { DatabaseSync } from 'node:sqlite';
import type { SummaryStore } from '../core/ports.ts';
import { isOpen, stateAt, type TriageState } from '../core/triage.ts';

const SEVERE = `SELECT json_extract(body, '$.severity') AS severity, triage.state AS state, triage.until AS until, count(*) AS events
  FROM events LEFT JOIN triage ON triage.seq = (SELECT max(seq) FROM triage AS newest WHERE newest.event = events.id)
  WHERE severe = 1 AND time >= ? GROUP BY 1, 2, 3`;

type SevereRow = { readonly severity: string; readonly state: TriageState | null; readonly until: number | null; readonly events: number };

export function summaryStore(db: DatabaseSync): SummaryStore {
  const severe = db.prepare(SEVERE);
  const all = db.prepare('SELECT count(*) AS events FROM events WHERE time >= ?');
  const newest = db.prepare('SELECT max(time) AS time FROM events');
  return {
    summary(since, now) {
      const counts = { high: { all: 0, open: 0 }, critical: { all: 0, open: 0 } };
      for (const { severity, state, until, events } of severe.all(since) as unknown as readonly SevereRow[]) {
        const count = severity === 'critical' ? counts.critical : counts.high;
        count.all += events;
        if (isOpen(stateAt(state === null ? undefined : { state, until }, now))) count.open += events;
      }
      const time = newest.get()?.time;
      return { events: Number(all.get(since)?.events ?? 0), ...counts, newest: typeof time === 'number' ? time : null };
    },
  };
}
