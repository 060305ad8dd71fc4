/** The queries that a node runs by itself, from the server's config (contracts/osquery-remote.md 1.4). */
import { z } from 'zod';
import type { Clock } from '../core/ports.ts';
import type { ServerReply } from './client.ts';
import { difference, eventLines, parseState, snapshotLine } from './differential.ts';
import type { LogBuffer } from './log-buffer.ts';
import type { SqlResult } from './sql.ts';

/** Small persistent values: the node key, and what scheduled queries found last. */
export type AgentState = { get(key: string): string | undefined; set(key: string, value: string): void };

export type ScheduledQuery = {
  readonly name: string;
  readonly query: string;
  readonly intervalMs: number;
  readonly snapshot: boolean;
  /** Whether rows that are gone are logged too. */
  readonly removed: boolean;
};

const seconds = z.coerce.number().positive().catch(3_600);
const entry = z.looseObject({
  query: z.string().min(1),
  interval: seconds,
  snapshot: z.boolean().catch(false),
  removed: z.boolean().catch(true),
  platform: z.string().catch(''),
});
const entries = z.record(z.string(), z.unknown()).catch({});
const config = z.looseObject({
  schedule: z.record(z.string(), z.unknown()).optional().catch(undefined),
  packs: z
    .record(z.string(), z.looseObject({ queries: entries, platform: z.string().catch('') }).catch({ queries: {}, platform: '' }))
    .catch({}),
  options: z.record(z.string(), z.unknown()).catch({}),
});

const differential = (name: string, query: string): ScheduledQuery => ({ name, query, intervalMs: 60_000, snapshot: false, removed: true });
const snapshot = (name: string, query: string): ScheduledQuery => ({ name, query, intervalMs: 300_000, snapshot: true, removed: false });

/** What a node watches when its server gives it no schedule. Columns that change by themselves stay out. */
const DEFAULT_SCHEDULE: readonly ScheduledQuery[] = [
  differential('listening_ports', 'SELECT pid, port, protocol, family, address FROM listening_ports WHERE port <> 0'),
  differential('logged_in_users', 'SELECT type, user, tty, host, time, pid FROM logged_in_users'),
  differential('crontab', 'SELECT event, minute, hour, day_of_month, month, day_of_week, command, path FROM crontab'),
  differential('kernel_modules', 'SELECT name, size, status FROM kernel_modules'),
  differential('startup_items', 'SELECT name, path, args, type, source, status, username FROM startup_items'),
  snapshot('processes', 'SELECT pid, parent, name, path, cmdline, uid FROM processes'),
];

const RUNS_ON: Readonly<Record<string, readonly string[]>> = {
  linux: ['linux', 'posix', 'any', 'all', ''],
  darwin: ['darwin', 'posix', 'any', 'all', ''],
};

const runsOn = (wanted: string, platform: string): boolean =>
  wanted.split(',').some(name => (RUNS_ON[platform] ?? ['']).includes(name.trim()));

/** The schedule of a config reply: its own and its packs' queries that are for this platform. Entries that make no sense are left out. */
export function scheduleOf(reply: ServerReply, platform: string): readonly ScheduledQuery[] {
  const { schedule, packs, options } = config.parse(reply);
  if (!schedule && Object.keys(packs).length === 0) return DEFAULT_SCHEDULE;
  const delimiter = typeof options.pack_delimiter === 'string' ? options.pack_delimiter : '_';
  const packed = Object.entries(packs)
    .filter(([, pack]) => runsOn(pack.platform, platform))
    .flatMap(([name, pack]) =>
      Object.entries(pack.queries).map(([query, value]) => [`pack${delimiter}${name}${delimiter}${query}`, value] as const),
    );
  return [...Object.entries(schedule ?? {}), ...packed].flatMap(([name, value]) => {
    const parsed = entry.safeParse(value);
    if (!parsed.success || !runsOn(parsed.data.platform, platform)) return [];
    const { query, interval, snapshot, removed } = parsed.data;
    return [{ name, query, intervalMs: interval * 1000, snapshot, removed }];
  });
}

