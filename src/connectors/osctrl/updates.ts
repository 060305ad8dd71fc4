/** Follows a query on the server until every host has answered or the caller stops (contracts/osctrl.md 4, 11). */
import type { Host } from '../../core/model.ts';
import type { LaunchOptions, LiveUpdate } from '../../core/ports.ts';
import { isAbort, Problem } from '../../core/problem.ts';
import { readResultsOf, showQuery } from './queries.ts';
import type { Roll } from './roll.ts';
import type { Session } from './session.ts';
import type { OsctrlQuery } from './shapes.ts';

const READING = 'waiting for the answers';
/** Rows are stamped before they are committed, by several writers: look back this far and know them by their id. */
const OVERLAP_MS = 5_000;
const TICK_MS = 1_000;
const LATE_TICK_MS = 5_000;
const IDLE_TICK_MS = 30_000;
/** For how long the server may be away: a restart, while somebody waits; or while only late answers are awaited. */
const PATIENCE_MS = 40_000;
/** Answers must not wait long after the server is back. */
const MAX_BACKOFF_MS = 3_000;
const LATE_PATIENCE_MS = 15 * 60_000;
/** After the deadline: how long late answers are likely, and until when they are waited for. A query lives two hours at most. */
const LATE_MS = 10 * 60_000;
const GIVE_UP_MS = 3 * 3_600_000;
/** `show` lists every target (63 bytes each): the more there are, the rarer it is asked. */
const TARGETS_PER_SHOW = 500;
/** 0.5.1 sends all answers each time, and its counters lose increments: the more hosts, the rarer it is asked unprompted. */
const HOSTS_PER_MAP = 100;

export type Following = {
  readonly session: Session;
  readonly name: string;
  readonly targets: readonly Host[];
  readonly options: LaunchOptions;
  readonly roll: Roll;
  /** Whether we ended the query ourselves. */
  ended(): boolean;
};

/** One at a time; kept between ticks. */
class Follower {
  readonly #run: Following;
  readonly #signal: AbortSignal;
  readonly #begun: number;
  #ticks = 0;
  #query: OsctrlQuery | undefined;
  #newest: number | undefined;
  #toldEnd = false;

  constructor(run: Following, signal: AbortSignal) {
    this.#run = run;
    this.#signal = signal;
    this.#begun = run.session.api.clock.now();
  }

  get #now(): number {
    return this.#run.session.api.clock.now();
  }

  /** Offset of the server's clock; small ones are below what the Date header can tell. */
  get #skew(): number {
    const { skewMs = 0 } = this.#run.session.api;
    return Math.abs(skewMs) > 2_000 ? skewMs : 0;
  }

  /** ms since we began to follow. */
  get #age(): number {
    return this.#now - this.#begun;
  }

  get #late(): boolean {
    return this.#age > this.#run.options.timeoutMs;
  }

  get patience(): number {
    return this.#late ? LATE_PATIENCE_MS : PATIENCE_MS;
  }

  get pause(): number {
    if (this.#ticks <= 3) return TICK_MS / 4;
    if (!this.#late) return TICK_MS;
    return this.#age < this.#run.options.timeoutMs + LATE_MS ? LATE_TICK_MS : IDLE_TICK_MS;
  }

  /** All have answered, or it is not worth waiting any longer. */
  get over(): boolean {
    return this.#run.roll.silent === 0 || this.#age > this.#run.options.timeoutMs + GIVE_UP_MS;
  }

  async *tick(): AsyncGenerator<LiveUpdate> {
    const { session, name, targets, roll } = this.#run;
    const tick = this.#ticks++;
    const moved = tick % Math.ceil(targets.length / TARGETS_PER_SHOW || 1) === 0 && (await this.#show());
    const { generation } = await session.server(this.#signal);
    if (generation !== '0.5.1' || moved || roll.owed || tick % Math.ceil(targets.length / HOSTS_PER_MAP || 1) === 0) {
      const since = this.#newest === undefined ? undefined : this.#newest - OVERLAP_MS;
      for await (const page of readResultsOf(session, name, since, this.#now + this.#skew, this.#signal, { attempts: 1 })) {
        for (const { at } of page.results) this.#newest = Math.max(this.#newest ?? 0, at);
        const answers = roll.take(page.results, at => Math.min(this.#now, at - this.#skew), this.#now);
        for (const answer of answers) yield { kind: 'answer', answer };
      }
    }
    yield* roll.settle(this.#now);
    yield* this.#endedByOthers();
  }

  async #show(): Promise<boolean> {
    const { session, name, roll } = this.#run;
    this.#query = await showQuery(session, name, this.#signal, { attempts: 1 });
    if (this.#query) return roll.count(this.#query, this.#now);
    throw session.api.problem('unreachable', READING, `has no query ${name} any more`, 'it was removed; what came until then is kept.', {
      transient: false,
    });
  }

  *#endedByOthers(): Generator<LiveUpdate> {
    const query = this.#query;
    if (!query || this.#toldEnd || this.#run.ended() || this.#run.roll.silent === 0) return;
    const early = query.completed && query.executions + query.errors < query.expected;
    if (!early && !query.expired && !query.deleted) return;
    this.#toldEnd = true;
    yield { kind: 'note', text: `${query.name} was ended on osctrl: hosts that have not fetched it will not answer.` };
  }
}

/** A refused token, with what it means for a run. */
function revoked(problem: Problem, { session, name }: Following): Problem {
  const meaning =
    'authentication failed; check api_token (a new login of the same user revokes it). ' +
    `The answers so far are kept; hosts may still run ${name} until it expires.`;
  return session.api.problem('auth', READING, `refused us (${problem.detail || 'the token is not valid'})`, meaning, { cause: problem });
}

export async function* follow(run: Following, signal: AbortSignal): AsyncGenerator<LiveUpdate> {
  const { clock } = run.session.api;
  const follower = new Follower(run, signal);
  let failingSince: number | undefined;
  let failures = 0;
  while (!follower.over) {
    let wait = follower.pause;
    try {
      yield* follower.tick();
      failingSince = undefined;
      failures = 0;
    } catch (thrown) {
      if (isAbort(thrown) || !(thrown instanceof Problem)) throw thrown;
      if (thrown.kind === 'auth') throw revoked(thrown, run);
      if (!thrown.transient) throw thrown;
      failingSince ??= clock.now();
      failures += 1;
      if (failures === 2) yield { kind: 'note', text: `${thrown.message} Still trying.` };
      wait = Math.max(wait, Math.min(MAX_BACKOFF_MS, 250 * 2 ** failures) * (0.5 + Math.random() / 2), thrown.retryAfterMs ?? 0);
      if (clock.now() + wait - failingSince > follower.patience) throw thrown;
    }
    if (!follower.over) await clock.sleep(wait, signal);
  }
}
