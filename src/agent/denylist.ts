/**
 * Statements that a node must not run again, because the process died while they ran: osquery's denylist
 * (contracts/osquery-remote.md 1.6). A mark is set before a statement runs and taken away when it has come back.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../core/ports.ts';
import type { AgentState } from './schedule.ts';

/** osquery's `distributed_denylist_duration`, ms. */
const DURATION_MS = 86_400_000;
const keyOf = (sql: string): string => `running.${hash('sha256', sql, 'hex')}`;

export class Denylist {
  readonly #state: AgentState;
  readonly #clock: Clock;
  /** Statements that came back once in this process: they need no mark again. */
  readonly #harmless = new Set<string>();
  readonly #marked = new Set<string>();

  constructor(state: AgentState, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  /** True when the statement may not run. Otherwise it counts as running until `end`. */
  begin(sql: string): boolean {
    if (this.#harmless.has(sql) || this.#marked.has(sql)) return false;
    const since = Number(this.#state.get(keyOf(sql)) || 0);
    if (since > 0 && this.#clock.now() - since < DURATION_MS) return true;
    this.#marked.add(sql);
    this.#state.set(keyOf(sql), String(this.#clock.now()));
    return false;
  }

  end(sql: string): void {
    this.#harmless.add(sql);
    if (this.#marked.delete(sql)) this.#state.set(keyOf(sql), '');
  }
}
