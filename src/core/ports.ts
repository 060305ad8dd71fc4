/**
 * The seams between rollcall and the world. Every asynchronous one takes an AbortSignal; remote things are values in
 * async iterables, never callbacks; optional members say what a source can do.
 */

import type { CarveArchive } from './carve.ts';
import type { FilteredEvent } from './filter.ts';
import type { ApprovedQuery } from './launch-policy.ts';
import type { ConnectorKind, FeedEvent, Host, HostAnswer, RawEvent, Severity } from './model.ts';
import type { Run } from './run.ts';
import type { Decision, Triage, TriageEntry } from './triage.ts';

export type { Carve, CarveArchive, CarvedFile, CarveState } from './carve.ts';
export type { HostChanges, HostChangesStore, HostSpan } from './host-changes.ts';

/** Where a feed stands. Opaque to everyone but the connector that made it. */
export type Cursor = string;

/** `skipped` counts records that could not be read; `cursor` is the position after this batch. */
export type EventBatch = {
  readonly events: readonly RawEvent[];
  readonly skipped: number;
  /** Sample of a skipped record, for the log. */
  readonly skippedSample?: string;
  readonly cursor: Cursor;
};

/**
 * One stream of events of a source, with its own cursor and health: a slow one never holds up another.
 * `read` yields what came after `from`. For a polled feed it ends when it has caught up; for a pushed one it never ends.
 * Asking for the next value means that the previous batch is on disk: a pushed feed acknowledges to its sender then.
 */
export interface EventFeed {
  readonly name: string;
  readonly cadence: { readonly everyMs: number } | 'push';
  /** How many may read side by side where batches have no order among them: one is judged while another is written. 1 when absent. */
  readonly readers?: number;
  /** `since` (epoch ms): how far back a first read, without `from`, reaches. Throws `Problem`; is then called again later. */
  read(from: Cursor | undefined, since: number, signal: AbortSignal): AsyncIterable<EventBatch>;
}

/** What `check` proved, in words that `source test` prints. */
export type SourceReport = {
  readonly version: string;
  readonly account: string;
  readonly can: readonly string[];
  readonly cannot: readonly string[];
  readonly remarks: readonly string[];
};

export interface Connector {
  readonly id: string;
  readonly kind: ConnectorKind;
  /** One cheap authenticated exchange that proves address, TLS, credentials and environment. Throws `Problem`. */
  check(signal: AbortSignal): Promise<SourceReport>;
  /** All hosts, page by page, each page as soon as it is there. */
  hosts(signal: AbortSignal): AsyncIterable<readonly Host[]>;
  /** ms between two listings of the hosts; 60,000 when absent. */
  readonly hostsEveryMs?: number;
  /**
   * Hosts of which only the uuid is known, for accounts that may query but not list hosts (`hosts` then throws an 'auth'
   * Problem). Asks nobody: whether they exist shows when they are queried. What is no uuid is left out; any case will do.
   */
  hostsByUuid?(uuids: readonly string[]): Host[];
  readonly feeds: readonly EventFeed[];
  readonly liveQuery?: LiveQueryBackend;
  /** Hosts that enrol to rollcall itself, and the operator's decisions about them. */
  readonly nodes?: NodeAdmin;
  /** Files fetched from hosts: a carve is launched as a live query (`approveCarve`). */
  readonly carves?: CarveArchive;
  /** What a host needs to enrol to this source. Holds the enroll secret: to be shown on demand only. */
  enrolment?(signal: AbortSignal): Promise<Enrolment>;
  /** Standing remarks for the Sources screen; empty when there is nothing to say. */
  remarks?(): readonly string[];
  /** Why the source takes no events in just now though nothing has failed (no room on the disk); its health says so. Cheap. */
  hindrance?(): string | undefined;
  close?(): Promise<void>;
}

/** 'pending': of an identifier that was taken, until somebody approves it. 'blocked': it gets errors and keeps its data. */
export type NodeStanding = 'enrolled' | 'pending' | 'blocked';

export type EnrolledNode = Host & {
  /** Epoch ms. */
  readonly enrolledAt: number;
  readonly standing: NodeStanding;
  readonly tags: readonly string[];
};

