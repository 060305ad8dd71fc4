/** The state of one source, put together from its parts (host listing, each feed): the worst part speaks. */
import type { Health, HealthLevel } from '../core/model.ts';
import type { Connector } from '../core/ports.ts';
import type { Problem } from '../core/problem.ts';

/** Failures in a row after which a passing fault is no longer "degraded" but "down". */
const DOWN_AFTER = 3;

type Part = { level: HealthLevel; reason: string };

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

  constructor(connector: Connector, parts: readonly string[], report: (health: Health) => void) {
    this.#connector = connector;
    this.#report = report;
    for (const part of parts) this.#parts.set(part, { level: 'starting', reason: '' });
  }

  get snapshot(): Health {
    let worst: Part = { level: 'ok', reason: '' };
    for (const part of this.#parts.values()) if (RANK[part.level] > RANK[worst.level]) worst = part;
    return {
      source: this.#connector.id,
      kind: this.#connector.kind,
      level: worst.level,
      reason: worst.reason,
      remarks: this.#connector.remarks?.() ?? [],
      lastContact: this.#lastContact,
      lastEvent: this.#lastEvent,
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

  failed(part: string, problem: Problem, inARow: number): void {
    const level = !problem.transient || inARow >= DOWN_AFTER ? 'down' : 'degraded';
    this.#parts.set(part, { level, reason: problem.message });
    this.publish();
  }

  counted(events: number, skipped: number, newest: number | null): void {
    this.#events += events;
    this.#skipped += skipped;
    if (newest !== null && newest > (this.#lastEvent ?? 0)) this.#lastEvent = newest;
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
