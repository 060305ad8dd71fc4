/** Who has answered a query, from rows and counters that do not name the silent (contracts/osctrl.md 0.6, 0.7, 4). Pure. */
import type { Host, HostAnswer } from '../../core/model.ts';
import type { LiveUpdate, SilentHosts } from '../../core/ports.ts';
import { hostIdOf, toAnswer } from './normalise.ts';
import type { StoredResult } from './queries.ts';
import type { OsctrlQuery } from './shapes.ts';

type Counters = Pick<OsctrlQuery, 'executions' | 'errors'>;

const hosts = (count: number): string => (count === 1 ? '1 host' : `${count} hosts`);

export class Roll {
  readonly #silent: Map<string, Host>;
  readonly #graceMs: number;
  readonly #seen = new Set<string>();
  /** Stored answers by status: of all hosts, repeats and strangers included, as the server's counters count them. */
  #okRows = 0;
  #errorRows = 0;
  #counters: Counters = { executions: 0, errors: 0 };
  #changedAt = 0;
  #told = '';

  /** `graceMs`: how long counters and rows must stand still before a difference between them means something. */
  constructor(targets: readonly Host[], graceMs: number) {
    this.#silent = new Map(targets.map(host => [hostIdOf(host.uuid), host]));
    this.#graceMs = graceMs;
  }

  /** Hosts of which nothing is known yet. */
  get silent(): number {
    return this.#silent.size;
  }

  /** Answers counted without a stored row: failures, and results kept elsewhere. */
  get #rowless(): { failed: number; unstored: number } {
    const { executions, errors } = this.#counters;
    return { failed: Math.max(0, errors - this.#errorRows), unstored: Math.max(0, executions - this.#okRows) };
  }

  /** Whether rows are still owed, by what the counters say. */
  get owed(): boolean {
    return this.#rowless.failed + this.#rowless.unstored > 0;
  }

  /** Stored answers, in any order and any number of times. Returns those that are news; `at` is for `HostAnswer.at`. */
  take(results: readonly StoredResult[], at: (serverTime: number) => number, now: number): HostAnswer[] {
    const answers: HostAnswer[] = [];
    for (const result of results) {
      const key = String(result.id ?? hostIdOf(result.uuid));
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#changedAt = now;
      if (result.status === 0) this.#okRows += 1;
      else this.#errorRows += 1;
      const host = this.#silent.get(hostIdOf(result.uuid));
      if (!host) continue;
      this.#silent.delete(hostIdOf(result.uuid));
      answers.push({ ...toAnswer(result, at(result.at)), hostId: host.id });
    }
    return answers;
  }

  count({ executions, errors }: Counters, now: number): boolean {
    if (executions === this.#counters.executions && errors === this.#counters.errors) return false;
    this.#counters = { executions, errors };
    this.#changedAt = now;
    return true;
  }

  /**
   * What follows when the counters say that hosts have answered of whom no row came. When they account for every silent
   * host, these are named; else only their number can be told. Empty while rows may just be late.
   */
  settle(now: number): LiveUpdate[] {
    if (!this.owed || this.#silent.size === 0 || now - this.#changedAt < this.#graceMs) return [];
    const { failed, unstored } = this.#rowless;
    if (failed === this.#silent.size && unstored === 0) return this.#nameFailed(now);
    if (unstored === this.#silent.size && failed === 0) return this.#nameUnstored();
    const text = this.remark();
    return text === undefined ? [] : [{ kind: 'note', text }];
  }

  /** The hosts without an answer, when some of them are known to have given one: the server does not say which. */
  unclear(): SilentHosts[] {
    if (!this.owed || this.#silent.size === 0) return [];
    const { failed, unstored } = this.#rowless;
    const either = [...(failed > 0 ? ['failed'] : []), ...(unstored > 0 ? ['answered, but not stored'] : []), 'silent'];
    const hostIds = [...this.#silent.values()].map(host => host.id);
    return [{ kind: 'silent', hostIds, state: 'timed_out', reason: `${either.join(' or ')}: osctrl does not say which` }];
  }

  /** What is known of the silent hosts without knowing which; told again only when the numbers change. */
  remark(): string | undefined {
    if (!this.owed || this.#silent.size === 0) return undefined;
    const { failed, unstored } = this.#rowless;
    const parts = [
      ...(failed > 0 ? [`${hosts(failed)} failed without leaving a reason`] : []),
      ...(unstored > 0 ? [`${hosts(unstored)} answered, but osctrl has stored no result (its logger must write to the database)`] : []),
    ];
    const text = `Of the hosts without an answer, ${parts.join(' and ')}; osctrl does not say which.`;
    if (text === this.#told) return undefined;
    this.#told = text;
    return text;
  }

  #nameFailed(at: number): LiveUpdate[] {
    const error = 'the query failed on this host; osctrl keeps no reason';
    const updates = [...this.#silent.values()].map(
      (host): LiveUpdate => ({ kind: 'answer', answer: { hostId: host.id, at, state: 'error', error } }),
    );
    this.#silent.clear();
    return updates;
  }

  #nameUnstored(): LiveUpdate[] {
    const reason = 'it answered, but osctrl has stored no result: its logger must write to the database';
    if (this.#told === reason) return [];
    this.#told = reason;
    const hostIds = [...this.#silent.values()].map(host => host.id);
    return [{ kind: 'silent', state: 'timed_out', hostIds, reason }];
  }
}
