/** Commands in this process: the real engine and store, scripted sources, streams that are kept. */
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { systemClock } from '../../src/adapters/clock.ts';
import { openStore } from '../../src/adapters/sqlite-store.ts';
import { loadAllowlist } from '../../src/cli/allowlist.ts';
import type { Deps, OpenRequest, Stream, Wire } from '../../src/cli/context.ts';
import { runCommand } from '../../src/cli/index.ts';
import { loadRules } from '../../src/cli/rule-set.ts';
import { approveTemplate } from '../../src/cli/wire.ts';
import type { Host, RawEvent, Row } from '../../src/core/model.ts';
import type { Clock, Connector, EventFeed, LiveQueryBackend, LiveUpdate, SourceReport } from '../../src/core/ports.ts';
import type { Problem } from '../../src/core/problem.ts';
import { parseTemplate, type Template } from '../../src/core/template.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { usersTemplate } from '../helpers/model.ts';

/** What a host does with a query; rows by default. */
export type Behaviour = readonly Row[] | { readonly error: string } | 'silent' | 'offline';

export const requiredTemplate = parseTemplate({
  name: 'needs_path',
  meta: {
    title: 'Needs a path',
    why: 'To test what is required',
    platforms: ['linux'],
    params: [{ name: 'path', title: 'Path', type: 'path' }],
    cost: 'low',
  },
  sql: 'SELECT path FROM file WHERE path = :path',
  sample: [],
});

/** A source whose hosts, events and failures a test writes down. */
export class FakeSource implements Connector {
  readonly id: string;
  readonly kind = 'osctrl';
  readonly feeds: EventFeed[];
  readonly liveQuery: LiveQueryBackend;
  /** Ids of the hosts that were sent a query. */
  readonly sentTo: string[] = [];
  listed: readonly Host[];
  behaviours = new Map<string, Behaviour>();
  events: RawEvent[] = [];
  /** `since` of every poll. */
  readonly polledSince: number[] = [];
  fails: { hosts?: Problem; check?: Problem; launch?: Problem; feed?: Problem; updates?: Problem } = {};
  notes: string[] = [];
  /** Asked for, and never answered. */
  stalls = false;
  /** Everybody who will answer a query has done so. */
  answered = false;
  hostsByUuid?: (uuids: readonly string[]) => Host[];
  report: SourceReport = { version: 'osctrl 9', account: 'ir', can: ['list hosts'], cannot: ['cancel'], remarks: ['clock is off'] };

  constructor(id: string, hosts: readonly Host[] = [], behaviours: Readonly<Record<string, Behaviour>> = {}) {
    this.id = id;
    this.listed = hosts.map(host => ({ ...host, source: id }));
    this.behaviours = new Map(Object.entries(behaviours));
    this.feeds = [{ name: 'results', cadence: { everyMs: 1_000 }, read: (_from, since) => this.#read(since) }];
    this.liveQuery = {
      rejoin: false,
      launch: async (_query, targets) => {
        if (this.fails.launch) throw this.fails.launch;
        this.sentTo.push(...targets.map(host => host.id));
        return { remoteId: `remote-${this.sentTo.length}` };
      },
      updates: (_remoteId, targets, _options, signal) => this.#updates(targets, signal),
      end: async () => undefined,
    };
  }

  async check(signal: AbortSignal): Promise<SourceReport> {
    if (this.stalls) await never(signal);
    if (this.fails.check) throw this.fails.check;
    return this.report;
  }

  async *hosts(signal: AbortSignal) {
    if (this.stalls) await never(signal);
    if (this.fails.hosts) throw this.fails.hosts;
    yield this.listed;
  }

  async *#read(since: number) {
    this.polledSince.push(since);
    if (this.fails.feed) throw this.fails.feed;
    yield { events: this.events, skipped: 0, cursor: String(this.events.length) };
  }

  async *#updates(targets: readonly Host[], signal: AbortSignal): AsyncGenerator<LiveUpdate> {
    for (const text of this.notes) yield { kind: 'note', text };
    for (const { id: hostId } of targets) {
      const what = this.behaviours.get(hostId) ?? [{ username: 'root' }];
      const at = Date.now();
      if (what === 'offline') yield { kind: 'silent', state: 'offline', hostIds: [hostId], reason: 'offline for 3 d' };
      else if (what !== 'silent') {
        const answer =
          'error' in what ? { hostId, at, state: 'error' as const, error: what.error } : { hostId, at, state: 'rows' as const, rows: what };
        yield { kind: 'answer', answer };
      }
    }
    if (this.fails.updates) throw this.fails.updates;
    this.answered = true;
    await never(signal);
  }
}

const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(new DOMException('Stopped.', 'AbortError')), { once: true }),
  );

