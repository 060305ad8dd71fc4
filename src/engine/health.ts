/** The state of one source, put together from its parts (host listing, each feed): the worst part speaks. */
import type { Health, HealthLevel } from '../core/model.ts';
import type { Connector } from '../core/ports.ts';
import type { Problem } from '../core/problem.ts';
import type { EngineObserver } from './api.ts';

/** Failures in a row after which a passing fault is no longer "degraded" but "down". */
const DOWN_AFTER = 3;

type Part = { level: HealthLevel; reason: string };

/** The oldest of some moments; null where one has not come yet. */
const oldest = (moments: readonly (number | null)[]): number | null =>
  moments.reduce((found, moment) => (found === null || moment === null ? null : Math.min(found, moment)), Number.POSITIVE_INFINITY);

const RANK: Record<HealthLevel, number> = { ok: 0, starting: 1, degraded: 2, down: 3 };

export class SourceHealth {
  readonly #connector: Connector;
  readonly #report: (health: Health) => void;
  readonly #parts = new Map<string, Part>();
  #lastContact: number | null = null;
  #lastEvent: number | null = null;
  #events = 0;
  #skipped = 0;
  #reconnects = 0;
  #version = '';
  #delay: number | null = null;
  /** Polled feeds: epoch ms of their last end, null before the first. */
  readonly #caughtUp: Map<string, number | null>;

  constructor(connector: Connector, parts: readonly string[], report: (health: Health) => void) {
    this.#connector = connector;
    this.#caughtUp = new Map(connector.feeds.filter(({ cadence }) => cadence !== 'push').map(({ name }) => [name, null]));
    this.#report = report;
    for (const part of parts) this.#parts.set(part, { level: 'starting', reason: '' });
  }

  get snapshot(): Health {
    let worst: Part = { level: 'ok', reason: '' };
    for (const part of this.#parts.values()) if (RANK[part.level] > RANK[worst.level]) worst = part;
    const hindrance = this.#connector.hindrance?.();
    if (hindrance !== undefined && RANK[worst.level] < RANK.degraded) worst = { level: 'degraded', reason: hindrance };
    return {
      source: this.#connector.id,
      kind: this.#connector.kind,
      level: worst.level,
      reason: worst.reason,
      remarks: this.#connector.remarks?.() ?? [],
      lastContact: this.#lastContact,
      lastEvent: this.#lastEvent,
      delay: this.#delay,
      ...(this.#caughtUp.size > 0 && { caughtUpAt: oldest([...this.#caughtUp.values()]) }),
      events: this.#events,
      skipped: this.#skipped,
      reconnects: this.#reconnects,
      version: this.#version,
    };
  }

  /** A part of the source did its work at `at` (epoch ms). */
  ok(part: string, at: number): void {
    this.#lastContact = at;
    if (this.#parts.get(part)?.reason) this.#reconnects += 1;
    this.#parts.set(part, { level: 'ok', reason: '' });
    this.publish();
  }

  /** A feed was read to its end at `at` (epoch ms). */
  caughtUp(feed: string, at: number): void {
    if (this.#caughtUp.has(feed)) this.#caughtUp.set(feed, at);
    this.ok(feed, at);
  }

  failed(part: string, problem: Problem, inARow: number): void {
    const level = !problem.transient || inARow >= DOWN_AFTER ? 'down' : 'degraded';
    this.#parts.set(part, { level, reason: problem.message });
    this.publish();
  }

  /** `newest`: epoch ms of the newest of the events, which came in at `seenAt`. */
  counted(events: number, newest: number, seenAt: number): void {
    this.#events += events;
    this.#delay = Math.max(0, seenAt - newest);
    if (newest > (this.#lastEvent ?? 0)) this.#lastEvent = newest;
    this.publish();
  }

  /** Records that could not be read. */
  skipped(records: number): void {
    this.#skipped += records;
    this.publish();
  }

  knows(version: string): void {
    this.#version = version;
    this.publish();
  }

  publish(): void {
    this.#report(this.snapshot);
  }
}

/** Passes the health of a source on; tells once what keeps its events away, and once that it is over. */
export function reporter(connector: Connector, observer: Pick<EngineObserver, 'health' | 'notice'>): (health: Health) => void {
  let told: string | undefined;
  return health => {
    observer.health(health);
    const hindrance = connector.hindrance?.();
    if ((hindrance === undefined) === (told === undefined)) return;
    told = hindrance;
    const source = connector.id;
    if (hindrance === undefined) observer.notice({ level: 'info', text: `${source} takes events again.`, source });
    else observer.notice({ level: 'warn', text: `${source}: ${hindrance}.`, source });
  };
}
