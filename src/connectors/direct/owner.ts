/** The endpoint held by this process: an osquery TLS remote server, and the hosts enrolled to it. */
import type { Host } from '../../core/model.ts';
import type {
  Clock,
  EndReason,
  EnrolledNode,
  EventBatch,
  LaunchOptions,
  LiveUpdate,
  NodeChange,
  SilentHosts,
  SourceReport,
} from '../../core/ports.ts';
import { Problem, toProblem } from '../../core/problem.ts';
import { clean } from '../../core/sanitize.ts';
import { isLoopback } from './address.ts';
import { assemble, hostPages, type Parts, statusIn } from './assembly.ts';
import { ControlServer } from './control-server.ts';
import type { Desk, DirectAddress, NewRun } from './desk.ts';
import { FrontHere } from './front-here.ts';
import { FrontThread } from './front-thread.ts';
import { isPending, type Node, toHost } from './nodes.ts';
import { type DirectOptions, directoryOf, limitsOf } from './options.ts';
import type { OwnerLock } from './owner-lock.ts';
import { readPrivate } from './private-file.ts';
import { reachable } from './reachable.ts';
import { Reception } from './reception.ts';

const PORT_TRIES = 10;
const TRY_EVERY_MS = 100;

/** Takes the port before it touches any file. Throws a `Problem`; nothing is held then. */
export async function openOwner(options: DirectOptions, lock: OwnerLock | undefined): Promise<OwnerDesk> {
  const { listen, clientCaFile, clock, log } = options;
  const clientCa = clientCaFile === undefined ? undefined : requiredFile(clientCaFile);
  const { connections, connectionsPerAddress } = limitsOf(options);
  const settings = { clientCa, connections, connectionsPerAddress };
  const door = options.registry === 'memory' ? new FrontHere(settings, log) : new FrontThread(settings, log);
  try {
    const port = await whenFree(() => door.listen(listen.host, listen.port), lock ? PORT_TRIES : 1, clock);
    const owner = new OwnerDesk(await assemble(options, door, port), lock);
    await owner.open();
    door.broken.addEventListener('abort', () => void owner.close());
    const { fingerprint } = await owner.address();
    log.write('info', 'The direct endpoint listens.', { listen: `${listen.host}:${port}`, fingerprint });
    return owner;
  } catch (thrown) {
    await door.close();
    throw thrown;
  }
}

/** Of a holder that was killed, the lock may be free a moment before the port is. */
async function whenFree(listen: () => Promise<number>, tries: number, clock: Clock): Promise<number> {
  for (let left = tries; ; left -= 1) {
    try {
      return await listen();
    } catch (thrown) {
      if (left <= 1 || toProblem(thrown).detail !== 'EADDRINUSE') throw thrown;
      await clock.sleep(TRY_EVERY_MS);
    }
  }
}

export class OwnerDesk implements Desk {
  readonly #parts: Parts;
  readonly #lock: OwnerLock | undefined;
  readonly #gone = new AbortController();
  #control: ControlServer | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: Parts, lock: OwnerLock | undefined) {
    this.#parts = parts;
    this.#lock = lock;
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Lets hosts in and, where other processes may share the endpoint, those as well. */
  async open(): Promise<void> {
    const { options, door, identity, endpoint, runs } = this.#parts;
    const { clock, log } = options;
    if (this.#lock) {
      const abandon = (runId: string) => runs.drop(runId);
      this.#control = await ControlServer.open({ dir: directoryOf(options), desk: this, abandon, clock, log });
    }
    door.present(identity, new Reception(endpoint, log));
  }

  async address(): Promise<DirectAddress> {
    const { address, secrets } = this.#parts;
    return { ...address, enrollSecret: secrets.current };
  }

