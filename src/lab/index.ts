/** The lab: simulated hosts that speak osquery's TLS remote API to a server, with the agent's own client (interface.md, "The lab"). */
import { Denylist } from '../agent/denylist.ts';
import type { AgentState, ServerAddress } from '../agent/index.ts';
import { createTransport, type Transport } from '../agent/transport.ts';
import { loadOsqueryTables } from '../core/osquery-tables.ts';
import type { Clock, Log } from '../core/ports.ts';
import { isAbort } from '../core/problem.ts';
import { SimulatedHost } from './host.ts';
import { Random } from './random.ts';
import { type Behaviour, type LabHost, rosterOf } from './roster.ts';
import { World } from './world/world.ts';

export type { Behaviour } from './roster.ts';

export type LabOptions = {
  readonly server: ServerAddress;
  readonly enrollSecret: string;
  readonly count: number;
  /** The same seed and count give the same hosts, rows and stream, but for times. */
  readonly seed: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Keeps the hosts' node keys; without it they enrol anew at every start. */
  readonly state?: AgentState;
  /** As with `createAgent`. */
  readonly denylist?: Denylist;
};

/** `platform` is osquery's `os_version.platform`. `isOdd`: the one planted host that has what no other has. */
export type LabHostInfo = {
  readonly name: string;
  readonly behaviour: Behaviour;
  readonly uuid: string;
  readonly ip: string;
  readonly platform: string;
  readonly isOdd: boolean;
};

export type Lab = {
  readonly hosts: readonly LabHostInfo[];
  /** Resolves when every host has enrolled and all but the offline ones have asked for queries once and sent a first log; rejects when `run` ends before. */
  readonly ready: Promise<void>;
  run(signal: AbortSignal): Promise<void>;
};

/** Connections at most: for live queries, and for logs, whose replies may take a while. */
const SOCKETS = { distributed: 10, log: 4 } as const;
/** Hosts that enrol at the same time. */
const STARTING = 8;
/** Questions for live queries in a second at most, over all hosts; each host asks at least every so many ms. */
const POLLS_PER_SECOND = 200;
const POLL_MS = 1_000;
/** Osquery's interval while the server accelerates it, ms. */
const ACCELERATED_MS = 5_000;
const TICK_MS = 50;
const MAX_PENDING = 2 * SOCKETS.distributed;
/** How long a first log may keep others waiting (a server without a reader of its feed answers late), ms. */
const GREETING_MS = 1_000;

const infoOf = ({ name, behaviour, uuid, ip, os, isOdd }: LabHost): LabHostInfo => ({
  name,
  behaviour,
  uuid,
  ip,
  platform: os.platform,
  isOdd,
});

/** The hosts of a lab without running it. `now` is epoch ms. */
export const labHosts = (count: number, seed: string, now: number): readonly LabHostInfo[] => rosterOf(count, seed, now).map(infoOf);

export const startLab = (options: LabOptions): Lab => new SimulatedFleet(options);

class SimulatedFleet implements Lab {
  readonly hosts: readonly LabHostInfo[];
  readonly #options: LabOptions;
  readonly #roster: readonly LabHost[];
  readonly #ready = Promise.withResolvers<void>();
  /** Hosts that are up and stay. */
  readonly #online: SimulatedHost[] = [];

