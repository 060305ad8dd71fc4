/**
 * What the direct endpoint says to a node, whatever carries the request. Every reply is an object with something in it:
 * osquery looks at nothing else, takes an empty body for success and then deletes what it sent. `error` makes it keep
 * its data and come again, `node_invalid` makes it enrol anew (contracts/osquery-remote.md 1.1, 1.3).
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Clock, Log } from '../../core/ports.ts';
import type { Handoff } from './handoff.ts';
import { hostDetails } from './host-details.ts';
import type { DirectLiveQueries } from './live-query.ts';
import { readLog, tableFinder } from './logs.ts';
import type { Node, NodeRegistry } from './nodes.ts';
import { enrollBody, logBody, nodeBody, queryResults, writeBody } from './protocol.ts';
import type { DistributedQueue } from './queue.ts';
import { configReply, type Intervals, type Schedule } from './schedule.ts';
import { SnapshotMemory } from './snapshots.ts';

export type Reply = Readonly<Record<string, unknown>>;

/** Who asks: its address, and the key of `Authorization: NodeKey …`, which newer agents send beside the one in the body. */
export type Peer = { readonly address: string; readonly nodeKey: string | undefined };

export type EndpointDeps = {
  readonly source: string;
  readonly secret: string;
  readonly nodes: NodeRegistry;
  readonly queue: DistributedQueue;
  readonly live: DirectLiveQueries;
  readonly handoff: Handoff;
  readonly schedule: Schedule;
  readonly intervals: Intervals;
  readonly clock: Clock;
  readonly log: Log;
};

const NODE_INVALID: Reply = { node_invalid: true };
const DONE: Reply = { node_invalid: false };
const failed = (error: string): Reply => ({ error });

/** Seconds between questions of an accelerated agent, and for how long it stays so after a live query. */
const ACCELERATED_INTERVAL_S = 5;
const ACCELERATE_S = 60;
/** After the first refused enrolment, every so many are logged. */
const LOG_REFUSALS_EVERY = 100;

const digest = (text: string): Buffer => hash('sha256', text, 'buffer');

export class Endpoint {
  readonly #deps: EndpointDeps;
  readonly #secret: Buffer;
  readonly #tablesOfQuery: (name: string) => readonly string[];
  readonly #snapshots = new SnapshotMemory();
  #refused = 0;
  #busy = 0;

  constructor(deps: EndpointDeps) {
    this.#deps = deps;
    this.#secret = digest(deps.secret);
    this.#tablesOfQuery = tableFinder(deps.schedule);
  }

  remarks(): string[] {
    return [
      ...(this.#refused > 0 ? [`${this.#refused} enrolments with a wrong secret were refused`] : []),
      ...(this.#busy > 0 ? [`${this.#busy} log deliveries were put off because nobody took them in time; hosts send them again`] : []),
    ];
  }

  /** Refuses without a key: an agent ignores `node_invalid` beside one (contract 1.2). */
  enroll(body: unknown, peer: Peer): Reply {
    const { nodes, clock, log } = this.#deps;
    const parsed = enrollBody.safeParse(body);
    if (!parsed.success || parsed.data.host_identifier.trim() === '') return failed('host_identifier is missing');
    if (!timingSafeEqual(digest(parsed.data.enroll_secret.trim()), this.#secret)) {
      this.#refused += 1;
      if (this.#refused % LOG_REFUSALS_EVERY === 1)
        log.write('warn', 'An enrolment with a wrong secret was refused.', { from: peer.address, refused: this.#refused });
      return NODE_INVALID;
    }
    const enrolled = nodes.enroll(parsed.data.host_identifier, hostDetails(parsed.data), peer.address, clock.now());
    if (!enrolled) return failed('too many nodes are enrolled');
    const { id, hostname, duplicate } = enrolled.node;
    log.write('info', 'A node enrolled.', { id, hostname, duplicate, from: peer.address });
    return { node_key: enrolled.key, node_invalid: false };
  }

  config(body: unknown, peer: Peer): Reply {
    const { schedule, intervals } = this.#deps;
    return this.#asNode(body, peer, () => configReply(schedule, intervals));
  }

  async log(body: unknown, peer: Peer): Promise<Reply> {
    return this.#asNode(body, peer, node => this.#takeLog(node, body));
  }

  read(body: unknown, peer: Peer): Reply {
    return this.#asNode(body, peer, node => {
      const { queue, clock, intervals } = this.#deps;
      const queries = Object.fromEntries(queue.read(node.id, clock.now()));
      const accelerate = Object.keys(queries).length > 0 && intervals.distributed > ACCELERATED_INTERVAL_S;
      return { queries, ...(accelerate ? { accelerate: ACCELERATE_S } : {}), node_invalid: false };
    });
  }

  write(body: unknown, peer: Peer): Reply {
    return this.#asNode(body, peer, node => {
      const parsed = writeBody.safeParse(body);
      if (!parsed.success) return failed('not a distributed write');
      this.#deps.live.take(node, queryResults(parsed.data));
      return DONE;
    });
  }

  #asNode<R extends Reply | Promise<Reply>>(body: unknown, peer: Peer, answer: (node: Node) => R): R | Reply {
    const { nodes, clock } = this.#deps;
    const inBody = nodeBody.safeParse(body).data?.node_key ?? '';
    const inHeader = peer.nodeKey ?? '';
    if (inBody && inHeader && inBody !== inHeader) return failed('the node keys of header and body differ');
    const node = nodes.byKey(inBody || inHeader);
    if (!node) return NODE_INVALID;
    nodes.seen(node, peer.address, clock.now());
    return answer(node);
  }

  async #takeLog(node: Node, body: unknown): Promise<Reply> {
    const parsed = logBody.safeParse(body);
    if (!parsed.success) return failed('not a log');
    const { source, clock, handoff } = this.#deps;
    const context = { source, node, now: clock.now(), tablesOfQuery: this.#tablesOfQuery, snapshots: this.#snapshots };
    const { snapshots, ...delivery } = readLog(parsed.data, context);
    if ((await handoff.offer(delivery)) === 'busy') {
      this.#busy += 1;
      return failed('busy');
    }
    for (const snapshot of snapshots) this.#snapshots.remember(snapshot);
    return DONE;
  }
}
