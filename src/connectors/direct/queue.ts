/** Distributed queries: which node still has to be told what, and from whom an answer is due. Pure. */

/** Osquery asks for queries only between runs, so a node that asks again has lost the reply or its worker. */
const REDELIVER_MS = 30_000;

type OpenQuery = {
  readonly sql: string;
  /** Nodes that have not answered: epoch ms of the last delivery, null before the first. */
  readonly nodes: Map<string, number | null>;
};

export type Unanswered = {
  /** Nodes that were never told. */
  readonly undelivered: readonly string[];
  /** Nodes that took the query and have not answered: they may still run it. */
  readonly delivered: readonly string[];
};

export class DistributedQueue {
  readonly #queries = new Map<string, OpenQuery>();
  readonly #byNode = new Map<string, Set<string>>();

  /**
   * `id` must be unguessable: it is what a node shows to have been asked. Nodes that may have been told already are told
   * again, and may answer before that.
   */
  enqueue(id: string, sql: string, nodeIds: readonly string[], state: 'not told' | 'may have been told' = 'not told'): void {
    const deliveredAt = state === 'not told' ? null : Number.NEGATIVE_INFINITY;
    this.#queries.set(id, { sql, nodes: new Map(nodeIds.map(nodeId => [nodeId, deliveredAt])) });
    for (const nodeId of nodeIds) {
      const ids = this.#byNode.get(nodeId) ?? new Set();
      this.#byNode.set(nodeId, ids.add(id));
    }
  }

  /** What this node has to run now, by query id. A query that it took and did not answer comes again after a while. */
  read(nodeId: string, now: number): Map<string, string> {
    const due = new Map<string, string>();
    for (const id of this.#byNode.get(nodeId) ?? []) {
      const query = this.#queries.get(id);
      const deliveredAt = query?.nodes.get(nodeId) ?? null;
      if (!query || (deliveredAt !== null && now - deliveredAt < REDELIVER_MS)) continue;
      query.nodes.set(nodeId, now);
      due.set(id, query.sql);
    }
    return due;
  }

  /** Closes the query for this node. False when none is open, or it was never delivered: such an answer is not taken. */
  answer(id: string, nodeId: string): boolean {
    const deliveredAt = this.#queries.get(id)?.nodes.get(nodeId);
    if (deliveredAt === undefined || deliveredAt === null) return false;
    this.#remove(id, nodeId);
    return true;
  }

  /** Queries that the node took and has not answered. */
  held(nodeId: string): readonly string[] {
    return [...(this.#byNode.get(nodeId) ?? [])].filter(id => (this.#queries.get(id)?.nodes.get(nodeId) ?? null) !== null);
  }

  /** Who has not answered yet, with the query or without. */
  unanswered(id: string): Unanswered {
    const open = [...(this.#queries.get(id)?.nodes ?? [])];
    const told = (wanted: boolean) => open.flatMap(([nodeId, deliveredAt]) => ((deliveredAt !== null) === wanted ? [nodeId] : []));
    return { undelivered: told(false), delivered: told(true) };
  }

  /** Delivers the query to nobody else. Nodes that have it already may still answer. */
  withdraw(id: string): Unanswered {
    const { undelivered, delivered } = this.unanswered(id);
    for (const nodeId of undelivered) this.#remove(id, nodeId);
    for (const nodeId of delivered) this.#queries.get(id)?.nodes.set(nodeId, Number.POSITIVE_INFINITY);
    return { undelivered, delivered };
  }

  /** Drops the query: answers to it are not taken any more. */
  forget(id: string): void {
    for (const nodeId of [...(this.#queries.get(id)?.nodes.keys() ?? [])]) this.#remove(id, nodeId);
  }

  #remove(id: string, nodeId: string): void {
    const query = this.#queries.get(id);
    query?.nodes.delete(nodeId);
    if (query?.nodes.size === 0) this.#queries.delete(id);
    const ids = this.#byNode.get(nodeId);
    ids?.delete(id);
    if (ids?.size === 0) this.#byNode.delete(nodeId);
  }
}
