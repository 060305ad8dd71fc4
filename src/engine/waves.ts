/** One asking of a run, in one wave or in several: from its first sending until nobody is waited for any more. */
import type { ApprovedQuery } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import type { AuditLog, LaunchOptions } from '../core/ports.ts';
import { Problem, toProblem } from '../core/problem.ts';
import type { Run, Sending, Standing } from '../core/run.ts';
import { failuresText, nextWave } from '../core/waves.ts';
import { type Part, Round, type RoundDeps } from './round.ts';

export type WavesDeps = RoundDeps & { readonly audit: AuditLog };

/** Time (ms) that servers may take to end a run when rollcall is left. */
const GOODBYE_MS = 3_000;

/** Hosts by the sources that are asked. */
type PartsOf = (hosts: readonly Host[]) => readonly Part[];

/** Why no further wave goes out; `word` is that of the audit. */
type Halt = { readonly word: string; readonly reason: string };

export class Waves {
  readonly run: Run;
  /** Resolves when nobody is waited for any more and the servers were told. Never rejects. */
  readonly ended: Promise<void>;
  readonly #options: LaunchOptions;
  readonly #deps: WavesDeps;
  /** The last asking of the run: only it goes on. */
  readonly #current: () => Waves;
  readonly #rounds: Round[] = [];
  /** Hosts of the waves that have not begun. */
  #left: readonly (readonly Host[])[] = [];
  #planned = 0;
  #hosts = 0;
  #isSending = false;
  #sendNext: () => Promise<void> = async () => undefined;
  #resolveEnded: () => void = () => undefined;
  #ending: Promise<void> | undefined;

  constructor(run: Run, options: LaunchOptions, deps: WavesDeps, current: () => Waves) {
    this.run = run;
    this.#options = options;
    this.#deps = deps;
    this.#current = current;
    this.ended = new Promise(resolve => {
      this.#resolveEnded = resolve;
    });
  }

  /** The failure that cut answers off, when there was one. */
  get problem(): Problem | undefined {
    return this.#rounds.find(({ problem }) => problem)?.problem;
  }

  get canBeRejoined(): boolean {
    return this.#rounds.every(round => round.isClosed || round.canBeRejoined);
  }

  /** Sends the first wave; the others follow by themselves. Throws when no source took it. */
  async start(query: ApprovedQuery, waves: readonly (readonly Host[])[], partsOf: PartsOf): Promise<void> {
    this.#left = waves;
    this.#planned = waves.length;
    this.#hosts = waves.flat().length;
    this.#sendNext = () => this.#send(query, partsOf);
    await this.#sendNext();
    const [first] = this.#rounds;
    if (first?.wasSent || this.run.phase === 'cancelled') return;
    await this.#end('ended');
    throw this.problem ?? new Problem('bug', 'The query was sent to no source.');
  }

  /** Takes up what an earlier process had sent. Waves that it had not begun stay unasked: nothing is sent without a person. */
  resume(sendings: readonly { readonly sending: Sending; readonly parts: readonly Part[] }[], query: ApprovedQuery | undefined): void {
    const now = this.#deps.clock.now();
    for (const { sending, parts } of sendings) {
      const timeoutMs = Math.max(0, sending.at + sending.timeoutMs - now);
      this.#round(sending, parts, { ...this.#options, timeoutMs }).resume(query);
    }
    this.advance();
  }

  #round(sending: Sending, parts: readonly Part[], options = this.#options): Round {
    const round = new Round(this.run, sending, parts, options, this.#deps, () => this.#current().advance());
    this.#rounds.push(round);
    return round;
  }

  async #send(query: ApprovedQuery, partsOf: PartsOf): Promise<void> {
    this.#isSending = true;
    try {
      await this.#begin(partsOf).dispatch(query);
    } finally {
      this.#isSending = false;
    }
    this.advance();
  }

  /** The next wave, on record before it leaves. */
  #begin(partsOf: PartsOf): Round {
    const { run } = this;
    const { audit, clock, store } = this.#deps;
    const [wave = [], ...left] = this.#left;
    const [begun, asked] = [this.#planned - left.length, this.#hosts - left.flat().length];
    if (begun > 1) audit.write('wave', { run: run.id, wave: begun, of: this.#planned, hosts: wave.map(namesOf) });
    const parts = partsOf(wave);
    const sending = run.send(wave, clock.now(), this.#options.timeoutMs);
    run.waves = this.#planned > 1 ? { begun, planned: this.#planned, asked, of: this.#hosts } : undefined;
    store.saveRun(run);
    this.#left = left;
    return this.#round(sending, parts);
  }

  /** Called whenever the run has changed: goes on to the next wave, stops, or ends. */
  advance(): void {
    this.#deps.observer.run(this.run);
    for (const round of this.#rounds) round.closeWhenAnswered();
    if (this.#ending || this.#isSending) return;
    if (this.#left.length > 0) this.#decide();
    else if (this.run.tally.waiting === 0) void this.#end('ended');
  }

  #decide(): void {
    const standings = this.#rounds.map(({ sending }): Standing => this.run.standing(sending));
    const verdict = nextWave(standings);
    if (verdict === 'stop') this.#halt({ word: 'waves stopped', reason: failuresText(standings) });
    if (verdict !== 'go') return;
    this.#sendNext().catch((thrown: unknown) => this.#halt({ word: 'wave failed', reason: toProblem(thrown).message }));
  }

  /** No further wave goes out: its hosts are named as not asked. Those that were asked are waited for. */
  #halt({ word, reason }: Halt): void {
    const { run } = this;
    const unasked = this.#left.flat();
    const begun = this.#planned - this.#left.length;
    this.#left = [];
    for (const { source, id } of unasked) run.silence(source, id, 'not_asked', `stopped after ${reason}`);
    run.note(`Stopped after wave ${begun} of ${this.#planned}: ${unasked.length} not asked, for ${reason}.`);
    this.#deps.audit.write(word, { run: run.id, reason, notAsked: unasked.length });
    this.#deps.store.saveRun(run);
    this.advance();
  }

  /** Stops waiting; waves that have not begun never will. */
  cancel(): Promise<void> {
    return this.#end('cancelled');
  }

  #end(phase: 'ended' | 'cancelled'): Promise<void> {
    this.#ending ??= this.#endOnce(phase);
    return this.#ending;
  }

  async #endOnce(phase: 'ended' | 'cancelled'): Promise<void> {
    const { clock, store, observer } = this.#deps;
    this.#left = [];
    this.run.end(clock.now(), phase);
    store.saveRun(this.run);
    observer.run(this.run);
    await Promise.all(this.#rounds.map(round => round.close(phase === 'cancelled' ? 'cancelled' : 'answered')));
    store.saveRun(this.run);
    observer.run(this.run);
    this.#resolveEnded();
  }

  /** rollcall is being left: ends what is open, and listens no more. */
  async leave(): Promise<void> {
    const goodbye = new AbortController();
    const patience = this.#deps.clock.sleep(GOODBYE_MS, goodbye.signal).catch(() => undefined);
    await Promise.race([this.cancel(), patience]);
    await Promise.race([this.abandon(), patience]);
    goodbye.abort();
  }

  /** Listens no more and leaves the run open, for another process to take up. */
  async abandon(): Promise<void> {
    this.#left = [];
    await Promise.all(this.#rounds.map(round => round.leave()));
  }
}

const namesOf = ({ source, id, hostname }: Host) => ({ source, id, hostname });
