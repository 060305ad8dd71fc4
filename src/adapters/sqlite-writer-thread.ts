/** Writes events in a thread of its own, so that a flood of them holds up neither keys nor hosts. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FeedCursor } from '../core/ports.ts';
import { type EventRow, type PackedRows, type PackedWritten, packRows, unpackWritten, type Written } from './sqlite-event-rows.ts';

export type ToWrite = 'close' | { readonly id: number; readonly rows: PackedRows; readonly position: FeedCursor | undefined };

/** `failed`: message and codes of what was thrown. */
export type Told =
  | { readonly id: number; readonly written: PackedWritten }
  | { readonly id: number; readonly failed: { readonly message: string } & Readonly<Record<string, unknown>> };

type Waiting = { resolve(written: readonly Written[]): void; reject(thrown: Error): void };

/** What it is told to write does not live long. */
const YOUNG_MB = 16;

/** Beside this module, in the sources as in the build. */
const ENTRY = new URL(`./sqlite-writer-worker${extname(import.meta.url)}`, import.meta.url);

export class WriterThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #isOver = false;

  constructor(file: string) {
    this.#worker = new Worker(ENTRY, { workerData: file, execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
    this.#worker.unref();
    this.#worker.on('message', (told: Told) => this.#hear(told));
    this.#worker.on('error', thrown => this.#end(thrown));
    this.#worker.on('exit', () => this.#end(new Error('the thread that writes events ended')));
  }

  /** Whether it ended, by itself or by `close`. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** As a `RowWriter`. Rejects with what SQLite threw, its codes included. */
  write(rows: readonly EventRow[], position: FeedCursor | undefined): Promise<readonly Written[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Written[]>();
    this.#last += 1;
    this.#waiting.set(this.#last, { resolve, reject });
    this.#worker.ref();
    this.#worker.postMessage({ id: this.#last, rows: packRows(rows), position } satisfies ToWrite);
    return promise;
  }

  close(): void {
    this.#end(new Error('the data file was closed'));
    this.#worker.postMessage('close' satisfies ToWrite);
  }

  #hear(told: Told): void {
    const waiting = this.#waiting.get(told.id);
    this.#waiting.delete(told.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('written' in told) waiting?.resolve(unpackWritten(told.written));
    else waiting?.reject(Object.assign(new Error(told.failed.message), told.failed));
  }

  #end(why: Error): void {
    this.#isOver = true;
    for (const { reject } of this.#waiting.values()) reject(why);
    this.#waiting.clear();
  }
}
