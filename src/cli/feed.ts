/** `rollcall feed`: polls every source once, then prints stored and new events, each once. */
import { styleText } from 'node:util';
import { type FilteredEvent, parseFilter } from '../core/filter.ts';
import { type EventJson, eventToJson } from '../core/judge.ts';
import type { FeedEvent, Severity } from '../core/model.ts';
import { wholeNumber } from '../core/number.ts';
import type { StoredEvent } from '../core/ports.ts';
import { isAbort, Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { isNamed, namedFilter } from '../core/saved-filters.ts';
import { isoUtc, parseTime } from '../core/time.ts';
import { FIRST_REACH_MS } from '../engine/poller.ts';
import { createTriage, type TriageBoard } from '../state/triage.ts';
import type { Command, CommandContext } from './context.ts';
import { csvLine } from './csv.ts';
import { exitCodeFor } from './exit-codes.ts';
import { PATIENCE_MS, within } from './limits.ts';
import { csvRecord, jsonLine, writeAll } from './print.ts';
import { type Session, withLate, withSession } from './session.ts';
import { lastSequence, storedAfter, storedEvents } from './stored-events.ts';
import { alignedLine } from './table.ts';
import { worst } from './worst.ts';

const TTY_LIMIT = 1_000;
/** ms between two looks for what was stored, by this process or another. */
const TAIL_EVERY_MS = 200;

type FeedOptions = {
  /** Epoch ms. */
  readonly since: number | undefined;
  /** Already found to be right; or `@` and the name of a saved one. */
  readonly filter: string;
  readonly follow: boolean;
  readonly limit: number | undefined;
};

function optionsOf({ given, format, terminal, clock }: CommandContext): FeedOptions {
  const [since] = given.get('since') ?? [];
  const from = since === undefined ? undefined : parseTime(since, clock.now());
  if (since !== undefined && from === undefined) {
    throw new Problem('usage', `--since takes a span (30m, 24h, 7d) or a time (RFC 3339), not '${clean(since, 80)}'.`);
  }
  const [most] = given.get('limit') ?? [];
  const limit = most === undefined ? undefined : wholeNumber(most, 0, Number.MAX_SAFE_INTEGER);
  if (most !== undefined && limit === undefined) throw new Problem('usage', `--limit must be a whole number, not '${clean(most, 80)}'.`);
  const follow = given.has('follow');
  if (follow && format === 'json')
    throw new Problem('usage', 'A feed that goes on is no JSON document. Take --format jsonl with --follow.');
  const filter = given.get('filter')?.[0] ?? '';
  if (!isNamed(filter)) parseFilter(filter, { now: clock.now() });
  return { since: from, filter, follow, limit: limit ?? (terminal.tty ? TTY_LIMIT : undefined) };
}

/** A context with what is known about events beyond themselves. */
type Feed = CommandContext & { readonly board: TriageBoard; readonly wanted: (event: FilteredEvent) => boolean };

/** Nobody decides anything in this command. */
const READER = '';

function feedOf(context: CommandContext, { store }: Session, { filter }: FeedOptions): Feed {
  const now = () => context.clock.now();
  const board = createTriage({ store, now, who: READER });
  const { match } = parseFilter(namedFilter(store, filter), { now: now(), statusOf: ({ id }) => board.stateOf(id) });
  return { ...context, board, wanted: match };
}

/** Columns of an event in CSV. */
export const CSV_COLUMNS: readonly (keyof EventJson)[] = [
  'time',
  'severity',
  'hostname',
  'source',
  'osquery_table',
  'query_name',
  'action',
  'title',
  'row',
  'severity_reason',
  'attack',
  'event_type',
  'kind',
  'connector',
  'host_id',
  'host_uuid',
  'seen_at',
  'dedupe_key',
  'id',
  'rules',
  'new',
  'triage',
];

/** time, severity, host, title. */
const TABLE_WIDTHS = [20, 8, 20, 400];
const COLOURS: Readonly<Record<Severity, Parameters<typeof styleText>[0] | undefined>> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
  low: undefined,
  info: undefined,
};

function tableLine({ time, severity, hostname, title }: FeedEvent, { terminal }: CommandContext): string {
  const line = alignedLine([`${isoUtc(time).slice(0, 19)}Z`, severity, hostname, title], TABLE_WIDTHS, terminal);
  const colour = terminal.colour > 0 ? COLOURS[severity] : undefined;
  return `${colour ? styleText(colour, line, { validateStream: false }) : line}\n`;
}

