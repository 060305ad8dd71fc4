/**
 * What the direct endpoint says to a node, whatever carries the request. Every reply is an object with something in it:
 * osquery looks at nothing else, takes an empty body for success and then deletes what it sent. `error` makes it keep
 * its data and come again, `node_invalid` makes it enrol anew (contracts/osquery-remote.md 1.1, 1.3).
 */
import type { Clock, Log } from '../../core/ports.ts';
import type { Carves } from './carves.ts';
import { configReply, type FilePaths, type PackChoice, packedNames } from './config.ts';
import type { EnrolSecrets } from './enrol-secrets.ts';
import { Gate } from './gate.ts';
import type { Handoff } from './handoff.ts';
import { hostDetails } from './host-details.ts';
import type { Caller } from './house.ts';
import { type Limits, RateLimit } from './limits.ts';
import { readLog, tableFinder } from './logs.ts';
import type { Node, NodeRegistry } from './nodes.ts';
import { inTurns } from './pace.ts';
import { enrollBody, logBody, nodeBody, queryResults, writeBody } from './protocol.ts';
import type { DistributedQueue } from './queue.ts';
import type { Quota } from './quota.ts';
import type { OpenRuns } from './runs.ts';
import type { Intervals, Schedule } from './schedule.ts';
import { SnapshotMemory } from './snapshots.ts';

export type Reply = Readonly<Record<string, unknown>>;

/** Who asks, and how much it sent. */
export type Peer = Caller & {
  /** Of the body, unpacked. */
  readonly bytes: number;
};

export type EndpointDeps = {
  readonly source: string;
  readonly secrets: EnrolSecrets;
  readonly nodes: NodeRegistry;
  readonly queue: DistributedQueue;
  readonly runs: OpenRuns;
  readonly handoff: Handoff;
  readonly carves: Carves;
  readonly schedule: Schedule;
  readonly intervals: Intervals;
  readonly packs: PackChoice;
  readonly filePaths: FilePaths | undefined;
  /** The key under which hosts send the secret (`--tls_enroll_override`). */
  readonly secretKey: string;
  readonly limits: Limits;
  readonly quota: Quota;
  readonly clock: Clock;
  readonly log: Log;
};

const NODE_INVALID: Reply = { node_invalid: true };
const DONE: Reply = { node_invalid: false };
const failed = (error: string): Reply => ({ error });

/** Seconds between questions of an accelerated agent, and for how long it stays so after a live query. */
const ACCELERATED_INTERVAL_S = 5;
const ACCELERATE_S = 60;
/** More than these would come with more handshakes a second than a small machine can do. */
const MAX_ACCELERATED_NODES = 1_000;
/** Bytes of log deliveries that are worked on at a time: some thousands of rows. As objects they take ten times as much. */
const LOG_ROOM = 1_310_720;
const LOG_PATIENCE_MS = 500;
/** After the first refused enrolment, every so many are logged. */
const LOG_REFUSALS_EVERY = 100;

export class Endpoint {
  readonly #deps: EndpointDeps;
  readonly #enrolments: { readonly perAddress: RateLimit; readonly all: RateLimit };
  readonly #invalid: RateLimit;
  readonly #requests: RateLimit;
  readonly #tablesOfQuery: (name: string) => readonly string[];
  readonly #snapshots = new SnapshotMemory();
  readonly #logs: Gate;
  #refused = 0;
  #busy = 0;
  #limited = 0;

  constructor(deps: EndpointDeps) {
    this.#deps = deps;
    const { enrollPerAddress, enroll, invalidPerAddress, requestsPerNode } = deps.limits;
    this.#enrolments = { perAddress: new RateLimit(enrollPerAddress), all: new RateLimit(enroll) };
    this.#invalid = new RateLimit(invalidPerAddress);
    this.#requests = new RateLimit(requestsPerNode);
    this.#logs = new Gate(deps.clock, LOG_ROOM, LOG_PATIENCE_MS);
    this.#tablesOfQuery = tableFinder({ ...packedNames(deps.intervals), ...deps.schedule });
  }

  /** Whether a key is a node's. */
  isKey(key: string): boolean {
    return this.#deps.nodes.byKey(key) !== undefined;
  }

