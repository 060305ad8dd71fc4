/** One live query on a fixed set of hosts: the roll. Every target is in exactly one state, so the counts always add up. */
import type { Host, HostAnswer, Row } from './model.ts';
import type { ParamValue } from './template.ts';

export const TARGET_STATES = ['waiting', 'rows', 'no_rows', 'error', 'denylisted', 'timed_out', 'offline', 'cancelled'] as const;
export type TargetState = (typeof TARGET_STATES)[number];

export type Target = {
  readonly host: Host;
  /** The host's name in results: its hostname, with the first 8 of its uuid where two targets share it. */
  readonly key: string;
  readonly state: TargetState;
  readonly rows: readonly Row[];
  /** Why there are no rows: the host's error, or why it is silent. Empty for answers. */
  readonly reason: string;
  /** ms from dispatch to the answer; null while there is none. */
  readonly afterMs: number | null;
  /** Answered after the deadline. */
  readonly late: boolean;
};

export type Tally = {
  readonly targeted: number;
  readonly answered: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly waiting: number;
};

export type RunPhase = 'waiting' | 'ended' | 'cancelled';

/** What is fixed when a run starts. Times are epoch ms. */
export type RunRecord = {
  readonly id: string;
  readonly template: string;
  readonly digest: string;
  readonly sql: string;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly sources: readonly string[];
  readonly startedAt: number;
  readonly timeoutMs: number;
  /** The process that sent it: as long as it lives, nobody else takes the run up. */
  readonly pid?: number;
};

const BUCKET: Record<TargetState, 'answered' | 'failed' | 'timedOut' | 'waiting'> = {
  waiting: 'waiting',
  rows: 'answered',
  no_rows: 'answered',
  error: 'failed',
  denylisted: 'failed',
  timed_out: 'timedOut',
  offline: 'timedOut',
  cancelled: 'timedOut',
};

/** Which of the three documented buckets a state counts in (`waiting` until the run ends). */
export const bucketOf = (state: TargetState): keyof Omit<Tally, 'targeted'> => BUCKET[state];

/** Names for a set of hosts: the hostname, and `hostname (first 8 of uuid)` for each host that shares one. */
export function targetKeys(hosts: readonly Host[]): string[] {
  const seen = new Map<string, number>();
  for (const host of hosts) seen.set(host.hostname, (seen.get(host.hostname) ?? 0) + 1);
  const keys = hosts.map(host => (seen.get(host.hostname) === 1 ? host.hostname : `${host.hostname} (${host.uuid.slice(0, 8)})`));
  // Two hosts may even share name and uuid (cloned images): the id is unique within a source.
  const again = new Map<string, number>();
  for (const key of keys) again.set(key, (again.get(key) ?? 0) + 1);
  return keys.map((key, index) => ((again.get(key) ?? 0) > 1 ? `${key} [${hosts[index]?.source}/${hosts[index]?.id}]` : key));
}

const hostKey = (source: string, id: string) => `${source}\u0000${id}`;

/** Mutable on purpose (a run may have thousands of targets); `version` rises with every change. */
export class Run {
  readonly record: RunRecord;
  phase: RunPhase = 'waiting';
  endedAt: number | null = null;
  /** Server ids of the run by source; one that was asked again has several, joined by commas. */
  readonly remoteIds = new Map<string, string>();
  /** Remarks on the whole run, each once. */
  readonly notes: string[] = [];
  version = 0;
  readonly #targets: Target[];
  readonly #index = new Map<string, number>();
  readonly #counts: Record<TargetState, number>;

