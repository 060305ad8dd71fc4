/** Lists the hosts of every source, keeps the lists fresh, and shows the first one page by page. */
import { platformFamily } from '../core/host-match.ts';
import type { Host } from '../core/model.ts';
import type { Clock, Connector, Log } from '../core/ports.ts';
import { isAbort, type Problem, toProblem } from '../core/problem.ts';
import type { Platform } from '../core/template.ts';
import type { EngineObserver } from './api.ts';
import type { SourceHealth } from './health.ts';
import { supervise } from './supervisor.ts';

const DEFAULT_EVERY_MS = 60_000;
export const HOSTS_PART = 'hosts';

export type InventoryDeps = { readonly observer: EngineObserver; readonly clock: Clock; readonly log: Log };

export class Inventory {
  readonly #known = new Map<string, readonly Host[]>();
  /** By source: families of the platforms of its hosts, by id. */
  readonly #platforms = new Map<string, ReadonlyMap<string, Platform>>();
  readonly #deps: InventoryDeps;

  constructor(deps: InventoryDeps) {
    this.#deps = deps;
  }

  /** Hosts of all sources as last listed. */
  all(): readonly Host[] {
    return [...this.#known.values()].flat();
  }

  /** The platform of a host, as templates and rules name it; undefined where it is not known, or another one. */
  platformOf(source: string, hostId: string): Platform | undefined {
    return this.#platforms.get(source)?.get(hostId);
  }

  /** One listing of a source. A first listing is reported page by page, a later one when it is whole. Throws `Problem`. */
  async list(connector: Connector, health: SourceHealth, signal: AbortSignal): Promise<void> {
    const first = !this.#known.has(connector.id);
    const listed: Host[] = [];
    const platforms = new Map<string, Platform>();
    if (first) this.#platforms.set(connector.id, platforms);
    for await (const page of connector.hosts(signal)) {
      listed.push(...page);
      for (const { id, platform } of page) {
        const family = platformFamily(platform);
        if (family !== 'other') platforms.set(id, family);
      }
      if (first) this.#deps.observer.hosts(connector.id, [...listed], false);
    }
    if (signal.aborted) return;
    this.#known.set(connector.id, listed);
    this.#platforms.set(connector.id, platforms);
    this.#deps.observer.hosts(connector.id, listed, true);
    health.ok(HOSTS_PART, this.#deps.clock.now());
  }

  /** Lists every source once, side by side. Resolves with the sources that failed. */
  async refresh(
    sources: ReadonlyArray<{ readonly connector: Connector; readonly health: SourceHealth }>,
    signal: AbortSignal,
  ): Promise<Map<string, Problem>> {
    const failures = new Map<string, Problem>();
    const listing = sources.map(async ({ connector, health }) => {
      try {
        await this.list(connector, health, signal);
      } catch (thrown) {
        if (isAbort(thrown)) return;
        const problem = toProblem(thrown);
        failures.set(connector.id, problem);
        health.failed(HOSTS_PART, problem, 1);
      }
    });
    await Promise.all(listing);
    return failures;
  }

  /** Keeps one source's list fresh until the signal stops it. */
  run(connector: Connector, health: SourceHealth, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const pass = async (alive: () => void) => {
      await this.list(connector, health, signal);
      alive();
      await clock.sleep(connector.hostsEveryMs ?? DEFAULT_EVERY_MS, signal);
    };
    const failed = (problem: Problem, inARow: number) => {
      health.failed(HOSTS_PART, problem, inARow);
      log.write('warn', problem.message, { source: connector.id, part: HOSTS_PART, kind: problem.kind, detail: problem.detail });
    };
    return supervise(pass, { clock, signal, failed });
  }
}
