/** What the engine offers to screens and commands, and what it tells them. */
import type { ApprovedQuery, LaunchRequest, Refusals } from '../core/launch-policy.ts';
import type { Health, Host } from '../core/model.ts';
import type { Policy } from '../core/policy.ts';
import type { Connector, LaunchOptions, SourceReport, StoredEvent } from '../core/ports.ts';
import type { Problem } from '../core/problem.ts';
import type { Run, Target } from '../core/run.ts';
import type { Template } from '../core/template.ts';

export type Notice = { readonly level: 'info' | 'warn' | 'error'; readonly text: string; readonly source?: string };

/** Everything the engine reports. Endings, problems and notices are never dropped; the receiver may merge repaints. */
export interface EngineObserver {
  /** Events that are on disk now, in store order, each once. */
  events(added: readonly StoredEvent[]): void;
  health(health: Health): void;
  /** A source's hosts as known so far; `complete` once the listing has ended. */
  hosts(source: string, hosts: readonly Host[], complete: boolean): void;
  /** The run changed (see `Run.version`). */
  run(run: Run): void;
  notice(notice: Notice): void;
}

/** A feed that could not be read; `whole`: none of the source's feeds could. */
export type PollFailure = { readonly source: string; readonly problem: Problem; readonly whole: boolean };

export type Launched = {
  readonly run: Run;
  /** Resolves when every target has answered, its deadline has passed or the run was cancelled. Never rejects. */
  readonly ended: Promise<void>;
  /** The failure that cut a source's answers off, when there was one; what it had answered is kept. */
  problem(): Problem | undefined;
};

export interface Engine {
  /** Those that may be launched. */
  readonly templates: readonly Template[];
  /** Why others may not, by name. */
  readonly refused: Refusals;
  /** What the owner of the machine allows. */
  readonly policy: Policy;
  readonly connectors: readonly Connector[];
  /** Takes up one more source; after `start` it is read at once. */
  add(connector: Connector): void;
  /** Starts reading pushed feeds, so that what hosts send is taken; goes on until `stop`. */
  listen(): void;
  /** `listen`, and starts polling feeds and listing hosts; goes on until `stop`. */
  start(): void;
  /**
   * One pass over every polled feed, side by side; pushed ones are `listen`ed to, and a source that has no other is `check`ed.
   * Resolves with what failed.
   */
  pollOnce(since: number, signal: AbortSignal): Promise<readonly PollFailure[]>;
  /** Lists hosts of all sources anew. Resolves with each source's failure, if any. */
  refreshHosts(signal?: AbortSignal): Promise<ReadonlyMap<string, Problem>>;
  hosts(): readonly Host[];
  check(source: string, signal: AbortSignal): Promise<SourceReport>;
  /** The query as it would be sent. Throws `AllowlistError`. */
  preview(request: LaunchRequest): ApprovedQuery;
  /**
   * Sends an allowlisted query to exactly these hosts, in waves where it is costly (`planWaves`): a wave begins when the one
   * before went well, and none does once too many hosts failed. The run is stored and audited before anything is sent.
   * Throws `AllowlistError`, or a `Problem` when no source took the query. Late answers go on being folded in until `stop`.
   */
  launch(request: LaunchRequest, hosts: readonly Host[], options: LaunchOptions): Promise<Launched>;
  /**
   * Asks those targets of an ended run once more and folds what they say into the same run. Throws `AllowlistError` when the
   * template is not what it was, and a `Problem` as `launch` does.
   */
  again(runId: string, targets: readonly Target[], options: LaunchOptions): Promise<Launched>;
  /** Stops waiting for a run. Answers that still come are late ones. */
  cancel(runId: string): Promise<void>;
  /** Runs of this and earlier processes, newest first. */
  runs(limit: number): readonly Run[];
  /** Ids of the newest ones, newest first: cheap. */
  runIds(limit: number): readonly string[];
  run(id: string): Run | undefined;
  /** Whether this process waits for the answers of the run, or another one does. */
  holds(id: string): boolean;
  /**
   * Takes up a run that a process which has gone left open: its answers are folded in, late ones too, and each is told to the
   * observer. Call it after `start`. Returns the run as it stands now, whether it was taken up or not.
   */
  rejoin(id: string): Run | undefined;
  /**
   * Stops everything. Open runs end as cancelled, but for those that can be taken up again when `keepOpen` says so (the
   * terminal is gone, the person is not done).
   */
  stop(keepOpen?: boolean): Promise<void>;
}