  async check(signal: AbortSignal): Promise<SourceReport> {
    signal.throwIfAborted();
    const { options, intervals, nodes, address } = this.#parts;
    // With client certificates asked for, we are no client of our own.
    if (options.clientCaFile === undefined) await reachable(options.listen, address.port, address.caPem, signal);
    const online = nodes.nodes().filter(node => statusIn(node, intervals, options.clock.now()) === 'online').length;
    return {
      version: 'osquery TLS remote API',
      account: `${nodes.size} hosts enrolled, ${online} online`,
      can: ['enrol hosts', 'list hosts', 'run live queries', 'cancel live queries', 'receive logs', 'carve files'],
      cannot: [],
      remarks: this.remarks(),
    };
  }

  async *hosts(signal: AbortSignal): AsyncIterable<readonly Host[]> {
    for (const page of hostPages(this.#parts.nodes, this.#parts.options)) {
      signal.throwIfAborted();
      yield page;
    }
  }

  remarks(): readonly string[] {
    const { options, nodes, identity, endpoint, door } = this.#parts;
    const { host } = options.listen;
    const duplicates = nodes.nodes().filter(isPending).length;
    return [
      ...(isLoopback(host) ? [] : [`listens on ${host}: whoever reaches it and has the secret can enrol`]),
      ...(duplicates > 0 ? [`${duplicates} hosts enrolled with an identifier that was taken (label duplicate)`] : []),
      ...identity.remarks,
      ...endpoint.remarks(),
      ...door.remarks(),
    ];
  }

  async nodes(signal: AbortSignal): Promise<readonly EnrolledNode[]> {
    signal.throwIfAborted();
    return this.#parts.nodes.nodes().map(node => this.#asEnrolled(node));
  }

  async change(id: string, change: NodeChange, signal: AbortSignal): Promise<EnrolledNode> {
    signal.throwIfAborted();
    const { nodes, options } = this.#parts;
    const node = nodes.node(id);
    if (!node) throw new Problem('usage', `There is no node '${clean(id, 80)}'. \`rollcall nodes\` shows them.`, { source: options.id });
    if ('tags' in change) nodes.change(node, { tags: [...change.tags] });
    else if (change.action === 'forget') nodes.forget(node);
    else if (change.action === 'block') nodes.change(node, { blocked: true });
    else nodes.change(node, { approved: true, blocked: false });
    return this.#asEnrolled(node);
  }

  async rotateSecret(graceMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { options, secrets } = this.#parts;
    secrets.rotate(graceMs, options.clock.now());
  }

  #asEnrolled(node: Node): EnrolledNode {
    const { options, intervals } = this.#parts;
    const standing = node.blocked ? 'blocked' : isPending(node) ? 'pending' : 'enrolled';
    const host = toHost(node, options.id, statusIn(node, intervals, options.clock.now()));
    return { ...host, enrolledAt: node.enrolledAt, standing, tags: node.tags };
  }

  async launch(run: NewRun, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#parts.runs.launch(run);
  }

  updates(id: string, options: LaunchOptions, signal: AbortSignal): AsyncIterable<LiveUpdate> {
    return this.#parts.runs.updates(id, options, signal);
  }

  silentAtDeadline(id: string): readonly SilentHosts[] {
    return this.#parts.runs.silentAtDeadline(id);
  }

  async end(id: string, _reason: EndReason, signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    return this.#parts.runs.end(id);
  }

  events(signal: AbortSignal): AsyncIterable<EventBatch> {
    return this.#parts.handoff.read(signal);
  }

  /** Hosts are turned away first; only when everything is on disk may another process take over. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { handoff, door, nodes, carves } = this.#parts;
    handoff.close();
    await door.close();
    await carves.close();
    nodes.flush();
    this.#lock?.release();
    this.#control?.close();
    this.#gone.abort();
  }
}

function requiredFile(path: string): string {
  const text = readPrivate(path);
  if (text === undefined) throw new Problem('usage', `The client CA file ${path} does not exist. Name the file, or leave the setting out.`);
  return text;
}