function eventText(event: FeedEvent, feed: Feed): string {
  if (feed.format === 'table') return tableLine(event, feed);
  const json = eventToJson(event, feed.board.of(event.id), feed.clock.now());
  return feed.format === 'csv' ? csvRecord(CSV_COLUMNS, json) : jsonLine(json);
}

/** Events with what stands before, between and after them in the format. */
function* printed(feed: Feed, events: Iterable<FeedEvent>): Generator<string> {
  if (feed.format === 'csv') yield csvLine(CSV_COLUMNS);
  if (feed.format !== 'json') {
    for (const event of events) yield eventText(event, feed);
    return;
  }
  let before = '[\n';
  for (const event of events) {
    yield before + eventText(event, feed).trimEnd();
    before = ',\n';
  }
  yield before === ',\n' ? '\n]\n' : '[]\n';
}

/** What is stored up to sequence `last`, by time; only the newest, where there is a limit. */
function* stored({ wanted }: Feed, { store, engine }: Session, { since, limit }: FeedOptions, last: number): Generator<FeedEvent> {
  const range = { sources: engine.connectors.map(({ id }) => id), ...(since !== undefined && { since }) };
  if (limit === undefined) {
    for (const { event } of storedEvents(store, { ...range, order: 'asc' }, last)) if (wanted(event)) yield event;
    return;
  }
  const newest: FeedEvent[] = [];
  if (limit > 0) {
    for (const { event } of storedEvents(store, { ...range, order: 'desc' }, last)) {
      if (wanted(event) && newest.push(event) === limit) break;
    }
  }
  yield* newest.reverse();
}

/** Prints what is stored from sequence `last` on, until the signal stops it. */
async function tail(feed: Feed, { store, engine }: Session, { since }: FeedOptions, last: number): Promise<void> {
  const { clock, signal, board, wanted } = feed;
  const sources = engine.connectors.map(({ id }) => id);
  const isWanted = (event: FeedEvent) => (since === undefined || event.time >= since) && wanted(event);
  for (let after = last; ; ) {
    signal.throwIfAborted();
    board.refresh();
    const fresh: readonly StoredEvent[] = storedAfter(store, after, sources);
    const events = fresh.map(({ event }) => event).filter(isWanted);
    events.sort((a, b) => a.time - b.time);
    await writeAll(
      feed,
      events.map(event => eventText(event, feed)),
    );
    after = fresh.at(-1)?.seq ?? after;
    if (fresh.length === 0) await clock.sleep(TAIL_EVERY_MS, signal);
  }
}

/** Polls every source once. Returns the code that the failures make: 0 unless every source failed. */
async function poll({ common, clock, signal, messages }: CommandContext, { engine, seen }: Session, since: number): Promise<number> {
  const ms = common.timeoutS === undefined ? PATIENCE_MS : common.timeoutS * 1_000;
  seen.contacted.clear();
  messages.progress('polling');
  const { value, expired } = await within(ms, clock, signal, limited => engine.pollOnce(since, limited));
  signal.throwIfAborted();
  const whole = new Map(value.filter(failure => failure.whole).map(({ source, problem }) => [source, problem] as const));
  const failures = expired ? withLate(whole, engine, seen.contacted, `did not answer within ${Math.round(ms / 1_000)} s`) : whole;
  messages.rest();
  const partly = value.filter(failure => !failure.whole).map(({ problem }) => problem);
  for (const problem of [...failures.values(), ...partly]) messages.fail(problem.message);
  for (const connector of engine.connectors) for (const remark of connector.remarks?.() ?? []) messages.tell(`${connector.id}: ${remark}`);
  const failure = failures.size === engine.connectors.length ? worst(failures.values()) : undefined;
  return failure ? exitCodeFor(failure.kind) : 0;
}

export const feed: Command = async context => {
  const options = optionsOf(context);
  return withSession(context, async session => {
    const code = await poll(context, session, options.since ?? context.clock.now() - FIRST_REACH_MS);
    const last = lastSequence(session.store);
    const view = feedOf(context, session, options);
    await writeAll(context, printed(view, stored(view, session, options, last)));
    if (!options.follow) return code;
    session.engine.start();
    try {
      await tail(view, session, options, last);
    } catch (thrown) {
      if (!isAbort(thrown)) throw thrown;
    }
    return code;
  });
};
