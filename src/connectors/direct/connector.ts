/**
 * The direct endpoint as a source. One process of a data directory holds the port; the others work through it, and one
 * of them takes over when it goes away.
 */
import type { Host } from '../../core/model.ts';
import type {
  CarveArchive,
  Connector,
  EnrolledNode,
  Enrolment,
  EventBatch,
  EventFeed,
  NodeAdmin,
  NodeChange,
  SourceReport,
} from '../../core/ports.ts';
import { Problem } from '../../core/problem.ts';
import { hostPages } from './assembly.ts';
import { AttachedDesk } from './attached.ts';
import { DirectCarves } from './carve-archive.ts';
import { holderOf } from './control-socket.ts';
import type { Desk, DirectAddress } from './desk.ts';
import { enrolKit, type KitFacts } from './enrol-kit.ts';
import { DirectLiveQueries } from './live-query.ts';
import { NodeRegistry } from './nodes.ts';
import { type DirectOptions, directoryOf, limitsOf, nodeMemory } from './options.ts';
import { openOwner } from './owner.ts';
import { takeOwnerLock } from './owner-lock.ts';
import { Room } from './quota.ts';
import { DEFAULT_INTERVALS } from './schedule.ts';

export interface DirectConnector extends Connector {
  readonly nodes: NodeAdmin;
  readonly carves: CarveArchive;
  enrolment(signal: AbortSignal): Promise<Enrolment>;
  /**
   * Takes the port and answers from then on, or joins the process that has it; again and again the same answer.
   * `check`, `hosts`, `launch` and the feed start it too.
   */
  start(): Promise<DirectAddress>;
  close(): Promise<void>;
}

/** The list is at hand: whoever enrols shows up at once. */
const HOSTS_EVERY_MS = 2_000;
/** A holder that has the lock but no socket yet is starting. */
const PATIENCE_TRIES = 50;
const TRY_EVERY_MS = 100;

export const createDirect = (options: DirectOptions): DirectConnector => new Direct(options);

class Direct implements DirectConnector {
  readonly id: string;
  readonly kind = 'direct';
  readonly hostsEveryMs = HOSTS_EVERY_MS;
  readonly feeds: readonly EventFeed[];
  readonly liveQuery: DirectLiveQueries;
  readonly nodes: NodeAdmin;
  readonly carves: DirectCarves;
  readonly #options: DirectOptions;
  readonly #room: Room;
  #closed = false;
  #opening: Promise<Desk> | undefined;
  #desk: Desk | undefined;

  constructor(options: DirectOptions) {
    this.id = options.id;
    this.#options = options;
    this.#room = new Room({ limits: limitsOf(options), dataDir: options.dataDir, clock: options.clock });
    this.liveQuery = new DirectLiveQueries(options.id, options.registry === 'persistent', work => this.#at(work), options.audit);
    this.carves = new DirectCarves(options.id, directoryOf(options));
    this.nodes = {
      list: signal => this.#at(desk => desk.nodes(signal)),
      change: (id, change, signal) => this.#change(id, change, signal),
      rotateSecret: (signal, graceMs) => this.#rotateSecret(signal, graceMs),
    };
    this.feeds = [{ name: 'log', cadence: 'push', readers: 2, read: (_from, _since, signal) => this.#readLog(signal) }];
  }

  start(): Promise<DirectAddress> {
    return this.#at(desk => desk.address());
  }

  async check(signal: AbortSignal): Promise<SourceReport> {
    signal.throwIfAborted();
    return this.#at(desk => desk.check(signal));
  }

  /** When the port cannot be had, who is enrolled is still known. */
  async *hosts(signal: AbortSignal): AsyncIterable<readonly Host[]> {
    const pages = await this.#at(desk => allOf(desk.hosts(signal))).catch(() => undefined);
    signal.throwIfAborted();
    yield* pages ?? hostPages(new NodeRegistry(nodeMemory(this.#options), this.#options.log), this.#options);
  }

  async enrolment(signal: AbortSignal): Promise<Enrolment> {
    signal.throwIfAborted();
    const { intervals, clientCaFile, secretKey } = this.#options;
    const { distributed, logger } = { ...DEFAULT_INTERVALS, ...intervals };
    const { host, port, enrollSecret, caPem, fingerprint } = await this.start();
    const address = { tlsHostname: `${host}:${port}`, enrollSecret, serverCertsPem: caPem };
    const facts: KitFacts = {
      ...address,
      distributedInterval: distributed,
      loggerPeriod: logger,
      clientCertificates: clientCaFile !== undefined,
      secretKey,
    };
    return { ...address, fingerprint, kit: (platform, ephemeral) => enrolKit(facts, platform, ephemeral) };
  }

  remarks(): readonly string[] {
    return this.#desk?.remarks() ?? [];
  }

  /** Whoever holds the port: the disk is the same. */
  hindrance(): string | undefined {
    return this.#room.shortage();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const desk = await this.#opening?.catch(() => undefined);
    await desk?.close();
  }

  async #change(id: string, change: NodeChange, signal: AbortSignal): Promise<EnrolledNode> {
    const { action, ...rest } = change;
    this.#options.audit?.write(`node_${action}`, { source: this.id, node: id, ...rest });
    return this.#at(desk => desk.change(id, change, signal));
  }

  async #rotateSecret(signal: AbortSignal, graceMs = 0): Promise<void> {
    this.#options.audit?.write('rotate_enroll_secret', { source: this.id, grace_s: graceMs / 1_000 });
    await this.#at(desk => desk.rotateSecret(graceMs, signal));
  }

  async *#readLog(signal: AbortSignal): AsyncIterable<EventBatch> {
    while (!signal.aborted) {
      const desk = await this.#open();
      if (desk.events) yield* desk.events(signal);
      else await aborted(AbortSignal.any([desk.gone, signal]));
    }
  }

  /** Works at the desk; once more at the next one when it went away in the meantime. */
  async #at<T>(work: (desk: Desk) => Promise<T>): Promise<T> {
    const desk = await this.#open();
    try {
      return await work(desk);
    } catch (thrown) {
      if (!desk.gone.aborted || this.#closed) throw thrown;
      return work(await this.#open());
    }
  }

  /** The desk in use, or the next one when that has gone. Throws a `Problem` when none can be had. */
  #open(): Promise<Desk> {
    if (this.#closed) return Promise.reject(closed());
    if (this.#desk?.gone.aborted) {
      this.#desk = undefined;
      this.#opening = undefined;
    }
    this.#opening ??= this.#find().catch(thrown => {
      this.#opening = undefined;
      throw thrown;
    });
    return this.#opening;
  }

  async #find(): Promise<Desk> {
    this.#desk = await findDesk(this.#options);
    return this.#desk;
  }
}

/** This process's own endpoint where it can have the lock, else that of the process which has it. */
async function findDesk(options: DirectOptions): Promise<Desk> {
  if (options.registry === 'memory') return openOwner(options, undefined);
  const dir = directoryOf(options);
  for (let tries = 0; tries < PATIENCE_TRIES; tries += 1) {
    const lock = takeOwnerLock(dir);
    if (lock) {
      return openOwner(options, lock).catch(thrown => {
        lock.release();
        throw thrown;
      });
    }
    const attached = await AttachedDesk.open(dir);
    if (attached) return attached;
    await options.clock.sleep(TRY_EVERY_MS);
  }
  throw new Problem('unreachable', `The direct endpoint in ${dir} is held by ${holderOf(dir)}, which does not answer. Stop that process.`, {
    source: options.id,
  });
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const closed = (): Problem => new Problem('unreachable', 'The direct endpoint was closed.', { transient: false });

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