  constructor(record: RunRecord, hosts: readonly Host[]) {
    this.record = record;
    const keys = targetKeys(hosts);
    this.#targets = hosts.map((host, index) => {
      this.#index.set(hostKey(host.source, host.id), index);
      return { host, key: keys[index] ?? host.hostname, state: 'waiting', rows: [], reason: '', afterMs: null, late: false };
    });
    if (this.#index.size !== hosts.length) throw new Error('a host stands twice in the target list');
    this.#counts = Object.fromEntries(TARGET_STATES.map(state => [state, 0])) as Record<TargetState, number>;
    this.#counts.waiting = hosts.length;
  }

  get id(): string {
    return this.record.id;
  }

  get targets(): readonly Target[] {
    return this.#targets;
  }

  get open(): boolean {
    return this.phase === 'waiting';
  }

  count(state: TargetState): number {
    return this.#counts[state];
  }

  get tally(): Tally {
    const tally = { targeted: this.#targets.length, answered: 0, failed: 0, timedOut: 0, waiting: 0 };
    for (const state of TARGET_STATES) tally[BUCKET[state]] += this.#counts[state];
    return tally;
  }

  target(source: string, hostId: string): Target | undefined {
    const index = this.#index.get(hostKey(source, hostId));
    return index === undefined ? undefined : this.#targets[index];
  }

  #change(source: string, hostId: string, next: (target: Target) => Target | undefined): Target | undefined {
    const index = this.#index.get(hostKey(source, hostId));
    const target = index === undefined ? undefined : this.#targets[index];
    const changed = target && next(target);
    if (!target || !changed || index === undefined) return undefined;
    this.#counts[target.state] -= 1;
    this.#counts[changed.state] += 1;
    this.#targets[index] = changed;
    this.version += 1;
    return changed;
  }

  /**
   * Folds an answer in. The first answer of a host stands; one that comes after the deadline replaces its silence and
   * is marked late. Returns the changed target, or undefined when the answer changes nothing (not a target, a repeat).
   */
  answer(source: string, answer: HostAnswer): Target | undefined {
    return this.#change(source, answer.hostId, target => {
      if (BUCKET[target.state] === 'answered' || BUCKET[target.state] === 'failed') return undefined;
      const common = { ...target, afterMs: Math.max(0, answer.at - this.record.startedAt), late: !this.open };
      if (answer.state === 'rows') {
        return { ...common, state: answer.rows.length > 0 ? 'rows' : 'no_rows', rows: answer.rows, reason: answer.note ?? '' };
      }
      return { ...common, state: answer.state, rows: [], reason: answer.error };
    });
  }

  /** Marks a waiting target as silent, with the reason that is shown beside it. */
  silence(source: string, hostId: string, state: 'offline' | 'timed_out', reason: string): Target | undefined {
    return this.#change(source, hostId, target => (target.state === 'waiting' ? { ...target, state, reason } : undefined));
  }

  /** Asks some targets once more: they wait again, and the run is open again. Answers that stand are left alone. */
  reopen(targets: readonly Target[]): void {
    for (const { host } of targets) {
      this.#change(host.source, host.id, target =>
        BUCKET[target.state] === 'answered' ? undefined : { ...target, state: 'waiting', reason: '', afterMs: null, late: false },
      );
    }
    this.phase = 'waiting';
    this.endedAt = null;
    this.version += 1;
  }

  /** The run went out to a source (again): its server's id is kept beside those of earlier rounds. */
  sent(source: string, remoteId: string): void {
    const before = this.remoteIds.get(source);
    this.remoteIds.set(source, before === undefined ? remoteId : `${before},${remoteId}`);
  }

  note(text: string): void {
    if (this.notes.includes(text)) return;
    this.notes.push(text);
    this.version += 1;
  }

  /**
   * Ends the run: whoever still waits has not answered in time (or was cancelled). Hosts that were known to be offline
   * when they were asked are named as such. `waitedMs`: how long they were given, where it is not the run's own time-out.
   * Late answers may still come.
   */
  end(at: number, phase: 'ended' | 'cancelled', waitedMs: number = this.record.timeoutMs): void {
    if (!this.open) return;
    const within = `no answer within ${Math.round(waitedMs / 1000)} s`;
    for (const { host, state } of this.#targets) {
      if (state !== 'waiting') continue;
      this.#change(host.source, host.id, target => {
        if (phase === 'cancelled') return { ...target, state: 'cancelled', reason: 'cancelled before it answered' };
        const away = host.status === 'offline' || host.status === 'missing';
        return {
          ...target,
          state: away ? 'offline' : 'timed_out',
          reason: away ? `was ${host.status} when it was asked; ${within}` : within,
        };
      });
    }
    this.phase = phase;
    this.endedAt = at;
    this.version += 1;
  }
}