export type CliOptions = {
  readonly sources?: readonly FakeSource[];
  /** What is typed or piped in. A terminal, when `stdinTTY`. */
  readonly stdin?: string;
  readonly stdinTTY?: boolean;
  /** Columns of a terminal at stdout. */
  readonly tty?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** The composition root, where it is not the fake one. */
  readonly wire?: Deps['wire'];
  /** Called with everything that was printed so far, after each piece. */
  readonly onOutput?: (text: string) => void;
  /** What stdout's reader does with a piece; an error breaks the pipe. */
  readonly taken?: (text: string) => Error | undefined;
};

export type CliResult = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly json: () => unknown;
  readonly lines: () => unknown[];
};

function stream(columns: number | undefined, options: CliOptions, told: (text: string) => void): Stream & { text: string } {
  return {
    text: '',
    isTTY: columns !== undefined,
    columns,
    write(text, done) {
      const error = options.taken?.(text);
      if (!error) this.text += text;
      told(this.text);
      done(error);
      return true;
    },
    on: () => undefined,
  };
}

let launched = 0;

/** The policy of a workplace; whoever runs the tests owns it. */
export const policyIn = (configDir: string) => ({ file: path.join(configDir, '..', 'policy.yaml'), owner: process.getuid?.() ?? 0 });

const SHIPPED = [requiredTemplate, usersTemplate];

/** The part of the composition root that commands see, on `sources`. Counts how often it was opened. */
export function fakeWire(
  sources: readonly FakeSource[],
  clock: Clock = systemClock,
  shipped: readonly Template[] = SHIPPED,
): Wire & {
  opened: OpenRequest[];
  audited: Readonly<Record<string, unknown>>[];
  closed: number;
} {
  const wire = {
    opened: [] as OpenRequest[],
    audited: [] as Readonly<Record<string, unknown>>[],
    closed: 0,
    allowlist: (configDir: string) => loadAllowlist(configDir, shipped, policyIn(configDir)),
    approveTemplate,
    async openRollcall(request: OpenRequest) {
      wire.opened.push(request);
      const { sources: wanted = [] } = request;
      const names = wanted === 'none' ? undefined : 'source' in wanted ? [wanted.source.name] : wanted;
      const connectors = names ? sources.filter(({ id }) => names.length === 0 || names.includes(id)) : [];
      const store = openStore(path.join(request.dataDir, 'rollcall.db'));
      const engine = createEngine({
        connectors,
        ...(await wire.allowlist(request.configDir)),
        store,
        observer: request.observer,
        audit: { write: () => undefined },
        clock,
        log: { write: () => undefined },
        processes: { pid: process.pid, isAlive: () => true },
        newRunId: () => `run-${++launched}`,
        rules: loadRules(request.configDir).rules,
      });
      let closing: Promise<void> | undefined;
      const shutDown = async () => {
        wire.closed += 1;
        await engine.stop();
        store.close();
      };
      return {
        engine,
        store,
        audit: { write: (action: string, detail: object) => wire.audited.push({ action, ...detail }) },
        who: 'mia',
        retain: () => undefined,
        ready: async () => undefined,
        close() {
          closing ??= shutDown();
          return closing;
        },
      };
    },
  };
  return wire;
}

/** A place with settings and data, in which commands are run one after the other. */
export function workplace(sources: readonly FakeSource[] = [], shipped?: readonly Template[]) {
  const folder = temporaryDirectory();
  const home = { configDir: path.join(folder, 'config'), dataDir: path.join(folder, 'data') };
  let wire: ReturnType<typeof fakeWire> | undefined;
  const run = async (argv: readonly string[], options: CliOptions = {}): Promise<CliResult> => {
    wire ??= fakeWire(options.sources ?? sources, options.clock, shipped);
    const stdout = stream(options.tty, options, options.onOutput ?? (() => undefined));
    const stderr = stream(undefined, {}, () => undefined);
    const stdin = Object.assign(new PassThrough(), { isTTY: options.stdinTTY ?? false });
    stdin.end(options.stdin ?? '');
    const deps: Deps = {
      wire: options.wire ?? (async () => wire ?? fakeWire([])),
      clock: options.clock ?? systemClock,
      env: { LANG: 'C.UTF-8', TERM: 'xterm', ROLLCALL_CONFIG_DIR: home.configDir, ROLLCALL_DATA_DIR: home.dataDir, ...options.env },
      stdin,
      stdout,
      stderr,
      signal: options.signal ?? new AbortController().signal,
    };
    const code = await runCommand(argv, deps);
    return {
      code,
      stdout: stdout.text,
      stderr: stderr.text,
      json: () => JSON.parse(stdout.text),
      lines: () =>
        stdout.text
          .trim()
          .split('\n')
          .filter(line => line !== '')
          .map(line => JSON.parse(line)),
    };
  };
  return { ...home, folder, run, wire: () => wire };
}
