/** Events and the cursors of their feeds, in SQLite. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { FilteredEvent } from '../core/filter.ts';
import type { FeedEvent } from '../core/model.ts';
import type { EventArchive, EventLookup, EventQuery, EventStore, StoredEvent, StoredView } from '../core/ports.ts';

/** `WHERE` and `ORDER BY`: by time, or by sequence where the sequence is what the caller pages by. */
function pageClauses({ since, until, sources, beforeSeq, afterSeq, order, limit }: EventQuery): { text: string; values: SQLInputValue[] } {
  const values: SQLInputValue[] = [];
  const conditions: string[] = [];
  const add = (condition: string, value: number | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  add('time >= ?', since);
  add('time <= ?', until);
  add('seq < ?', beforeSeq);
  add('seq > ?', afterSeq);
  if (sources) {
    conditions.push(`source IN (${sources.map(() => '?').join(', ')})`);
    values.push(...sources);
  }
  const direction = order === 'desc' ? 'DESC' : 'ASC';
  const key = beforeSeq === undefined && afterSeq === undefined ? `time ${direction}, seq ${direction}` : `seq ${direction}`;
  values.push(limit ?? -1);
  return { text: `${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')} ` : ''}ORDER BY ${key} LIMIT ?`, values };
}

function storedEvent({ seq, body, raw }: Record<string, SQLOutputValue>): StoredEvent {
  const event: FeedEvent = { ...JSON.parse(String(body)), raw: JSON.parse(String(raw)) };
  return { seq: Number(seq), event };
}

const storedView = ({ seq, body }: Record<string, SQLOutputValue>): StoredView => ({
  seq: Number(seq),
  event: JSON.parse(String(body)) as FilteredEvent,
});

/** Reads them; `sqlite-writer.ts` writes them. */
export function eventStore(db: DatabaseSync): Omit<EventStore, 'append'> & EventLookup & EventArchive {
  const getCursor = db.prepare('SELECT cursor FROM cursors WHERE feed = ?');
  const byId = db.prepare('SELECT seq, body, raw FROM events WHERE id = ?');
  const before = db.prepare('SELECT seq, body FROM events WHERE seq < ? ORDER BY seq DESC LIMIT ?');
  const after = db.prepare('SELECT seq, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?');
  const countAll = db.prepare('SELECT count(*) AS total FROM events');

  return {
    cursor(feed) {
      const row = getCursor.get(feed);
      return row ? String(row.cursor) : undefined;
    },
    page(query) {
      const { text, values } = pageClauses(query);
      const stored: StoredEvent[] = [];
      for (const row of db.prepare(`SELECT seq, body, raw FROM events ${text}`).iterate(...values)) stored.push(storedEvent(row));
      return stored;
    },
    before: (seq, limit) => before.all(seq, limit).map(storedView),
    after: (seq, limit) => after.all(seq, limit).map(storedView),
    event(id) {
      const row = byId.get(id);
      return row && storedEvent(row);
    },
    count: () => Number(countAll.get()?.total ?? 0),
  };
}
