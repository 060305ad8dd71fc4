/** What commands are given, and what they ask of the composition root. */
import type { SourceSettings } from '../adapters/config-file.ts';
import type { Directories } from '../adapters/directories.ts';
import type { Output, Writer } from '../adapters/output.ts';
import type { TerminalFacts } from '../adapters/terminal.ts';
import type { Allowlist, Approval } from '../core/allowlist.ts';
import type {
  AuditLog,
  Clock,
  EventLookup,
  EventStore,
  HostChangesStore,
  KeyValueStore,
  RetentionStore,
  RunStore,
  SummaryStore,
  TriageStore,
} from '../core/ports.ts';
import type { Template } from '../core/template.ts';
import type { Engine, EngineObserver } from '../engine/api.ts';
import type { Format } from './args.ts';
import type { Messages } from './messages.ts';
import type { CommonOptions, Given } from './parse.ts';

/** A source that stands in no settings file, with its secret. */
export type GivenSource = { readonly source: SourceSettings; readonly secret: string };

/** Only these configured sources, all when empty; 'none' opens the data file only; or one that is given here. */
export type WantedSources = readonly string[] | 'none' | GivenSource;

export type OpenRequest = Directories & {
  /** Number of simulated hosts: the lab instead of the configured sources. */
  readonly lab?: number | undefined;
  /** All configured ones when absent. */
  readonly sources?: WantedSources | undefined;
  readonly observer: EngineObserver;
};

export type Opened = {
  readonly engine: Engine;
  readonly store: EventStore & EventLookup & TriageStore & RetentionStore & SummaryStore & HostChangesStore & RunStore & KeyValueStore;
  readonly audit: AuditLog;
  /** Whose decisions are made here: the login name. */
  readonly who: string;
  /** For processes that stay open: takes old events away from time to time, as the settings say, until `close`. */
  retain(): void;
  /** Resolves when the lab's hosts have enrolled and sent their first logs; at once without a lab. */
  ready(): Promise<void>;
  /** Stops everything and closes the store; `keepOpen` as in `Engine.stop`. A second call does nothing. */
  close(keepOpen?: boolean): Promise<void>;
};

/** What `wire.ts` offers to commands. Loaded by the first command that needs it. */
export type Wire = {
  /** The allowlist, with the site's templates and the machine's policy; starts and opens nothing. Throws `Problem`. */
  allowlist(configDir: string): Promise<Allowlist>;
  /** Approves a template of the site as it was shown: audited, then recorded. Throws a 'storage' Problem. */
  approveTemplate(directories: Directories, template: Pick<Template, 'name' | 'digest'>): Approval;
  /** Opens the data file and the sources; sends nothing yet. Throws `Problem`. */
  openRollcall(request: OpenRequest): Promise<Opened>;
};

export type Stdin = AsyncIterable<Uint8Array | string> & {
  readonly isTTY?: boolean | undefined;
  /** Ends a reading that waits. */
  destroy(error?: Error): unknown;
};
export type Stream = Writer & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined };

/** The process as commands see it. */
export type Deps = {
  readonly wire: () => Promise<Wire>;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Stdin;
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Aborted by SIGINT and SIGTERM: the command prints what it has and ends with 130. */
  readonly signal: AbortSignal;
};

export type CommandContext = {
  readonly args: readonly string[];
  readonly given: Given;
  readonly common: CommonOptions;
  readonly directories: Directories;
  readonly format: Format;
  /** Where data goes: stdout, or the file of `--output`. */
  readonly out: Output;
  /** What stands at the other end of `out`. */
  readonly terminal: TerminalFacts;
  readonly messages: Messages;
  readonly stdin: Stdin;
  readonly clock: Clock;
  readonly env: Deps['env'];
  /** Aborted by an interrupt, or when nobody reads the output any more. */
  readonly signal: AbortSignal;
  readonly wire: () => Promise<Wire>;
};

/** Returns the exit code; throws a `Problem` for what becomes the error line. */
export type Command = (context: CommandContext) => Promise<number>;
