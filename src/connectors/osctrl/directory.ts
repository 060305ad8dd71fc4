/** Hostnames by uuid: results name their host by uuid only. */
import type { Host } from '../../core/model.ts';
import { listHosts, mayNotList } from './hosts.ts';
import { hostIdOf } from './normalise.ts';
import type { Session } from './session.ts';

const STALE_MS = 10 * 60_000;
/** Between two listings for the sake of a host that is not in the last one. */
const RETRY_MS = 60_000;

export class Directory {
  readonly #session: Session;
  readonly #names = new Map<string, string>();
  #listedAt = Number.NEGATIVE_INFINITY;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Takes up hosts that were listed anyway. */
  add(hosts: readonly Host[]): void {
    for (const { id, hostname } of hosts) this.#names.set(id, hostname);
  }

  listed(): void {
    this.#listedAt = this.#session.api.clock.now();
  }

  /**
   * Lists the hosts when names are old, or one of these is missing. An account that may not list goes without. Throws
   * when the server cannot be asked: an event would keep the wrong name for good.
   */
  async learn(uuids: readonly string[], signal: AbortSignal): Promise<void> {
    const age = this.#session.api.clock.now() - this.#listedAt;
    const missing = uuids.some(uuid => !this.#names.has(hostIdOf(uuid)));
    if (age < RETRY_MS || (age < STALE_MS && !missing)) return;
    try {
      for await (const page of listHosts(this.#session, signal, () => this.listed())) this.add(page);
    } catch (thrown) {
      if (!mayNotList(thrown)) throw thrown;
      this.listed();
    }
  }

  /** The hostname, or the uuid where it is not known. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }
}
