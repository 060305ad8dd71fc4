/** Live queries on osctrl. Sent by uuid only, checked after creation, followed by rows and counters. */

import type { ApprovedQuery } from '../../core/launch-policy.ts';
import type { Host } from '../../core/model.ts';
import type { EndReason, LaunchOptions, LiveQueryBackend, LiveUpdate, SilentHosts } from '../../core/ports.ts';
import { isAbort, Problem, toProblem } from '../../core/problem.ts';
import { clean } from '../../core/sanitize.ts';
import { addressed, createQuery } from './launch.ts';
import { expireQuery, isSafeName } from './queries.ts';
import { Roll } from './roll.ts';
import type { Session } from './session.ts';
import { follow } from './updates.ts';

/** Rows may lag counters by seconds (contracts/osctrl.md 4). */
const GRACE_MS = 3_000;

export class OsctrlLiveQuery implements LiveQueryBackend {
  readonly rejoin = true;
  readonly #session: Session;
  /** Queries that this process has started. */
  readonly #started = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #rolls = new Map<string, Roll>();

  constructor(session: Session) {
    this.#session = session;
  }

  blocked(): string | undefined {
    const account = this.#session.knownAccount;
    return account?.run === false ? `the account '${clean(account.name, 80)}' lacks the query right in this environment` : undefined;
  }

  async launch(
    query: ApprovedQuery,
    hosts: readonly Host[],
    options: LaunchOptions,
    signal: AbortSignal,
  ): Promise<{ readonly remoteId: string }> {
    if (signal.aborted) throw new DOMException('Stopped.', 'AbortError');
    const remoteId = await createQuery(this.#session, query.sql, hosts, options, this.#started, signal);
    this.#started.add(remoteId);
    return { remoteId };
  }

  async *updates(remoteId: string, hosts: readonly Host[], options: LaunchOptions, signal: AbortSignal): AsyncGenerator<LiveUpdate> {
    this.#expectName(remoteId);
    const targets = addressed(hosts, options);
    const asked = new Set(targets.map(host => host.id));
    const skipped = hosts.filter(host => !asked.has(host.id)).map(host => host.id);
    if (skipped.length > 0) yield { kind: 'silent', state: 'offline', hostIds: skipped, reason: 'offline: it was not asked' };
    const roll = new Roll(targets, Math.min(GRACE_MS, options.timeoutMs / 4));
    this.#rolls.set(remoteId, roll);
    yield* follow({ session: this.#session, name: remoteId, targets, options, roll, ended: () => this.#ended.has(remoteId) }, signal);
  }

  silentAtDeadline(remoteId: string): readonly SilentHosts[] {
    return this.#rolls.get(remoteId)?.unclear() ?? [];
  }

  /** Nothing to do when all have answered. Otherwise expires the query, so that hosts which come back do not run it. */
  async end(remoteId: string, reason: EndReason, signal: AbortSignal): Promise<string | undefined> {
    if (reason === 'answered') return undefined;
    this.#expectName(remoteId);
    const unknown = this.#rolls.get(remoteId)?.remark();
    const running = await this.#expire(remoteId, signal);
    return [unknown, running].filter(text => text !== undefined).join(' ') || undefined;
  }

  async #expire(remoteId: string, signal: AbortSignal): Promise<string | undefined> {
    const until = `Hosts that come back may still run ${remoteId} until it expires`;
    try {
      if ((await this.#session.account(signal)).cancel === false) return `${until}: ending a query on osctrl takes the admin right.`;
      this.#ended.add(remoteId);
      if (await expireQuery(this.#session, remoteId, signal)) return undefined;
      return `${until}: ending a query on osctrl takes the admin right.`;
    } catch (thrown) {
      if (isAbort(thrown)) throw thrown;
      return `${until}: it could not be ended. ${toProblem(thrown).message}`;
    }
  }

  #expectName(remoteId: string): void {
    if (isSafeName(remoteId)) return;
    throw new Problem('usage', `'${this.#session.api.source}' cannot have a query of that name: it is not one of osctrl's.`, {
      source: this.#session.api.source,
    });
  }
}
