/** Live queries on a node: taking them up, running them one after the other, one write with all results (contracts/osquery-remote.md 1.6). */
import type { Clock } from '../core/ports.ts';
import { isReply, type NodeClient, type ServerReply } from './client.ts';
import type { Denylist } from './denylist.ts';

/** What running a statement gives. Rows are osquery's own, strings by column; a hostile node may send anything. */
export type QueryOutcome = { readonly rows: readonly unknown[] } | { readonly error: string };

export type DistributedOptions = {
  readonly client: NodeClient;
  run(sql: string, signal: AbortSignal): Promise<QueryOutcome>;
  readonly denylist: Denylist;
  readonly clock: Clock;
};

/** What a node says to one query. */
type Answer = {
  readonly rows: readonly unknown[];
  readonly status: number;
  readonly message: string;
  readonly stats: Readonly<Record<string, number>>;
};

export class DistributedQueries {
  readonly #options: DistributedOptions;
  readonly #pending = new Map<string, string>();
  /** Results that the server does not have yet: they go out again with the next write. */
  readonly #results = new Map<string, Answer>();
  #acceleratedUntil = 0;

  constructor(options: DistributedOptions) {
    this.#options = options;
  }

  /** Whether the server wants this node to ask more often for now. */
  get accelerated(): boolean {
    return this.#options.clock.now() < this.#acceleratedUntil;
  }

  /** One round: asks for queries, runs them, and writes what they gave. Returns how many queries were taken up. Throws a Problem. */
  async round(signal: AbortSignal): Promise<number> {
    await this.#accept(await this.#options.client.read(signal), signal);
    const taken = this.#pending.size;
    for (const [id, sql] of this.#pending) {
      this.#pending.delete(id);
      this.#results.set(id, await this.#answer(sql, signal));
      signal.throwIfAborted();
    }
    if (this.#results.size > 0) await this.#write(signal);
    return taken;
  }

  async #accept(reply: ServerReply, signal: AbortSignal): Promise<void> {
    const { accelerate } = reply;
    if (Number.isInteger(accelerate)) this.#acceleratedUntil = this.#options.clock.now() + Number(accelerate) * 1000;
    const discovered = await this.#discover(reply.discovery, signal);
    if (!discovered || !isReply(reply.queries)) return;
    for (const [id, sql] of Object.entries(reply.queries)) {
      if (typeof sql !== 'string' || sql === '' || id === '') return;
      if (discovered.get(id) ?? true) this.#pending.set(id, sql);
    }
  }

  /** Whether each discovery query found something. One that fails, as an empty text does, ends the taking up of everything. */
  async #discover(queries: unknown, signal: AbortSignal): Promise<ReadonlyMap<string, boolean> | undefined> {
    const found = new Map<string, boolean>();
    for (const [id, sql] of Object.entries(isReply(queries) ? queries : {})) {
      if (typeof sql !== 'string' || sql === '' || id === '') return undefined;
      const result = await this.#options.run(sql, signal);
      if ('error' in result) return undefined;
      found.set(id, result.rows.length > 0);
    }
    return found;
  }

  async #answer(sql: string, signal: AbortSignal): Promise<Answer> {
    const { run, denylist } = this.#options;
    if (denylist.begin(sql)) return { rows: [], status: 1, message: 'distributed query is denylisted', stats: {} };
    const started = performance.now();
    const result = await run(sql, signal);
    denylist.end(sql);
    const stats = { wall_time_ms: Math.round(performance.now() - started), user_time: 0, system_time: 0, memory: 0 };
    return 'error' in result ? { rows: [], status: 1, message: result.error, stats } : { rows: result.rows, status: 0, message: '', stats };
  }

  async #write(signal: AbortSignal): Promise<void> {
    const sent = [...this.#results];
    const column = <T>(pick: (answer: Answer) => T): Record<string, T> =>
      Object.fromEntries(sent.map(([id, answer]) => [id, pick(answer)]));
    await this.#options.client.write(
      {
        queries: column(({ rows }) => rows),
        statuses: column(({ status }) => status),
        messages: column(({ message }) => message),
        stats: column(({ stats }) => stats),
      },
      signal,
    );
    for (const [id] of sent) this.#results.delete(id);
  }
}
