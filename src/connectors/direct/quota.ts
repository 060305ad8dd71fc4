/** How much of the disk hosts may fill with what they log. What is over stays on the host until there is room again. */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../core/ports.ts';
import type { Limits } from './limits.ts';

const DAY_MS = 86_400_000;
/** How long a look at the free space is good for, ms. */
const LOOK_MS = 2_000;
const NAMES = 5;

const mib = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;

/** Bytes free for us on the disk that holds `path`, which need not be there yet. */
export function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch (thrown) {
    const parent = dirname(path);
    if (parent === path) throw thrown;
    return freeBytes(parent);
  }
}

/** The room on the disk of the data directory, looked at every few seconds. */
export class Room {
  readonly #deps: QuotaDeps;
  #free = { bytes: Number.POSITIVE_INFINITY, at: Number.NEGATIVE_INFINITY };

  constructor(deps: QuotaDeps) {
    this.#deps = deps;
  }

  /** What it means that there is too little, or undefined when there is enough. */
  shortage(): string | undefined {
    const { clock, dataDir, limits } = this.#deps;
    const now = clock.now();
    if (now - this.#free.at >= LOOK_MS) this.#free = { bytes: freeBytes(dataDir), at: now };
    if (this.#free.bytes >= limits.freeBytes) return undefined;
    return `disk full: less than ${mib(limits.freeBytes)} are free at ${dataDir}; nothing is taken from hosts, which keep it, until there is room`;
  }
}

export type QuotaDeps = { readonly limits: Limits; readonly dataDir: string; readonly clock: Clock };

/** Counts by UTC day, in memory: a new day and a new start are new leaves. */
export class Quota {
  readonly #deps: QuotaDeps;
  readonly #nodes = new Map<string, number>();
  /** Hostnames of nodes that were put off today. */
  readonly #over = new Map<string, string>();
  #day = 0;
  #all = 0;
  readonly #room: Room;

  constructor(deps: QuotaDeps) {
    this.#deps = deps;
    this.#room = new Room(deps);
  }

  /** Why nothing more is taken from the node, or undefined when its `bytes` may be stored. Counts nothing. */
  refusal(node: { readonly id: string; readonly hostname: string }, bytes: number): string | undefined {
    this.#turnPage();
    const { logBytes, logBytesPerNode } = this.#deps.limits;
    if (this.#room.shortage() !== undefined) return 'disk full';
    if (this.#all + bytes > logBytes) return 'quota of all hosts reached';
    if ((this.#nodes.get(node.id) ?? 0) + bytes <= logBytesPerNode) return undefined;
    this.#over.set(node.id, node.hostname);
    return 'quota reached';
  }

  count(nodeId: string, bytes: number): void {
    this.#turnPage();
    this.#all += bytes;
    this.#nodes.set(nodeId, (this.#nodes.get(nodeId) ?? 0) + bytes);
  }

  remarks(): string[] {
    this.#turnPage();
    const { logBytes, logBytesPerNode } = this.#deps.limits;
    const names = [...this.#over.values()];
    const more = names.length > NAMES ? ` and ${names.length - NAMES} more` : '';
    const until = 'their logs wait on the hosts until midnight UTC';
    return [
      ...(this.#all >= logBytes ? [`all hosts together have logged ${mib(logBytes)} today: ${until}`] : []),
      ...(names.length > 0 ? [`${names.slice(0, NAMES).join(', ')}${more} logged ${mib(logBytesPerNode)} today: ${until}`] : []),
    ];
  }

  #turnPage(): void {
    const day = Math.floor(this.#deps.clock.now() / DAY_MS);
    if (day === this.#day) return;
    this.#day = day;
    this.#all = 0;
    this.#nodes.clear();
    this.#over.clear();
  }
}