/** 'approve' lets a pending or a blocked node in; 'forget' makes its key worthless; 'tag' replaces all tags. */
export type NodeChange = { readonly action: 'approve' | 'block' | 'forget' } | { readonly action: 'tag'; readonly tags: readonly string[] };

export interface NodeAdmin {
  list(signal: AbortSignal): Promise<readonly EnrolledNode[]>;
  /** Audited, then done. Returns the node as it is now, or was before it was forgotten. Throws a 'usage' Problem when there is none. */
  change(id: string, change: NodeChange, signal: AbortSignal): Promise<EnrolledNode>;
  /** A new enroll secret: the old one is refused after `graceMs` (0 by default), keys stay valid. Audited. */
  rotateSecret(signal: AbortSignal, graceMs?: number): Promise<void>;
}

export type EnrolPlatform = 'linux' | 'darwin' | 'windows';

/** osqueryd's flags, and lines to paste into a root shell (PowerShell on Windows); `$d` in a flag is a directory of the host. */
export type EnrolKit = {
  readonly platform: EnrolPlatform;
  /** Leaves nothing on the host when it ends. */
  readonly ephemeral: boolean;
  readonly flags: readonly string[];
  readonly script: string;
};

/** What a host has to know to enrol. */
export type Enrolment = {
  /** `host:port`. */
  readonly tlsHostname: string;
  readonly enrollSecret: string;
  readonly serverCertsPem: string;
  /** SHA-256 of the certificate, `AB:CD:…`. */
  readonly fingerprint: string;
  kit(platform: EnrolPlatform, ephemeral: boolean): EnrolKit;
};

export type SilentHosts = {
  readonly kind: 'silent';
  readonly state: 'offline' | 'timed_out';
  readonly hostIds: readonly string[];
  readonly reason: string;
};

/** What a backend says while a live query is out. */
export type LiveUpdate =
  | { readonly kind: 'answer'; readonly answer: HostAnswer }
  /** These hosts cannot answer any more (offline, connection lost); `reason` is shown beside each. */
  | SilentHosts
  /** A remark on the whole run, told once on stderr and on the Results screen. */
  | { readonly kind: 'note'; readonly text: string };

export type LaunchOptions = {
  /** ms from dispatch to the deadline. */
  readonly timeoutMs: number;
  readonly offline: 'wait' | 'skip';
};

export type EndReason = 'answered' | 'deadline' | 'cancelled';

export interface LiveQueryBackend {
  /** Why this account cannot run live queries, or undefined when it can. Cheap: from what `check` or `hosts` learnt. */
  blocked?(): string | undefined;
  /**
   * Sends the query to exactly these hosts, nobody else. Never sends it twice: when it cannot know whether the server
   * took it, throws an 'unreachable' Problem that says so. Returns the server's own id of the run.
   */
  launch(query: ApprovedQuery, hosts: readonly Host[], options: LaunchOptions, signal: AbortSignal): Promise<{ readonly remoteId: string }>;
  /**
   * The answers, each host at most once, as they come, late ones too. Ends when nothing more can come; goes on past the
   * deadline until the signal stops it. Retries passing faults itself; throws a `Problem` when it must give up.
   */
  updates(remoteId: string, hosts: readonly Host[], options: LaunchOptions, signal: AbortSignal): AsyncIterable<LiveUpdate>;
  /** What is known, at the deadline, of hosts that have not answered: asked once, before the run ends. The rest just timed out. */
  silentAtDeadline?(remoteId: string): readonly SilentHosts[];
  /** Stops the run on the server as far as it and the account allow. Returns a remark when hosts may still run it. */
  end(remoteId: string, reason: EndReason, signal: AbortSignal): Promise<string | undefined>;
  /** Whether `updates` can be called again for a run of an earlier process. */
  readonly rejoin: boolean;
  /**
   * Called before that where a backend's runs are in memory only. `waiting`: the hosts that have not answered; those that had
   * taken the query may be told of it once more. Throws a `Problem` when it cannot.
   */
  takeUp?(remoteId: string, query: ApprovedQuery, waiting: readonly Host[], signal: AbortSignal): Promise<void>;
}

