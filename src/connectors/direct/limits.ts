/** How much a client may do before it is put off. Every reply of that kind makes osquery keep its data and come again. */

/** So many at once, and so many more each second. */
export type Rate = { readonly burst: number; readonly perSecond: number };

export type Limits = {
  /** Enrolments from one address, and from all together. */
  readonly enrollPerAddress: Rate;
  readonly enroll: Rate;
  /** Requests with a key that is none, from one address: each would make the host enrol again within a second. */
  readonly invalidPerAddress: Rate;
  readonly requestsPerNode: Rate;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Bytes of logs taken in a UTC day, of one node and of all. */
  readonly logBytesPerNode: number;
  readonly logBytes: number;
  /** Bytes of one carve, and of all that are kept. */
  readonly carveBytes: number;
  readonly allCarveBytes: number;
  /** Bytes that must stay free on the disk. */
  readonly freeBytes: number;
};

const perMinute = (count: number): Rate => ({ burst: count, perSecond: count / 60 });
const UNLIMITED: Rate = { burst: Number.POSITIVE_INFINITY, perSecond: Number.POSITIVE_INFINITY };
const MIB = 1_048_576;

/** interface.md "enroll" and contracts/osquery-remote.md 6. Many hosts may stand behind one address. */
export const DEFAULT_LIMITS: Limits = {
  enrollPerAddress: perMinute(10),
  enroll: perMinute(100),
  invalidPerAddress: perMinute(30),
  requestsPerNode: { burst: 200, perSecond: 50 },
  connections: 2_048,
  connectionsPerAddress: 512,
  logBytesPerNode: 1_024 * MIB,
  logBytes: 16_384 * MIB,
  carveBytes: 1_024 * MIB,
  allCarveBytes: 20_480 * MIB,
  freeBytes: 512 * MIB,
};

/** What an operator may set of it: counts, and MiB. */
export type OwnLimits = {
  /** From one address: many hosts may stand behind one. */
  readonly enroll_per_minute?: number | undefined;
  /** Of logs in a UTC day. */
  readonly log_mib_per_host?: number | undefined;
  readonly log_mib?: number | undefined;
  readonly carve_mib?: number | undefined;
  readonly all_carves_mib?: number | undefined;
};

/** The operator's limits; those that are left out are the defaults. */
export function limitsFrom({ enroll_per_minute: enrolments, ...mib }: OwnLimits): Limits {
  const bytes = (count: number | undefined, otherwise: number) => (count === undefined ? otherwise : count * MIB);
  const { enrollPerAddress, enroll } = DEFAULT_LIMITS;
  return {
    ...DEFAULT_LIMITS,
    enrollPerAddress: enrolments === undefined ? enrollPerAddress : perMinute(enrolments),
    enroll: enrolments === undefined ? enroll : perMinute(Math.max(enrolments, enroll.burst)),
    logBytesPerNode: bytes(mib.log_mib_per_host, DEFAULT_LIMITS.logBytesPerNode),
    logBytes: bytes(mib.log_mib, DEFAULT_LIMITS.logBytes),
    carveBytes: bytes(mib.carve_mib, DEFAULT_LIMITS.carveBytes),
    allCarveBytes: bytes(mib.all_carves_mib, DEFAULT_LIMITS.allCarveBytes),
  };
}

/** For hosts that this process starts itself, as the lab does. */
export const OWN_HOSTS: Partial<Limits> = { enrollPerAddress: UNLIMITED, enroll: UNLIMITED };

/** Keys that are remembered; whoever is forgotten starts afresh. */
const MAX_KEYS = 50_000;

/** A token bucket for every key. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Whether `key` may go on at `now` (epoch ms); counts it when it may. */
  take(key: string, now: number): boolean {
    const { burst, perSecond } = this.#rate;
    if (burst === Number.POSITIVE_INFINITY) return true;
    const known = this.#buckets.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, known.tokens + (Math.max(0, now - known.at) / 1_000) * perSecond);
    const allowed = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, at: now });
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= MAX_KEYS) break;
      this.#buckets.delete(oldest);
    }
    return allowed;
  }
}
