/**
 * Brings what is written from the WAL into the data file, in a thread of its own: the disk takes its time to say that it has it
 * all, and keys must not wait for that. The thread is started by the first flood of events; without it SQLite does the same now
 * and then while it writes.
 */
import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

/** Events of one process after which the thread is started. */
const FLOOD = 10_000;
/** Events between two checkpoints, some 30 MB of WAL. */
const EVERY = 10_000;
/** Pages of WAL after which SQLite does it while it writes: without the thread, and with it, should it not keep up. */
export const CHECKPOINT_PAGES = 16_000;
const FALLEN_BEHIND_PAGES = 128_000;

/**
 * Copies what nobody is waiting for; then, when the WAL has grown large, the short rest while writers wait, so that the WAL
 * begins anew.
 */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
const db = new DatabaseSync(workerData.file, { timeout: 1000 });
const checkpoint = mode => db.prepare('PRAGMA wal_checkpoint(' + mode + ')').get();
parentPort.on('message', () => {
  const { log } = checkpoint('PASSIVE');
  if (log > workerData.pages) checkpoint('RESTART');
});
`;
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 };

export type Checkpoints = {
  /** So many events were written. */
  wrote(events: number): void;
  close(): void;
};

export function checkpoints(file: string, db: DatabaseSync): Checkpoints {
  let worker: Worker | undefined;
  let all = 0;
  let since = 0;

  const start = (): Worker => {
    const started = new Worker(THREAD, { eval: true, workerData: { file, pages: CHECKPOINT_PAGES }, resourceLimits: LIMITS, execArgv: [] });
    started.unref();
    // What is wrong with the disk shows when something is written; SQLite goes on as without the thread.
    started.on('error', () => db.isOpen && db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`));
    db.exec(`PRAGMA wal_autocheckpoint = ${FALLEN_BEHIND_PAGES}`);
    return started;
  };

  return {
    wrote(events) {
      all += events;
      since += events;
      if (all < FLOOD || since < EVERY) return;
      since = 0;
      worker ??= start();
      worker.postMessage('checkpoint');
    },
    close: () => void worker?.terminate(),
  };
}
