/**
 * The front in a thread of its own. A fleet's handshakes, one for each request, hold up neither the screen nor the store, and
 * their work does not keep hosts waiting outside: Node lets one connection in with each turn of a loop.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Log } from '../../core/ports.ts';
import { cutRemarks, type Door, notListening } from './door.ts';
import type { FrontSettings } from './front.ts';
import type { Order, Word } from './front-messages.ts';
import type { House } from './house.ts';
import { Outbox } from './outbox.ts';

type Listening = Extract<Word, { readonly listening: number } | { readonly notListening: unknown }>;

/** Beside this module, in the sources as in the build. */
const ENTRY = new URL(`./front-worker${extname(import.meta.url)}`, import.meta.url);

export class FrontThread implements Door {
  readonly #worker: Worker;
  /** Words come together, so their answers are there together. */
  readonly #outbox = new Outbox<Order>(orders => this.#worker.postMessage(orders), setImmediate);
  readonly #log: Log;
  #listening = Promise.withResolvers<Listening>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #broken = new AbortController();
  #house: House | undefined;
  #pushedOut = 0;
  #closing = false;

  constructor(settings: FrontSettings, log: Log) {
    this.#log = log;
    this.#worker = new Worker(ENTRY, { workerData: settings, execArgv: [] });
    this.#worker.on('message', (words: readonly Word[]) => {
      for (const word of words) this.#hear(word);
    });
    this.#worker.on('error', thrown => this.#end(thrown.message));
    this.#worker.on('exit', () => this.#end('its thread ended'));
  }

  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  async listen(host: string, port: number): Promise<number> {
    this.#listening = Promise.withResolvers<Listening>();
    if (this.#broken.signal.aborted) throw notListening(host, port, { code: '', message: 'its thread ended' });
    this.#order({ listen: { host, port } });
    const word = await this.#listening.promise;
    if ('listening' in word) return word.listening;
    throw notListening(host, port, word.notListening);
  }

  present(identity: { readonly certificate: string; readonly key: string }, house: House): void {
    this.#house = house;
    this.#order({ present: identity });
  }

  remarks(): string[] {
    return cutRemarks(this.#pushedOut);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#order({ close: true });
    await this.#ended.promise;
  }

  /** At once: nobody who connects after this finds it not done. */
  #order(order: Order): void {
    this.#outbox.tell(order);
    this.#outbox.flush();
  }

  #hear(word: Word): void {
    if ('listening' in word || 'notListening' in word) this.#listening.resolve(word);
    else if ('pushedOut' in word) this.#pushedOut = word.pushedOut;
    else if ('failed' in word) this.#log.write('error', word.failed.message, { detail: word.failed.detail });
    else if (this.#house) void this.#answer(word, this.#house);
  }

  async #answer(word: Extract<Word, { readonly id: number }>, house: House): Promise<void> {
    const { id } = word;
    if ('isKey' in word) this.#outbox.tell({ id, isKey: await house.isKey(word.isKey.proof, word.isKey.key) });
    else this.#outbox.tell({ id, said: await ('asked' in word ? house.answer(word.asked) : house.refuse(word.refused)) });
  }

  #end(why: string): void {
    this.#ended.resolve();
    this.#listening.resolve({ notListening: { code: '', message: why } });
    if (this.#closing || this.#broken.signal.aborted) return;
    this.#log.write('error', 'The direct endpoint’s server ended.', { detail: why });
    this.#broken.abort();
  }
}