  remarks(): string[] {
    return [
      ...this.#deps.quota.remarks(),
      ...(this.#limited > 0 ? [`${this.#limited} requests were put off because they came too fast or without a valid key`] : []),
      ...(this.#refused > 0 ? [`${this.#refused} enrolments with a wrong secret were refused`] : []),
      ...(this.#busy > 0 ? [`${this.#busy} log deliveries were put off because nobody took them in time; hosts send them again`] : []),
    ];
  }

  /** Refuses without a key: an agent ignores `node_invalid` beside one (contract 1.2). */
  enroll(body: unknown, peer: Peer): Reply {
    const { nodes, secrets, secretKey, clock, log } = this.#deps;
    const { perAddress, all } = this.#enrolments;
    if (!perAddress.take(peer.address, clock.now()) || !all.take('', clock.now())) return this.#putOff('too many enrolments');
    const parsed = enrollBody.safeParse(body);
    if (!parsed.success || parsed.data.host_identifier.trim() === '') return failed('host_identifier is missing');
    const said = parsed.data[secretKey];
    if (!secrets.accepts(typeof said === 'string' ? said.trim() : '', clock.now())) {
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
    return this.#asNode(body, peer, node => configReply(this.#deps, node));
  }

  /** `body` is unpacked when it is its turn. */
  async log(body: () => Promise<unknown>, peer: Peer): Promise<Reply> {
    const { clock } = this.#deps;
    const came = clock.now();
    const reply = await this.#logs.through(peer.bytes, async () => {
      const waited = clock.now() - came;
      const unpacked = await body();
      return this.#asNode(unpacked, peer, node => this.#takeLog(node, unpacked, peer.bytes, waited));
    });
    return reply ?? this.#tellBusy();
  }

  read(body: unknown, peer: Peer): Reply {
    return this.#asNode(body, peer, node => {
      const { queue, nodes, clock, intervals } = this.#deps;
      const queries = Object.fromEntries(queue.read(node.id, clock.now()));
      const few = nodes.size <= MAX_ACCELERATED_NODES;
      const accelerate = few && Object.keys(queries).length > 0 && intervals.distributed > ACCELERATED_INTERVAL_S;
      return { queries, ...(accelerate ? { accelerate: ACCELERATE_S } : {}), node_invalid: false };
    });
  }

  async write(body: unknown, peer: Peer): Promise<Reply> {
    return this.#asNode(body, peer, async node => {
      const parsed = writeBody.safeParse(body);
      if (!parsed.success) return failed('not a distributed write');
      return (await this.#deps.runs.take(node, queryResults(parsed.data))) ? DONE : failed('busy');
    });
  }

  startCarve(body: unknown, peer: Peer): Reply {
    return this.#asNode(body, peer, node => this.#deps.carves.start(node, body));
  }

  isCarveSession(session: string): boolean {
    return this.#deps.carves.isSession(session);
  }

  /** A block carries no node key, but the session of its carve. Throws `DiskRefused`. */
  carveBlock(body: unknown, peer: Peer): Reply {
    const reply = this.#deps.carves.block(body);
    return 'error' in reply && !this.#invalid.take(peer.address, this.#deps.clock.now()) ? this.#putOff('blocked') : reply;
  }

  /** A write that is too much: a node keeps what is refused and sends it again and again, so its answer counts as failed. */
  refuseWrite(key: string | undefined, reason: string): Reply {
    const node = key === undefined ? undefined : this.#deps.nodes.byKey(key);
    if (!node) return failed(reason);
    this.#deps.runs.refuse(node, `the answer could not be taken: ${reason}`);
    return DONE;
  }

  #tellBusy(): Reply {
    this.#busy += 1;
    return failed('busy');
  }

  #putOff(reason: string): Reply {
    this.#limited += 1;
    return failed(reason);
  }

  #asNode<R extends Reply | Promise<Reply>>(body: unknown, peer: Peer, answer: (node: Node) => R): R | Reply {
    const { nodes, clock } = this.#deps;
    const inBody = nodeBody.safeParse(body).data?.node_key ?? '';
    const inHeader = peer.nodeKey ?? '';
    if (inBody && inHeader && inBody !== inHeader) return failed('the node keys of header and body differ');
    const node = inBody || inHeader ? nodes.byKey(inBody || inHeader) : this.#byCertificate(peer);
    if (!node) return this.#invalid.take(peer.address, clock.now()) ? NODE_INVALID : this.#putOff('blocked');
    if (node.blocked) return failed('blocked');
    if (!this.#requests.take(node.id, clock.now())) return this.#putOff('too many requests');
    nodes.seen(node, peer.address, clock.now());
    return answer(node);
  }

  /** A host that has no key and a client certificate instead: osquery without an enroll endpoint. Enrolled at first sight. */
  #byCertificate({ certificate, address }: Peer): Node | undefined {
    if (!certificate) return undefined;
    const { nodes, clock } = this.#deps;
    return nodes.byCertificate(certificate.fingerprint) ?? nodes.enrollCertificate(certificate, address, clock.now());
  }

  async #takeLog(node: Node, body: unknown, bytes: number, waited: number): Promise<Reply> {
    const parsed = logBody.safeParse(body);
    if (!parsed.success) return failed('not a log');
    const { source, clock, handoff, quota } = this.#deps;
    const refusal = quota.refusal(node, bytes);
    if (refusal !== undefined) return failed(refusal);
    const context = { source, node, now: clock.now(), tablesOfQuery: this.#tablesOfQuery, snapshots: this.#snapshots };
    const { snapshots, ...delivery } = await inTurns(readLog(parsed.data, context));
    if ((await handoff.offer(delivery, waited)) === 'busy') return this.#tellBusy();
    quota.count(node.id, bytes);
    for (const snapshot of snapshots) this.#snapshots.remember(snapshot);
    return DONE;
  }
}
