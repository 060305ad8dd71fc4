/**
 * Ends this process when its main thread hangs or its parent is gone. SQLite cannot be interrupted once it works on a
 * row, so a statement that never comes back would otherwise burn a core for good. The watcher is a thread of its own:
 * what hangs cannot watch itself. osquery's watchdog does the same to its worker.
 */
import { Worker } from 'node:worker_threads';

const BEAT_MS = 500;

/** Runs on its own, so it is kept as text: no bundler has to find it. */
const WATCHER = `
  const { workerData: { beats, beatMs, missed, parent } } = require('node:worker_threads');
  let seen = -1;
  let quiet = 0;
  setInterval(() => {
    const now = Atomics.load(beats, 0);
    quiet = now === seen ? quiet + 1 : 0;
    seen = now;
    if (quiet > missed || process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, beatMs);
`;

/** `limitMs`: how long the main thread may be away. */
export function watchProcess(limitMs: number): void {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { beats, beatMs: BEAT_MS, missed: Math.ceil(limitMs / BEAT_MS), parent: process.ppid };
  new Worker(WATCHER, { eval: true, workerData }).unref();
  setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref();
}
