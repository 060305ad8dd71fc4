/** The thread that writes events: a connection of its own to the data file, and what it is told to write, in turn. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { BUSY_TIMEOUT_MS, SETTINGS } from './sqlite-connection.ts';
import { packWritten, unpackRows } from './sqlite-event-rows.ts';
import { rowWriter } from './sqlite-row-writer.ts';
import type { Told, ToWrite } from './sqlite-writer-thread.ts';

if (!parentPort) throw new Error('The writer is started by the main thread.');
/** Some 30 MB of WAL. It is brought into the file itself here, where nobody's keys wait for the disk, and before any other thread would. */
const CHECKPOINT_PAGES = 8_000;
/** Pairs of content and host that wait for the table of what was seen, and after how many ms without events they no longer do. */
const PATIENCE = 20_000;
const IDLE_MS = 1_000;
const port = parentPort;
const tell = (told: Told) => port.postMessage(told);

const db = new DatabaseSync(String(workerData), { timeout: BUSY_TIMEOUT_MS });
db.exec(`${SETTINGS}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
const writer = rowWriter(db, PATIENCE);

function settle(): void {
  try {
    writer.settle();
  } catch {
    // The disk's troubles show when events are written.
  }
}

const settling = setTimeout(settle, IDLE_MS);

function write({ id, rows, position }: Exclude<ToWrite, 'close'>): void {
  try {
    tell({ id, written: packWritten(writer.write(unpackRows(rows), position)) });
  } catch (thrown) {
    tell({ id, failed: thrown instanceof Error ? { ...thrown, message: thrown.message } : { message: String(thrown) } });
  }
  settling.refresh();
}

port.on('message', (order: ToWrite) => {
  if (order !== 'close') return write(order);
  clearTimeout(settling);
  settle();
  db.close();
  port.close();
});
