/**
 * Hands events from request handlers to the feed's reader, and the reader's word that they are on disk back: osquery
 * deletes what it sent as soon as we say yes, so we say it only then.
 */
import type { RawEvent } from '../../core/model.ts';
import type { Clock, Cursor, EventBatch } from '../../core/ports.ts';
import { Problem } from '../../core/problem.ts';
import { Bell } from './bell.ts';

/** What a request delivers. */
export type Delivery = { readonly events: readonly RawEvent[]; readonly skipped: number; readonly skippedSample?: string };

/** 'busy': nobody took it in time; the sender keeps it and sends it again. */
export type Outcome = 'stored' | 'busy';

/**
 * How long a sender waits: 1,024 lines less than a second. What takes longer is answered 'busy' and sent again, so large
 * deliveries, which would never get through, have more time. The client gives up after 16 s.
 */
const PATIENCE_MS = 700;
const PATIENCE_PER_EVENT_MS = 0.25;
const MAX_PATIENCE_MS = 12_000;
/** Events in one batch: small deliveries are joined, larger ones cut, so that storing one holds nothing else up for long. */
const MAX_BATCH = 2_000;
/** A pushed feed cannot be read again, so its position says nothing. */
const CURSOR: Cursor = 'push';

type Waiting = { readonly delivery: Delivery; settle(outcome: Outcome): void };

export class Handoff {
  readonly #clock: Clock;
  readonly #arrival = new Bell();
  readonly #closing = new AbortController();
  #waiting: Waiting[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves once the events are all on disk, or it is clear that they will not be for now. `waited`: ms already. Never rejects. */
  async offer({ events, ...rest }: Delivery, waited = 0): Promise<Outcome> {
    if (events.length === 0 && rest.skipped === 0) return 'stored';
    if (this.#closing.signal.aborted) return 'busy';
    const answered = new AbortController();
    const patience = Math.min(PATIENCE_MS + events.length * PATIENCE_PER_EVENT_MS - waited, MAX_PATIENCE_MS);
    const late = this.#clock.sleep(patience, answered.signal).then(
      () => 'busy' as const,
      () => 'busy' as const,
    );
    const parts = [{ ...rest, events: events.slice(0, MAX_BATCH) }, ...cut(events.slice(MAX_BATCH))];
    try {
      return await this.#offerAll(parts, late);
    } finally {
      answered.abort();
    }
  }

  /** One part after the other: others have their turn in between. */
  async #offerAll(parts: readonly Delivery[], late: Promise<Outcome>): Promise<Outcome> {
    for (const delivery of parts) {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      const waiting: Waiting = { delivery, settle: resolve };
      this.#waiting.push(waiting);
      this.#arrival.ring();
      if ((await Promise.race([promise, late])) === 'stored') continue;
      this.#withdraw(waiting);
      return 'busy';
    }
    return 'stored';
  }

  /** What is being stored is not called back: that it comes again does no harm. */
  #withdraw(waiting: Waiting): void {
    const index = this.#waiting.indexOf(waiting);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Joined deliveries, until the signal stops it. Asking for the next one says that the last one is on disk. */
  async *read(signal: AbortSignal): AsyncIterable<EventBatch> {
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    while (!stop.aborted) {
      const taken = this.#take();
      if (taken.length === 0) {
        await this.#arrival.wait(stop);
        continue;
      }
      let outcome: Outcome = 'busy';
      try {
        yield joined(taken.map(({ delivery }) => delivery));
        outcome = 'stored';
      } finally {
        for (const { settle } of taken) settle(outcome);
      }
    }
    if (!signal.aborted) throw new Problem('unreachable', 'The direct endpoint was closed.', { transient: false });
  }

  #take(): Waiting[] {
    let events = 0;
    let count = 0;
    for (const { delivery } of this.#waiting) {
      events += delivery.events.length;
      if (count > 0 && events > MAX_BATCH) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** Turns away who waits and who still comes. */
  close(): void {
    this.#closing.abort();
    for (const { settle } of this.#waiting.splice(0)) settle('busy');
  }
}

const cut = (events: readonly RawEvent[]): Delivery[] =>
  Array.from({ length: Math.ceil(events.length / MAX_BATCH) }, (_, part) => ({
    events: events.slice(part * MAX_BATCH, (part + 1) * MAX_BATCH),
    skipped: 0,
  }));

function joined(deliveries: readonly Delivery[]): EventBatch {
  const sample = deliveries.find(({ skippedSample }) => skippedSample !== undefined)?.skippedSample;
  return {
    events: deliveries.flatMap(({ events }) => events),
    skipped: deliveries.reduce((sum, { skipped }) => sum + skipped, 0),
    ...(sample === undefined ? {} : { skippedSample: sample }),
    cursor: CURSOR,
  };
}
