/** Takes old events away, oldest first, a few at a time: others go on writing meanwhile. */
import type { DatabaseSync } from 'node:sqlite';
import type { FilteredEvent } from '../core/filter.ts';
import type { Pruned, PrunePlan, RetentionStore } from '../core/ports.ts';

const PART = 1_000;
/** Bytes of an event beside its texts: keys and three indexes. */
const OVERHEAD = 160;
/** Rounds of taking away and measuring until the size is right: what an event takes up is an estimate. */
const ROUNDS = 5;
const DAY_MS = 86_400_000;

type OldEvent = { readonly seq: number; readonly time: number; readonly body: string; readonly bytes: number };

/** `atomic` runs its work in one write transaction. */
export function retentionStore(db: DatabaseSync, atomic: <T>(work: () => T) => T): RetentionStore {
  const oldest = db.prepare(
    `SELECT seq, time, body, octet_length(body) + octet_length(raw) + ${OVERHEAD} AS bytes FROM events
     WHERE (time, seq) > (?, ?) ORDER BY time, seq LIMIT ${PART}`,
  );
  const remove = db.prepare('DELETE FROM events WHERE seq = ?');
  const forget = db.prepare('DELETE FROM seen WHERE day < ?');
  const number = (pragma: string) => Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0] ?? 0);
  /** What is in use; pages that were freed are used again before the file grows. */
  const size = () => (number('page_count') - number('freelist_count')) * number('page_size');

  /** One walk over the oldest events. Returns how many went (or would go), and their bytes. */
  const walk = ({ before, keep }: PrunePlan, excess: number, dryRun: boolean): { events: number; bytes: number } => {
    const gone = { events: 0, bytes: 0 };
    for (let time = Number.MIN_SAFE_INTEGER, seq = 0; ; ) {
      const part = oldest.all(time, seq) as unknown as readonly OldEvent[];
      const victims: number[] = [];
      let done = part.length === 0;
      for (const event of part) {
        done = (before === undefined || event.time >= before) && gone.bytes >= excess;
        if (done) break;
        if (keep(JSON.parse(event.body) as FilteredEvent)) continue;
        victims.push(event.seq);
        gone.events += 1;
        gone.bytes += event.bytes;
      }
      if (!dryRun && victims.length > 0) {
        atomic(() => {
          for (const victim of victims) remove.run(victim);
        });
      }
      const last = part.at(-1);
      if (done || !last) return gone;
      ({ time, seq } = last);
    }
  };

  return {
    size,
    prune(plan, dryRun): Pruned {
      const { before, maxBytes } = plan;
      const sizeBefore = size();
      const excess = () => (maxBytes === undefined ? 0 : Math.max(0, size() - maxBytes));
      let { events, bytes } = walk(plan, excess(), dryRun);
      if (dryRun) return { events, sizeBefore, sizeAfter: Math.max(0, sizeBefore - bytes) };
      if (before !== undefined) atomic(() => forget.run(Math.floor(before / DAY_MS)));
      for (let round = 1; round < ROUNDS && bytes > 0 && excess() > 0; round += 1) {
        const more = walk(plan, excess(), false);
        events += more.events;
        bytes = more.bytes;
      }
      return { events, sizeBefore, sizeAfter: size() };
    },
    compact() {
      db.exec('VACUUM');
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    },
  };
}
