/** What a fake osctrl knows: nodes, queries, answers, and its rules for targets, delivery and counting (contracts/osctrl.md 0, 4, 5). */
import { randomBytes } from 'node:crypto';

export type FakeGeneration = 'head' | '0.5.4' | '0.5.1';

/** How a node treats a query. `unstored`: it answers, and the server's logger writes elsewhere. */
export type NodeBehaviour = 'answers' | 'empty' | 'fails' | 'denylisted' | 'hostile' | 'rowless' | 'unstored' | 'silent' | 'gone';

export type FakeNode = {
  id: number;
  uuid: string;
  hostname: string;
  platform: string;
  environment: string;
  /** Epoch ms; null: enrolled, never checked in. */
  lastSeen: number | null;
  behaviour: NodeBehaviour;
};

export type FakeQuery = {
  id: number;
  createdAt: number;
  updatedAt: number;
  name: string;
  creator: string;
  query: string;
  environment: string;
  expected: number;
  executions: number;
  errors: number;
  active: boolean;
  completed: boolean;
  expired: boolean;
  deleted: boolean;
  hidden: boolean;
  type: string;
  /** Epoch ms; null: none. */
  expiration: number | null;
  targets: { type: string; value: string }[];
  /** Node ids still to be handed the query, and those that were. */
  pending: number[];
  delivered: number[];
};

export type FakeResult = { id: number; createdAt: number; uuid: string; name: string; environment: string; status: number; data: string };

export type Order = {
  readonly query: string;
  readonly exp_hours?: number;
  readonly uuid_list?: readonly string[];
  readonly host_list?: readonly string[];
  readonly platform_list?: readonly string[];
};

export const HOSTILE_ROW = { '': 'empty name', name: '\u001b]0;pwn\u0007\u001b[31mred', path: '\u202egnp.exe\n\u0000end', pid: '1' };

/** Lists combine as AND, but an empty side is "no constraint": pkg/utils/utils.go. */
const intersect = (one: readonly number[], other: readonly number[]): number[] =>
  one.length === 0 ? [...other] : other.length === 0 ? [...one] : one.filter(id => other.includes(id));

export class World {
  readonly environments = [
    { uuid: 'af23a26d-0000-4000-8000-0000000000de', name: 'dev' },
    { uuid: '1f0201c0-0000-4000-8000-0000000000ab', name: 'prod' },
  ];
  readonly nodes: FakeNode[] = [];
  readonly queries: FakeQuery[] = [];
  readonly results: FakeResult[] = [];
  /** When off, nodes fetch queries only when `poll` is called. */
  polling = true;
  #ids = 0;
  /** May change while it runs: an upgrade. */
  generation: FakeGeneration;
  readonly now: () => number;

  constructor(generation: FakeGeneration, now: () => number) {
    this.generation = generation;
    this.now = now;
  }

  nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }

  addNode(hostname: string, behaviour: NodeBehaviour = 'answers', over: Partial<FakeNode> = {}): FakeNode {
    const id = this.nextId();
    const uuid = `${id.toString(16).padStart(8, '0')}-ABCD-4000-8000-00000000000F`.toUpperCase();
    const lastSeen = this.now() - (behaviour === 'gone' ? 86_400_000 : 5_000);
    const node = { id, uuid, hostname, platform: 'ubuntu', environment: 'dev', lastSeen, behaviour, ...over };
    this.nodes.push(node);
    return node;
  }

  query(name: string): FakeQuery {
    const found = this.queries.find(query => query.name === name);
    if (!found) throw new Error(`the fake has no query ${name}`);
    return found;
  }

  addQuery(sql: string, environment: string, creator: string, over: Partial<FakeQuery> = {}): FakeQuery {
    const now = this.now();
    const counts = { expected: 0, executions: 0, errors: 0, completed: false, expired: false, deleted: false, hidden: false };
    const lists = { targets: [], pending: [], delivered: [] };
    const name = `query_${randomBytes(16).toString('hex')}`;
    const times = { createdAt: now, updatedAt: now, expiration: now + 3_600_000 };
    const made = {
      id: this.nextId(),
      name,
      creator,
      query: sql,
      environment,
      active: true,
      type: 'query',
      ...times,
      ...counts,
      ...lists,
      ...over,
    };
    this.queries.push(made);
    return made;
  }

  /** What POST does. Undefined: it failed half-way, and the query is there all the same. */
  create(order: Order, environment: string, creator: string): FakeQuery | undefined {
    const hours = order.exp_hours ?? 0;
    const query = this.addQuery(order.query, environment, creator, { expiration: hours === 0 ? null : this.now() + hours * 3_600_000 });
    const ids = this.#resolve(order, environment);
    if (!ids) return undefined;
    query.pending = ids;
    query.expected = ids.length;
    query.targets = [
      ...(order.uuid_list ?? []).map(value => ({ type: 'uuid', value })),
      ...(order.host_list ?? []).map(value => ({ type: 'host', value })),
      ...(order.platform_list ?? []).map(value => ({ type: 'platform', value })),
    ];
    return query;
  }

  #resolve({ uuid_list = [], host_list = [], platform_list = [] }: Order, environment: string): number[] | undefined {
    const nodes = this.nodes.filter(node => node.environment === environment);
    if (uuid_list.length + host_list.length + platform_list.length === 0)
      return this.generation === '0.5.1' ? [] : nodes.map(node => node.id);
    const uuids = uuid_list.filter(Boolean).map(uuid => nodes.find(node => node.uuid === uuid.toUpperCase())?.id);
    const hosts = host_list.filter(Boolean).map(name => nodes.find(node => node.hostname === name || node.uuid === name)?.id);
    if ([...uuids, ...hosts].includes(undefined)) return undefined;
    const platforms = nodes.filter(node => platform_list.includes(node.platform)).map(node => node.id);
    const known = (ids: (number | undefined)[]) => ids.filter(id => id !== undefined);
    return intersect(intersect(platforms, known(uuids)), known(hosts));
  }

  #isDelivered(query: FakeQuery): boolean {
    if (this.generation !== 'head') return !query.expired;
    const open = query.active && !query.completed && !query.deleted && !query.expired;
    return open && query.expiration !== null && query.expiration > this.now();
  }

  /** Every node asks for its queries once. A silent one reads and does not answer; a gone one does not ask. */
  poll(): void {
    for (const query of this.queries) {
      if (!this.#isDelivered(query)) continue;
      for (const id of query.pending.splice(0)) {
        const node = this.nodes.find(candidate => candidate.id === id);
        if (!node || node.behaviour === 'gone') query.pending.push(id);
        else {
          query.delivered.push(id);
          if (node.behaviour !== 'silent') this.answer(query, node, node.behaviour);
        }
      }
    }
  }

  /** Silent nodes answer what they hold, whatever has become of the query. */
  release(): void {
    for (const query of this.queries) {
      for (const node of this.nodes.filter(({ id, behaviour }) => behaviour === 'silent' && query.delivered.includes(id))) {
        this.answer(query, node, 'answers');
      }
    }
  }

  answer(query: FakeQuery, node: Pick<FakeNode, 'uuid' | 'hostname'>, behaviour: NodeBehaviour, rows?: readonly unknown[]): void {
    const failed = behaviour === 'fails' || behaviour === 'denylisted' || behaviour === 'rowless';
    // Status without a result was neither counted nor stored before HEAD.
    if (behaviour === 'rowless' && this.generation !== 'head') return;
    if (failed) query.errors += 1;
    else query.executions += 1;
    if (this.generation === '0.5.1') query.updatedAt = this.now();
    else if (query.executions + query.errors >= query.expected) Object.assign(query, { completed: true, active: false });
    if (behaviour === 'rowless' || behaviour === 'unstored') return;
    const message =
      behaviour === 'denylisted' ? 'distributed query is denylisted' : behaviour === 'fails' ? `no such table: on ${node.hostname}` : '';
    const given = rows ?? (behaviour === 'hostile' ? [HOSTILE_ROW] : [{ pid: '1', name: `init of ${node.hostname}` }]);
    this.store(
      query,
      node.uuid,
      JSON.stringify({ name: query.name, result: failed || behaviour === 'empty' ? [] : given, status: failed ? 1 : 0, message }),
      failed ? 1 : 0,
    );
  }

  store(query: FakeQuery, uuid: string, data: string, status = 0, createdAt = this.now()): FakeResult {
    const result = { id: this.nextId(), createdAt, uuid, name: query.name, environment: query.environment, status, data };
    this.results.push(result);
    return result;
  }

  /** UUIDs of the nodes that were handed a query. */
  reached(name: string): string[] {
    const { delivered } = this.query(name);
    return this.nodes.filter(node => delivered.includes(node.id)).map(node => node.uuid);
  }
}
