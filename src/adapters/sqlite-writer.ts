/** The way of events into the data file: in this thread while they are few, in one of its own once there is a flood of them. */
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import type { EventStore } from '../core/ports.ts';
import { addedEvents, type EventRow, eventRow, type Written } from './sqlite-event-rows.ts';
import { rowWriter } from './sqlite-row-writer.ts';
import { WriterThread } from './sqlite-writer-thread.ts';

/** Events of one process after which the thread is started. */
const FLOOD = 10_000;
/** Events that are made ready, or written in this thread, in one go: some 10 ms, for which keys have to wait. */
const SLICE = 256;

export type EventWriter = Pick<EventStore, 'append'> & {
  /** Whether events are on their way. */
  isWriting(): boolean;
  close(): void;
};

export function eventWriter(file: string, db: DatabaseSync): EventWriter {
  const here = rowWriter(db);
  let thread: WriterThread | undefined;
  let total = 0;
  let underWay = 0;

  const flooded = (): WriterThread | undefined => {
    if (total < FLOOD || thread?.isOver) return undefined;
    thread ??= new WriterThread(file);
    return thread;
  };

  const append: EventStore['append'] = async (events, position) => {
    const elsewhere = flooded();
    const rows: EventRow[] = [];
    const written: Written[] = [];
    for (let from = 0; from === 0 || from < events.length; from += SLICE) {
      if (from > 0) await turn();
      const slice = events.slice(from, from + SLICE).map(eventRow);
      rows.push(...slice);
      if (!elsewhere) written.push(...here.write(slice, from + SLICE >= events.length ? position : undefined));
    }
    if (elsewhere) written.push(...(await elsewhere.write(rows, position)));
    total += events.length;
    return addedEvents(events, rows, written);
  };

  return {
    async append(events, position) {
      underWay += 1;
      try {
        return await append(events, position);
      } finally {
        underWay -= 1;
      }
    },
    isWriting: () => underWay > 0,
    close: () => thread?.close(),
  };
}
