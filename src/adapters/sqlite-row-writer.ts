/** Writes rows of events with the cursor of their feed, in one transaction. Each thread has a writer of its own. */
import type { DatabaseSync } from 'node:sqlite';
import type { FeedCursor } from '../core/ports.ts';
import { isSevere } from '../core/severity.ts';
import { atomicIn } from './sqlite-connection.ts';
import { bodyOf, type EventRow, type Written } from './sqlite-event-rows.ts';
import { talliesOf } from './sqlite-histogram.ts';
import { seenBefore } from './sqlite-seen.ts';

export type RowWriter = {
  /** Says for each row what became of it. Throws what SQLite throws; then nothing was written. */
  write(rows: readonly EventRow[], position: FeedCursor | undefined): readonly Written[];
  /** Writes what waits. */
  settle(): void;
};

/**
 * `patience`: how much of what was seen may wait until it is written. A process that ends in the meantime has not seen it: it is
 * new once more, of which nobody comes to harm.
 */
export function rowWriter(db: DatabaseSync, patience = 0): RowWriter {
  const atomic = atomicIn(db);
  const insert = db.prepare(
    'INSERT INTO events (id, time, source, host, severe, body, raw) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
  );
  const setCursor = db.prepare(
    'INSERT INTO cursors (feed, cursor) VALUES (?, ?) ON CONFLICT (feed) DO UPDATE SET cursor = excluded.cursor',
  );
  const novelty = seenBefore(db);
  const tallies = talliesOf(db);

  const writeRow = (row: EventRow): Written => {
    const isNew = novelty.newness(row);
    const { id, time, source, host, severity, raw } = row;
    const { changes, lastInsertRowid } = insert.run(id, time, source, host, Number(isSevere(severity)), bodyOf(row, isNew), raw);
    return { seq: changes === 1 ? Number(lastInsertRowid) : undefined, isNew };
  };

  /** One transaction. */
  const together = <T>(work: () => T): T => {
    try {
      return atomic(work);
    } catch (thrown) {
      novelty.forget();
      throw thrown;
    }
  };

  return {
    write: (rows, position) =>
      together(() => {
        const written = rows.map(writeRow);
        tallies.add(rows.filter((_, index) => written[index]?.seq !== undefined));
        if (novelty.waiting() > patience) novelty.write();
        if (position) setCursor.run(position.feed, position.cursor);
        return written;
      }),
    settle: () => together(novelty.write),
  };
}