export type EventQuery = {
  /** Epoch ms, inclusive. */
  readonly since?: number;
  readonly until?: number;
  readonly sources?: readonly string[];
  /** Newest first when 'desc'. */
  readonly order: 'asc' | 'desc';
  readonly limit?: number;
  /** Only events whose store sequence is below / above this one: paging that does not move while events arrive. */
  readonly beforeSeq?: number;
  readonly afterSeq?: number;
};

/** `content`: what the row says as a number (`contentOf`), where the store has worked it out. */
export type StoredEvent = { readonly seq: number; readonly event: FeedEvent; readonly content?: number | undefined };

/** A stored event without its raw record. */
export type StoredView = { readonly seq: number; readonly event: FilteredEvent };

export interface EventArchive {
  /** Up to `limit` events stored before sequence `seq`, newest first. */
  before(seq: number, limit: number): readonly StoredView[];
  /** Up to `limit` events stored after sequence `seq`, oldest first. */
  after(seq: number, limit: number): readonly StoredView[];
}

/** How far a feed was read. */
export type FeedCursor = { readonly feed: string; readonly cursor: Cursor };

export interface EventStore {
  /**
   * Writes events in order, and with the last of them the feed's cursor: one that was not written leaves the cursor where it was.
   * Idempotent by `event.id`: what was there already is left alone and not returned. Resolves with the added ones in order once
   * they are safe. Rejects with a 'storage' Problem.
   */
  append(events: readonly FeedEvent[], position: FeedCursor | undefined): Promise<readonly StoredEvent[]>;
  cursor(feed: string): Cursor | undefined;
  page(query: EventQuery): readonly StoredEvent[];
  count(): number;
}

export interface EventLookup {
  /** One event by its id. */
  event(id: string): StoredEvent | undefined;
}

/**
 * What people decided about events, by event id. Only ever added to; every process on the same data sees what the others
 * added by asking for what came since. `at`: epoch ms. Throws a 'storage' Problem.
 */
export interface TriageStore {
  /** The same decision for each of the events, all or none. */
  decide(events: readonly string[], decision: Decision, who: string, at: number): readonly TriageEntry[];
  /** Words about each of the events; where it stands does not change. */
  comment(events: readonly string[], comment: string, who: string, at: number): readonly TriageEntry[];
  /**
   * Takes back the newest decision of each event: what held before holds again. `only`: sequences of the decisions that may be
   * taken back, so that nobody takes back what somebody else decided since. Returns what was taken back.
   */
  undo(events: readonly string[], who: string, at: number, only?: ReadonlySet<number>): readonly TriageEntry[];
  /** Where an event stands; undefined when nobody touched it. */
  triage(event: string): Triage | undefined;
  /** The same, as much of it as filters need: some microseconds, however long the history is. */
  triageState(event: string): Pick<Triage, 'state' | 'until'> | undefined;
  /** The history of all events after sequence `seq` (0: from its beginning), in order; the first `limit` of it. */
  triageSince(seq: number, limit?: number): readonly TriageEntry[];
  /** Sequence of the newest entry; 0 when there is none. */
  lastTriage(): number;
  /** When (epoch ms) the next snoozed event wakes after `at`, if one does; it may have been decided on since. */
  nextWake(at: number): number | undefined;
  triageHistory(event: string): readonly TriageEntry[];
}

/** What a status line tells of the events of a span. `open`: nobody has decided on them, or not for good. */
export type Summary = {
  readonly events: number;
  readonly high: { readonly all: number; readonly open: number };
  readonly critical: { readonly all: number; readonly open: number };
  /** Epoch ms of the newest event there is. */
  readonly newest: number | null;
};

export interface SummaryStore {
  /** Events from `since` on, as they stand at `now` (epoch ms). Quick, however many there are. */
  summary(since: number, now: number): Summary;
}

/** Events of one severity in the stretch of time that begins at `at` (epoch ms). */
export type HistogramBar = { readonly at: number; readonly severity: Severity; readonly events: number };

export interface HistogramStore {
  /**
   * Events from `since` (inclusive) to `until` by stretches of `bucketMs`, the earliest first; those without events are left
   * out. All three in ms and whole minutes, `since` a multiple of `bucketMs`. Quick, however many events there are.
   */
  histogram(since: number, until: number, bucketMs: number): readonly HistogramBar[];
}

