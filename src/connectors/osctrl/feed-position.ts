/** Where the feed of query results stands: one position per query, as opaque text. Pure. */
import { z } from 'zod';
import type { Cursor } from '../../core/ports.ts';
import { parseJson } from '../http-problem.ts';
import type { StoredResult } from './queries.ts';
import type { OsctrlQuery } from './shapes.ts';

/** Results are stamped before they are committed, by parallel writers (contracts/osctrl.md 4): read this far again. */
const OVERLAP_MS = 10_000;
/** Ids kept of that stretch; what is beyond is read twice and known by its content. */
const MAX_IDS = 2_000;
/** Rows may follow their counters late: a query whose counters moved is read again for this long. */
const SETTLE_MS = 10 * 60_000;
/** A query older than this has settled when it is first seen. */
const OLD_MS = 60 * 60_000;
/** Queries remembered, newest first. */
export const MAX_QUERIES = 5_000;

const position = z.tuple([z.number(), z.number(), z.number(), z.array(z.number())]);
const shape = z.object({ v: z.literal(1), since: z.number(), queries: z.record(z.string(), position) });

/** `total`: answers counted when it was last read. `newest`: epoch ms of the newest result read. */
type Position = { readonly total: number; readonly newest: number; readonly changedAt: number; readonly ids: ReadonlySet<number> };

/** `total` of a query of which not all results were taken yet. */
const UNREAD = -1;

export class FeedPosition {
  /** How far back the first read reached, epoch ms. */
  readonly since: number;
  #queries = new Map<string, Position>();

  private constructor(since: number) {
    this.since = since;
  }

  /** `from` as `toCursor` made it; anything else starts anew at `since` (events are known by their content, so that is harmless). */
  static read(from: Cursor | undefined, since: number): FeedPosition {
    const stored = shape.safeParse(from === undefined ? undefined : parseJson(from)).data;
    const made = new FeedPosition(stored?.since ?? since);
    for (const [name, [total, newest, changedAt, ids]] of Object.entries(stored?.queries ?? {})) {
      made.#queries.set(name, { total, newest, changedAt, ids: new Set(ids) });
    }
    return made;
  }

  toCursor(): Cursor {
    const queries = Object.fromEntries([...this.#queries].map(([name, at]) => [name, [at.total, at.newest, at.changedAt, [...at.ids]]]));
    return JSON.stringify({ v: 1, since: this.since, queries });
  }

  /** Whether a query can have results that were not read. `now`: epoch ms. */
  isDue({ name, executions, errors, active }: OsctrlQuery, now: number): boolean {
    const at = this.#queries.get(name);
    if (!at) return executions + errors > 0 || active;
    return at.total !== executions + errors || now - at.changedAt < SETTLE_MS;
  }

  /** Results strictly after this time (epoch ms) are wanted. */
  from(name: string): number {
    const at = this.#queries.get(name);
    return at ? Math.max(at.newest - OVERLAP_MS, this.since - 1) : this.since - 1;
  }

  isNew(name: string, { id, at }: StoredResult): boolean {
    return at >= this.since && (id === undefined || !this.#queries.get(name)?.ids.has(id));
  }

  /** These results have been taken; the query may have more to come. */
  advance(name: string, results: readonly StoredResult[]): void {
    const before = this.#queries.get(name) ?? this.#unread();
    const newest = results.reduce((latest, { at }) => Math.max(latest, at), before.newest);
    const recent = results.flatMap(({ id, at }) => (id !== undefined && at >= newest - OVERLAP_MS ? [id] : []));
    const kept = newest - before.newest > OVERLAP_MS ? [] : before.ids;
    this.#queries.set(name, { ...before, newest, ids: new Set([...kept, ...recent].slice(-MAX_IDS)) });
  }

  /** All results that the server had for this query have been taken. `now`: the server's clock. */
  settle({ name, executions, errors, created_at }: OsctrlQuery, now: number): void {
    const before = this.#queries.get(name) ?? this.#unread();
    const total = executions + errors;
    const settledLongAgo = before.total === UNREAD && now - (created_at ?? 0) > OLD_MS;
    const changedAt = before.total === total ? before.changedAt : settledLongAgo ? 0 : now;
    this.#queries.set(name, { ...before, total, changedAt });
  }

  #unread(): Position {
    return { total: UNREAD, newest: this.since - 1, changedAt: 0, ids: new Set() };
  }

  /** Forgets queries that the server has no more, and the oldest beyond what is remembered. `names`: newest first. */
  keepOnly(names: readonly string[]): void {
    const kept = new Set(names.slice(0, MAX_QUERIES));
    for (const name of this.#queries.keys()) if (!kept.has(name)) this.#queries.delete(name);
  }
}
