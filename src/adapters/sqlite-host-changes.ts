/** What happened on one host, in SQLite: found by an index over source, host and time. */
import type { DatabaseSync } from 'node:sqlite';
import type { EventAction, FeedEvent, Severity } from '../core/model.ts';
import type { HostChanges, HostChangesStore } from '../core/ports.ts';
import { severityRank } from '../core/severity.ts';

const SUBJECT = `coalesce(json_extract(body, '$.table'), json_extract(body, '$.queryName'), json_extract(body, '$.eventType'))`;
const OF_HOST = `source = ? AND host = ? AND time BETWEEN ? AND ?`;

const COUNTS = `SELECT ${SUBJECT} AS subject, json_extract(body, '$.action') AS action, json_extract(body, '$.severity') AS severity,
  count(*) AS events, max(time) AS newest FROM events WHERE ${OF_HOST} GROUP BY 1, 2, 3`;
const EVENTS = `SELECT body FROM events WHERE ${OF_HOST} AND ${SUBJECT} = ? ORDER BY time DESC, seq DESC LIMIT ?`;

type Count = {
  readonly subject: string;
  readonly action: EventAction | null;
  readonly severity: Severity;
  readonly events: number;
  readonly newest: number;
};

const nothing = ({ subject, newest, severity }: Count): HostChanges => ({
  subject,
  added: 0,
  removed: 0,
  snapshot: 0,
  other: 0,
  newest,
  worst: severity,
});

function added(changes: HostChanges, { action, events, newest, severity }: Count): HostChanges {
  const kind = action ?? 'other';
  return {
    ...changes,
    [kind]: changes[kind] + events,
    newest: Math.max(changes.newest, newest),
    worst: severityRank(severity) > severityRank(changes.worst) ? severity : changes.worst,
  };
}

export function hostChangesStore(db: DatabaseSync): HostChangesStore {
  const counts = db.prepare(COUNTS);
  const events = db.prepare(EVENTS);
  return {
    changesOfHost({ source, hostId, since, until }) {
      const bySubject = new Map<string, HostChanges>();
      for (const count of counts.all(source, hostId, since, until) as unknown as readonly Count[]) {
        bySubject.set(count.subject, added(bySubject.get(count.subject) ?? nothing(count), count));
      }
      return [...bySubject.values()];
    },
    eventsOfHost: ({ source, hostId, since, until }, subject, limit) =>
      events.all(source, hostId, since, until, subject, limit).map(({ body }) => JSON.parse(String(body)) as Omit<FeedEvent, 'raw'>),
  };
}