/** An option of the config in ms; undefined when it is not there. */
export function optionMs(reply: ServerReply, name: string): number | undefined {
  const value = Number(config.parse(reply).options[name]);
  return value > 0 ? value * 1000 : undefined;
}

export type SchedulerOptions = {
  readonly hostIdentifier: string;
  run(sql: string): Promise<SqlResult>;
  readonly buffer: LogBuffer;
  readonly state: AgentState;
  readonly clock: Clock;
  /** Whatever the server says, differential queries run at least this often, in ms. */
  readonly differentialAtMostMs?: number;
  /** A line of the agent's own log: osquery's severities 0 info, 1 warning, 2 error. */
  status(severity: 0 | 1 | 2, message: string): void;
};

/** How long to sleep when there is nothing to do, ms. */
const IDLE_MS = 60_000;
const EPOCH = 0;

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #due = new Map<string, number>();
  readonly #latest = new Map<string, string>();
  /** The last error of each query: one that stays the same is told once. */
  readonly #failures = new Map<string, string>();
  #queries: readonly ScheduledQuery[] = [];
  #changed = new AbortController();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Replaces the schedule. New queries run at once, the others when they were due. */
  set(queries: readonly ScheduledQuery[]): void {
    this.#queries = queries;
    for (const name of this.#due.keys()) if (!queries.some(query => query.name === name)) this.#due.delete(name);
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  /** Runs what is due, one query after the other, until the signal stops it. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      for (const query of this.#queries) {
        if ((this.#due.get(query.name) ?? 0) > clock.now()) continue;
        this.#due.set(query.name, clock.now() + this.#interval(query));
        await this.#launch(query);
        signal.throwIfAborted();
      }
      const next = Math.min(clock.now() + IDLE_MS, ...this.#queries.map(({ name }) => this.#due.get(name) ?? 0));
      const stop = AbortSignal.any([signal, this.#changed.signal]);
      await clock.sleep(Math.max(0, next - clock.now()), stop).catch(thrown => {
        if (signal.aborted || !stop.aborted) throw thrown;
      });
    }
  }

  #interval({ intervalMs, snapshot }: ScheduledQuery): number {
    return snapshot ? intervalMs : Math.min(intervalMs, this.#options.differentialAtMostMs ?? intervalMs);
  }

  async #launch(query: ScheduledQuery): Promise<void> {
    const { run, buffer, clock, hostIdentifier, status } = this.#options;
    const result = await run(query.query);
    const failure = 'error' in result ? result.error : '';
    if (failure !== '' && failure !== this.#failures.get(query.name))
      status(2, `Error executing scheduled query ${query.name}: ${failure}`);
    this.#failures.set(query.name, failure);
    if ('error' in result) return;
    const line = { name: query.name, hostIdentifier, now: clock.now(), epoch: EPOCH };
    if (query.snapshot) buffer.add('result', snapshotLine(line, result.rows));
    else this.#compare(query, result.rows, line);
  }

  /** The state is stored when the server has the lines: after a crash in between they are logged again, not lost. */
  #compare(
    { name, query, removed }: ScheduledQuery,
    rows: Parameters<typeof difference>[3],
    line: Omit<Parameters<typeof eventLines>[0], 'counter'>,
  ): void {
    const { buffer, state } = this.#options;
    const key = `query.${name}`;
    const found = difference(parseState(this.#latest.get(key) ?? state.get(key)), query, EPOCH, rows);
    if (!found.changed) return;
    const stored = JSON.stringify(found.state);
    this.#latest.set(key, stored);
    const lines = eventLines({ ...line, counter: found.state.counter }, { added: found.added, removed: removed ? found.removed : [] });
    if (lines.length === 0) state.set(key, stored);
    for (const [index, each] of lines.entries())
      buffer.add('result', each, index === lines.length - 1 ? () => state.set(key, stored) : undefined);
  }
}
