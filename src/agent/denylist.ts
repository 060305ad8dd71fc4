/**
 * Statements that a node must not run again, because the process died while they ran: osquery's denylist
 * (contracts/osquery-remote.md 1.6). A mark is set before a statement runs and taken away when it has come back. A process has one
 * denylist for all of its nodes: the mark of another could not be told from one that a dead process left.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import type { AgentState } from './schedule.ts';

/** osquery's `distributed_denylist_duration`, ms. */
const DURATION_MS = 86_400_000;
const keyOf = (sql: string): string => `running.${hash('sha256', sql, 'hex')}`;

export class Denylist {
  readonly #marks: AgentState | undefined;
  readonly #clock: Clock;
  /** Statements that came back once in this process: they need no mark again. */
  readonly #harmless = new Set<string>();
  readonly #marked = new Set<string>();

  /** `marks` outlives the process when it dies, and only then; without it nothing is ever denylisted. */
  constructor(marks: AgentState | undefined, clock: Clock) {
    this.#marks = marks;
    this.#clock = clock;
  }

  /** True when the statement may not run. Otherwise it counts as running until `end`. */
  begin(sql: string): boolean {
    if (this.#harmless.has(sql) || this.#marked.has(sql)) return false;
    const since = Number(this.#marks?.get(keyOf(sql)) || 0);
    if (since > 0 && this.#clock.now() - since < DURATION_MS) return true;
    this.#marked.add(sql);
    this.#marks?.set(keyOf(sql), String(this.#clock.now()));
    return false;
  }

  end(sql: string): void {
    this.#harmless.add(sql);
    if (this.#marked.delete(sql)) this.#marks?.set(keyOf(sql), '');
  }
}
