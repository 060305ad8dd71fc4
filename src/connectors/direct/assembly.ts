/** Makes the parts of an endpoint from its options, and puts them together. */
import type { Host, HostStatus } from '../../core/model.ts';
import { hostFor, namesOf, urlOf } from './address.ts';
import { Carves } from './carves.ts';
import { type Identity, serverIdentity } from './certificate.ts';
import type { DirectAddress } from './desk.ts';
import type { Door } from './door.ts';
import { Endpoint } from './endpoint.ts';
import { EnrolSecrets } from './enrol-secrets.ts';
import { Handoff } from './handoff.ts';
import { type Node, NodeRegistry, statusOf, toHost } from './nodes.ts';
import { type DirectOptions, directoryOf, limitsOf, nodeMemory } from './options.ts';
import { DistributedQueue } from './queue.ts';
import { Quota } from './quota.ts';
import { OpenRuns } from './runs.ts';
import { DEFAULT_INTERVALS, defaultSchedule, type Intervals } from './schedule.ts';

const PAGE = 500;

export type Parts = {
  readonly options: DirectOptions;
  readonly intervals: Intervals;
  readonly nodes: NodeRegistry;
  readonly runs: OpenRuns;
  readonly carves: Carves;
  readonly handoff: Handoff;
  readonly door: Door;
  readonly endpoint: Endpoint;
  readonly identity: Identity;
  readonly secrets: EnrolSecrets;
  /** Without the secret, which changes. */
  readonly address: Omit<DirectAddress, 'enrollSecret'>;
};

/** How long (ms) a node counts as online comes from how often it asks. */
export const statusIn = (node: Node, { distributed }: Intervals, now: number): HostStatus => statusOf(node, distributed * 1_000, now);

/** Nodes as hosts, page by page. */
export function* hostPages(nodes: NodeRegistry, { id, clock, intervals }: DirectOptions): Iterable<readonly Host[]> {
  const all = nodes.nodes();
  const pace = { ...DEFAULT_INTERVALS, ...intervals };
  for (let from = 0; from < all.length; from += PAGE) {
    yield all.slice(from, from + PAGE).map(node => toHost(node, id, statusIn(node, pace, clock.now())));
  }
}

/** `door` has the port already, so that no other process touches the endpoint's files. */
export async function assemble(options: DirectOptions, door: Door, port: number): Promise<Parts> {
  const { id, listen, hostnames = [], enrollSecretFile, clock, log } = options;
  const dir = directoryOf(options);
  const intervals = { ...DEFAULT_INTERVALS, ...options.intervals };
  const nodes = new NodeRegistry(nodeMemory(options), log);
  const secrets = new EnrolSecrets(dir, enrollSecretFile);
  const identity = await serverIdentity({ dir, names: namesOf(listen, hostnames), enrolled: nodes.size, now: clock.now() });
  const queue = new DistributedQueue();
  const handoff = new Handoff(clock);
  const limits = limitsOf(options);
  const carves = new Carves({ dir, limits, clock, log });
  const online = (node: Node) => statusIn(node, intervals, clock.now()) === 'online';
  const runs = new OpenRuns({ source: id, queue, nodes, carves, clock, online });
  const schedule = options.schedule ?? defaultSchedule(intervals);
  const quota = new Quota({ limits, dataDir: options.dataDir, clock });
  const watching = { schedule, intervals, packs: options.packs ?? {}, filePaths: options.filePaths };
  const secretKey = options.secretKey ?? 'enroll_secret';
  const endpoint = new Endpoint({
    source: id,
    secrets,
    secretKey,
    nodes,
    queue,
    runs,
    handoff,
    carves,
    ...watching,
    limits,
    quota,
    clock,
    log,
  });
  const host = hostFor(listen, hostnames);
  const { certificate: caPem, fingerprint } = identity;
  const address = { url: urlOf(host, port), host, port, caPem, fingerprint };
  return { options, intervals, nodes, runs, carves, handoff, door, endpoint, identity, secrets, address };
}