  constructor(options: LabOptions) {
    this.#options = options;
    this.#roster = rosterOf(options.count, options.seed, options.clock.now());
    this.hosts = this.#roster.map(({ name, behaviour, uuid, ip, os, isOdd }) => ({
      name,
      behaviour,
      uuid,
      ip,
      platform: os.platform,
      isOdd,
    }));
    this.#ready.promise.catch(() => undefined);
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { server } = this.#options;
    const stop = new AbortController();
    const together = AbortSignal.any([signal, stop.signal]);
    const transport = createTransport({ server, sockets: SOCKETS.distributed });
    const logTransport = createTransport({ server, sockets: SOCKETS.log });
    try {
      const hosts = await this.#simulated(transport, logTransport);
      await Promise.all([this.#start(hosts, together), this.#poll(transport, together), this.#stream(together)]);
    } catch (thrown) {
      this.#ready.reject(thrown);
      if (!signal.aborted) throw thrown;
    } finally {
      stop.abort();
      transport.close();
      logTransport.close();
    }
  }

  async #simulated(transport: Transport, logTransport: Transport): Promise<readonly SimulatedHost[]> {
    const { enrollSecret, clock, log, state, denylist = new Denylist(undefined, clock) } = this.#options;
    const memory = new Map<string, string>();
    const kept = state ?? { get: (key: string) => memory.get(key), set: (key: string, value: string) => void memory.set(key, value) };
    const world = new World(await loadOsqueryTables());
    return this.#roster.map(host => {
      const keys = { get: () => kept.get(`node_key.${host.uuid}`), set: (key: string) => kept.set(`node_key.${host.uuid}`, key) };
      return new SimulatedHost({ host, world, denylist, transport, logTransport, enrollSecret, keys, clock, log });
    });
  }

  /** Brings the hosts up, a few at a time. */
  async #start(hosts: readonly SimulatedHost[], signal: AbortSignal): Promise<void> {
    const waiting = [...hosts];
    const worker = async () => {
      for (let host = waiting.shift(); host; host = waiting.shift()) {
        await host.start(signal);
        if (host.host.behaviour === 'offline') continue;
        const greeted = Promise.race([host.greet(signal), this.#options.clock.sleep(GREETING_MS, signal)]);
        await Promise.all([host.poll(signal), greeted]);
        this.#online.push(host);
      }
    };
    await Promise.all(Array.from({ length: STARTING }, worker));
    this.#ready.resolve();
  }

  /** Goes round the hosts that are up, at a steady pace; slower where answers are still on their way, which go first. */
  async #poll(transport: Transport, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const underway = new Failures();
    let owed = 0;
    let at = clock.now();
    for (let next = 0; ; ) {
      await clock.sleep(TICK_MS, signal);
      underway.rethrow();
      const now = clock.now();
      owed = Math.min(owed + ((now - at) / this.#periodMs()) * this.#online.length, this.#online.length);
      at = now;
      for (; owed >= 1 && transport.pending < MAX_PENDING; owed -= 1) {
        const host = this.#online[next % this.#online.length];
        next = (next + 1) % Math.max(1, this.#online.length);
        if (host) underway.watch(host.poll(signal));
      }
    }
  }

  /** How often each host asks, ms: rarer the more hosts there are, so that the number of requests stays bounded. */
  #periodMs(): number {
    const period = Math.max(POLL_MS, (this.#online.length / POLLS_PER_SECOND) * 1000);
    return this.#online.some(host => host.accelerated) ? Math.min(period, ACCELERATED_MS) : period;
  }

  /** Something happens on one of the hosts, again and again. */
  async #stream(signal: AbortSignal): Promise<void> {
    const { clock, seed } = this.#options;
    const random = new Random(`${seed} stream`);
    const underway = new Failures();
    await this.ready;
    for (;;) {
      await clock.sleep((random.next() * 2 * 1000) / eventsPerSecond(this.#online.length), signal);
      underway.rethrow();
      const host = this.#online[random.int(0, this.#online.length - 1)];
      if (host) underway.watch(host.happen(signal));
    }
  }
}

/** 2 a second at 24 hosts, 10 at most. */
const eventsPerSecond = (hosts: number): number => Math.min(10, 1 + hosts / 24);

/** Keeps the first failure of work that nobody waits for. */
class Failures {
  #first: { readonly thrown: unknown } | undefined;

  watch(work: Promise<void>): void {
    work.catch(thrown => {
      if (!isAbort(thrown)) this.#first ??= { thrown };
    });
  }

  rethrow(): void {
    if (this.#first) throw this.#first.thrown;
  }
}
