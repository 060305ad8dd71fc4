/** One live query on a fixed set of hosts: the roll. Every target is in exactly one state, so the counts always add up. */
import type { Host, HostAnswer } from './model.ts';
import {
  bucketOf,
  isAway,
  type Sending,
  type SilentState,
  type Standing,
  TARGET_STATES,
  type Tally,
  type Target,
  type TargetState,
  targetKeys,
  verdictOf,
} from './target.ts';
import type { ParamValue } from './template.ts';

export {
  bucketOf,
  isAway,
  type Sending,
  SILENT_STATES,
  type SilentState,
  type Standing,
  TARGET_STATES,
  type Tally,
  type Target,
  type TargetState,
  targetKeys,
} from './target.ts';

/** How far a run that goes out in waves has come: waves begun of those planned, hosts asked of those to ask. */
export type WaveProgress = { readonly begun: number; readonly planned: number; readonly asked: number; readonly of: number };

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
  /** Set while the run goes out in waves, and of the last time that it did. */
  waves: WaveProgress | undefined;
  readonly #targets: Target[];
  readonly #index = new Map<string, number>();
  readonly #counts: Record<TargetState, number>;
  readonly #sendings = new Map<Sending, { open: number; well: number; badly: number; pending: number; over: boolean }>();

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

  /** In the order in which they went out. */
  get sendings(): readonly Sending[] {
    return [...this.#sendings.keys()];
  }

  /** Epoch ms by which everybody who was asked so far should have answered. */
  get deadline(): number {
    const { startedAt, timeoutMs } = this.record;
    return Math.max(startedAt + timeoutMs, ...this.sendings.map(sending => sending.at + sending.timeoutMs));
  }

  count(state: TargetState): number {
    return this.#counts[state];
  }

  get tally(): Tally {
    const tally = { targeted: this.#targets.length, answered: 0, failed: 0, timedOut: 0, waiting: 0 };
    for (const state of TARGET_STATES) tally[bucketOf(state)] += this.#counts[state];
    return tally;
  }

  target(source: string, hostId: string): Target | undefined {
    const index = this.#index.get(hostKey(source, hostId));
    return index === undefined ? undefined : this.#targets[index];
  }

  /** The targets of a sending that no later one has asked. */
  targetsOf(sending: Sending): readonly Target[] {
    return sending.places.flatMap(place => this.#targets[place] ?? []).filter(target => target.sending === sending);
  }

  standing(sending: Sending): Standing {
    return this.#sendings.get(sending) ?? { open: 0, well: 0, badly: 0, pending: 0 };
  }

  #count({ state, sending, host }: Target, by: 1 | -1): void {
    this.#counts[state] += by;
    const standing = sending && this.#sendings.get(sending);
    if (!standing) return;
    if (state === 'waiting') standing.open += by;
    const verdict = verdictOf(state);
    if (verdict && !isAway(host)) standing[verdict] += by;
  }

  #changeAt(index: number, next: (target: Target) => Target | undefined): Target | undefined {
    const target = this.#targets[index];
    const changed = target && next(target);
    if (!target || !changed) return undefined;
    this.#count(target, -1);
    this.#count(changed, 1);
    this.#targets[index] = changed;
    this.version += 1;
    return changed;
  }

  #change(source: string, hostId: string, next: (target: Target) => Target | undefined): Target | undefined {
    const index = this.#index.get(hostKey(source, hostId));
    return index === undefined ? undefined : this.#changeAt(index, next);
  }

  /** Hosts whose wave comes later. Those that have said something, or were asked, are left alone. */
  queue(hosts: readonly Host[]): void {
    for (const { source, id } of hosts) {
      this.#change(source, id, target => (target.state === 'waiting' && !target.sending ? { ...target, state: 'queued' } : undefined));
    }
  }

  /** These hosts are asked now, for the first time or once more: they wait, and the run is open. Answers that stand are left alone. */
  send(hosts: readonly Host[], at: number, timeoutMs: number): Sending {
    const places = hosts.map(({ source, id }) => this.#index.get(hostKey(source, id))).filter(place => place !== undefined);
    const sending: Sending = { at, timeoutMs, places, remoteIds: [] };
    this.take(sending);
    this.phase = 'waiting';
    this.endedAt = null;
    return sending;
  }

  /** Takes up a sending as it was stored. */
  take(sending: Sending): void {
    this.#sendings.set(sending, { open: 0, well: 0, badly: 0, pending: 0, over: false });
    for (const place of sending.places) {
      this.#changeAt(place, target =>
        bucketOf(target.state) === 'answered'
          ? undefined
          : { ...target, state: 'waiting', reason: '', afterMs: null, late: false, sending },
      );
    }
    for (const [source, id] of sending.remoteIds) this.#know(source, id);
    this.version += 1;
  }

  #know(source: string, remoteId: string): void {
    const before = this.remoteIds.get(source);
    this.remoteIds.set(source, before === undefined ? remoteId : `${before},${remoteId}`);
  }

  /** A source took the query: its server's id is kept beside those of earlier sendings. */
  sent(sending: Sending, source: string, remoteId: string): void {
    sending.remoteIds.push([source, remoteId]);
    this.#know(source, remoteId);
  }

  /**
   * Folds an answer in. The first answer of a host stands; one that comes after its deadline replaces its silence and
   * is marked late. Returns the changed target, or undefined when the answer changes nothing (not a target, a repeat).
   * `late`: whether it was, where that is known.
   */
  answer(source: string, answer: HostAnswer, late?: boolean): Target | undefined {
    return this.#change(source, answer.hostId, target => {
      if (bucketOf(target.state) === 'answered' || bucketOf(target.state) === 'failed') return undefined;
      const { sending } = target;
      const afterMs = Math.max(0, answer.at - (sending?.at ?? this.record.startedAt));
      const common = { ...target, afterMs, late: late ?? (!this.open || (sending !== undefined && this.#isOver(sending))) };
      if (answer.state === 'rows') {
        return { ...common, state: answer.rows.length > 0 ? 'rows' : 'no_rows', rows: answer.rows, reason: answer.note ?? '' };
      }
      return { ...common, state: answer.state, rows: [], reason: answer.error };
    });
  }

  #isOver(sending: Sending): boolean {
    return this.#sendings.get(sending)?.over ?? false;
  }

  /** Marks a target that waits, or whose wave has not begun, as silent, with the reason that is shown beside it. */
  silence(source: string, hostId: string, state: SilentState, reason: string): Target | undefined {
    return this.#change(source, hostId, target => (bucketOf(target.state) === 'waiting' ? { ...target, state, reason } : undefined));
  }

  note(text: string): void {
    if (this.notes.includes(text)) return;
    this.notes.push(text);
    this.version += 1;
  }

  /** The deadline of a sending: whoever still waits has not answered in time. */
  expire(sending: Sending): void {
    for (const place of sending.places) {
      this.#changeAt(place, target => (target.sending === sending && target.state === 'waiting' ? this.#tooLate(target) : undefined));
    }
    const standing = this.#sendings.get(sending);
    if (standing) standing.over = true;
  }

  /** Hosts that were known to be away when they were asked are named as such. */
  #tooLate(target: Target): Target {
    const { host, sending } = target;
    const within = `no answer within ${Math.round((sending ?? this.record).timeoutMs / 1000)} s`;
    if (!isAway(host)) return { ...target, state: 'timed_out', reason: within };
    return { ...target, state: 'offline', reason: `was ${host.status} when it was asked; ${within}` };
  }

  /**
   * Ends the run: whoever still waits has not answered in time (or was cancelled), whoever was not asked yet will not be.
   * Late answers may still come.
   */
  end(at: number, phase: 'ended' | 'cancelled'): void {
    if (!this.open) return;
    const unasked = `the run ${phase === 'cancelled' ? 'was cancelled' : 'ended'} before its wave`;
    for (const place of this.#targets.keys()) {
      this.#changeAt(place, target => {
        if (target.state === 'queued') return { ...target, state: 'not_asked', reason: unasked };
        if (target.state !== 'waiting') return undefined;
        return phase === 'cancelled' ? { ...target, state: 'cancelled', reason: 'cancelled before it answered' } : this.#tooLate(target);
      });
    }
    this.phase = phase;
    this.endedAt = at;
    this.version += 1;
  }
}
