/** Takes old events away, oldest first, a few at a time: others go on writing meanwhile. */
import type { DatabaseSync } from 'node:sqlite';
import type { FilteredEvent } from '../core/filter.ts';
import type { RetentionStore } from '../core/ports.ts';
import type { Atomic } from './sqlite-connection.ts';

/** Events of a step: some ms. */
const STEP = 250;
/** Bytes of an event beside its texts: keys and three indexes. */
const OVERHEAD = 160;
const DAY_MS = 86_400_000;

type OldEvent = { readonly seq: number; readonly time: number; readonly body: string; readonly bytes: number };

export function retentionStore(db: DatabaseSync, atomic: Atomic): RetentionStore {
  const oldest = db.prepare(
    `SELECT seq, time, body, octet_length(body) + octet_length(raw) + ${OVERHEAD} AS bytes FROM events
     WHERE (time, seq) > (?, ?) ORDER BY time, seq LIMIT ${STEP}`,
  );
  const remove = db.prepare('DELETE FROM events WHERE seq = ?');
  const forget = db.prepare('DELETE FROM seen WHERE day < ?');
  const forgetHosts = db.prepare('DELETE FROM heard WHERE host <> 0 AND host NOT IN (SELECT host FROM seen)');
  const number = (pragma: string) => Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0] ?? 0);
  /** Once a day is enough: all of what was seen is looked through. */
  let forgottenTo: number | undefined;

  return {
    /** Pages that were freed are used again before the file grows. */
    size: () => (number('page_count') - number('freelist_count')) * number('page_size'),
    pruneStep({ before, keep }, excess, from, dryRun) {
      const part = oldest.all(from?.time ?? Number.MIN_SAFE_INTEGER, from?.seq ?? 0) as unknown as readonly OldEvent[];
      const victims: number[] = [];
      let bytes = 0;
      let ended = part.length < STEP;
      for (const event of part) {
        ended = (before === undefined || event.time >= before) && bytes >= excess;
        if (ended) break;
        if (keep(JSON.parse(event.body) as FilteredEvent)) continue;
        victims.push(event.seq);
        bytes += event.bytes;
      }
      if (!dryRun && victims.length > 0) {
        atomic(() => {
          for (const victim of victims) remove.run(victim);
        });
      }
      const last = part.at(-1);
      return { events: victims.length, bytes, next: ended || !last ? undefined : { time: last.time, seq: last.seq } };
    },
    forgetSeen(before) {
      const day = Math.floor(before / DAY_MS);
      if (day === forgottenTo) return;
      atomic(() => {
        forget.run(day);
        forgetHosts.run();
      });
      forgottenTo = day;
    },
    compact() {
      db.exec('VACUUM');
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
  };
}