export type PrunePlan = {
  /** Events whose time (epoch ms) is before this go. */
  readonly before?: number;
  /** The oldest go until no more than this is in use. */
  readonly maxBytes?: number;
  /** These stay, whatever else is said. */
  readonly keep: (event: FilteredEvent) => boolean;
};

/** Bytes in use before and after; an estimate after a dry run. */
export type Pruned = { readonly events: number; readonly sizeBefore: number; readonly sizeAfter: number };

/** Where a walk over the events, oldest first, has come to. */
export type PruneMark = { readonly time: number; readonly seq: number };

/** What one step took away: how many events and about how many bytes. `next` is undefined at the end of the walk. */
export type PruneStep = { readonly events: number; readonly bytes: number; readonly next: PruneMark | undefined };

export interface RetentionStore {
  /** Bytes in use. */
  size(): number;
  /**
   * Takes old events away, or says what would go: a few, so that others can go on in between. `excess`: bytes that are still too
   * many. Runs and decisions stay. Throws a 'storage' Problem.
   */
  pruneStep(plan: Pick<PrunePlan, 'before' | 'keep'>, excess: number, from: PruneMark | undefined, dryRun: boolean): PruneStep;
  /** Forgets that contents were seen, where that was before `before` (epoch ms): they are new when they come again. */
  forgetSeen(before: number): void;
  /** Gives freed space back to the disk. Throws a 'storage' Problem while other processes use the file. */
  compact(): void;
}

export interface RunStore {
  /** Inserts or replaces the run's record; answers are stored one by one. */
  saveRun(run: Run): void;
  /** `late`: whether it came after its deadline; by what is stored of the run when absent. */
  saveAnswer(runId: string, source: string, answer: HostAnswer, late?: boolean): void;
  /** Runs with their answers, newest first. */
  run(id: string): Run | undefined;
  runs(limit: number): readonly Run[];
  /** Ids of the newest runs, newest first: cheap, for who looks often. */
  runIds(limit: number): readonly string[];
}

/** Small persistent values by key: node keys of the direct endpoint, states of hosts, the agent's differential state. */
export interface KeyValueStore {
  get(space: string, key: string): string | undefined;
  set(space: string, key: string, value: string): void;
  delete(space: string, key: string): void;
  entries(space: string): ReadonlyArray<readonly [key: string, value: string]>;
}

/** `sent`: the terminal was asked to take it; whether it did is not known. `file` holds it too. */
export type Copied = { readonly bytes: number; readonly sent: boolean; readonly file: string };

export interface Clipboard {
  /** Throws a 'usage' or 'storage' Problem when the file cannot be written. */
  copy(text: string): Promise<Copied>;
}

/** One line per thing that a person did, before it is done. Never a secret. */
export interface AuditLog {
  write(action: string, detail: Readonly<Record<string, unknown>>): void;
}

/** The diagnostic log (JSONL, 0600). Never a secret. */
export interface Log {
  write(level: 'info' | 'warn' | 'error', message: string, detail?: Readonly<Record<string, unknown>>): void;
}

export interface SecretSource {
  /** The secret's value, trimmed of one trailing newline. Throws a 'usage' Problem that names where it was looked for. */
  read(): Promise<string>;
}

export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Resolves after `ms`; rejects with an AbortError when the signal stops it. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export type HttpRequest = {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query below the base URL, already encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** ms for the whole exchange; default 30 s. */
  readonly timeoutMs?: number;
  /** Bytes of body at most; default 64 MiB. */
  readonly maxBytes?: number;
};

export type HttpReply = {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

/**
 * One HTTP peer: base URL, TLS trust and limits fixed at creation. Follows no redirect. Any status is a reply, never an
 * exception; a failed exchange throws an 'unreachable' Problem whose `detail` names the cause ("tls", "refused",
 * "timeout", "too large", "reset"). Does not retry: the connector knows what may be sent again.
 */
export interface Http {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpReply>;
  /** A WebSocket to `path` with the same TLS trust. Messages are text frames; ends when the socket does. */
  socket?(path: string, options: { readonly maxBytes: number }, signal: AbortSignal): Promise<TextSocket>;
}

export interface TextSocket {
  send(text: string): void;
  /** Throws an 'unreachable' Problem when the socket ends otherwise than by `close` or the signal. */
  readonly messages: AsyncIterable<string>;
  close(): void;
}
