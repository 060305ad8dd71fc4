/** Result and status lines of a node as events (contracts/osquery-remote.md 1.5). */
import { contentKey, dedupeKey, differenceKey } from '../../core/dedupe.ts';
import type { EventAction, RawEvent, Row, Severity } from '../../core/model.ts';
import { clean, cleanRow } from '../../core/sanitize.ts';
import { tableOfQueryName, tablesOf } from '../../core/sql-tables.ts';
import { MAX_TITLE, titleOf } from '../../core/title.ts';
import type { Node } from './nodes.ts';
import { type LogBody, type ResultLine, resultLine, type StatusLine, statusLine } from './protocol.ts';
import type { Schedule } from './schedule.ts';
import type { Snapshot, SnapshotMemory } from './snapshots.ts';

const MAX_NAME = 256;
const MAX_SAMPLE = 500;
/** Names of queries whose tables are remembered; hosts may make up any number of them. */
const MAX_NAMES = 1_000;

export type LogContext = {
  readonly source: string;
  readonly node: Node;
  /** Epoch ms. */
  readonly now: number;
  readonly tablesOfQuery: (name: string) => readonly string[];
  readonly snapshots: SnapshotMemory;
};

export type ReadLog = {
  readonly events: readonly RawEvent[];
  readonly skipped: number;
  readonly skippedSample?: string;
  /** To be given to `SnapshotMemory.remember` once the events are safe. */
  readonly snapshots: readonly Snapshot[];
};

/**
 * Finds the tables of a scheduled query, most telling first: from our own schedule's SQL, else from its name. A query that is
 * named after one of its tables is about that one, whatever it is joined with.
 */
export function tableFinder(schedule: Schedule): (name: string) => readonly string[] {
  const ours = new Map(
    Object.entries(schedule).map(([name, { query }]) => {
      const tables = tablesOf(query);
      const named = tableOfQueryName(name);
      return [name, named !== null && tables.includes(named) ? [...new Set([named, ...tables])] : tables];
    }),
  );
  const others = new Map<string, readonly string[]>();
  return name => {
    const known = ours.get(name) ?? others.get(name);
    if (known) return known;
    const table = tableOfQueryName(name);
    const tables = table === null ? [] : [table];
    if (others.size >= MAX_NAMES) others.clear();
    others.set(name, tables);
    return tables;
  };
}

type Piece = { readonly action: EventAction; readonly row: unknown };

/** The rows of a line, whichever of osquery's three forms it has; undefined when it has none of them. */
function piecesOf(line: ResultLine): Piece[] | undefined {
  const { snapshot, diffResults, columns, action } = line;
  if (snapshot) return snapshot.map(row => ({ action: 'snapshot', row }));
  if (diffResults) {
    const removed = diffResults.removed.map((row): Piece => ({ action: 'removed', row }));
    return [...removed, ...diffResults.added.map((row): Piece => ({ action: 'added', row }))];
  }
  if (!columns || !(action === 'added' || action === 'removed' || action === 'snapshot')) return undefined;
  return [{ action, row: columns }];
}

/** A host's own time in ms; ours where it says none, or one that no calendar holds. */
function timeOf(unixTime: number | string | null, now: number): number {
  const ms = Number(unixTime) * 1_000;
  return unixTime !== null && ms > 0 && ms < 8.64e15 ? ms : now;
}

/** The line as evidence for one of its rows: without the other rows. */
function evidence(line: ResultLine, { action, row }: Piece): unknown {
  if (row === line.columns) return line;
  const { snapshot: _rows, diffResults: _changes, ...rest } = line;
  return { ...rest, action, columns: row };
}

class LogReader {
  readonly #context: LogContext;
  readonly #events = new Map<string, RawEvent>();
  readonly #snapshots = new Map<string, Snapshot & { readonly keys: string[] }>();
  #skipped = 0;
  #sample: string | undefined;

  constructor(context: LogContext) {
    this.#context = context;
  }

  *read(body: LogBody): Generator<void, ReadLog> {
    for (const record of body.data) {
      yield;
      const line = body.log_type === 'result' ? resultLine.safeParse(record) : statusLine.safeParse(record);
      if (!line.success) this.#skip(record);
      else if (body.log_type === 'result') yield* this.#result(line.data as ResultLine);
      else this.#status(line.data as StatusLine);
    }
    const snapshots = [...this.#snapshots.values()];
    const known = new Set(snapshots.flatMap(snapshot => this.#known(snapshot)));
    const events = [...this.#events.values()].filter(event => !known.has(event.dedupeKey));
    return { events, skipped: this.#skipped, ...(this.#sample === undefined ? {} : { skippedSample: this.#sample }), snapshots };
  }

  #known(snapshot: Snapshot): string[] {
    const fresh = this.#context.snapshots.fresh(snapshot);
    return snapshot.keys.filter(key => !fresh.has(key));
  }

  #skip(record: unknown): void {
    this.#skipped += 1;
    this.#sample ??= clean(JSON.stringify(record) ?? 'undefined', MAX_SAMPLE);
  }

  *#result(line: ResultLine): Generator<void> {
    const pieces = piecesOf(line);
    if (!pieces) {
      this.#skip(line);
      return;
    }
    const query = clean(line.name, MAX_NAME);
    if (line.snapshot) this.#snapshotOf(query, line);
    const tables = this.#context.tablesOfQuery(query);
    for (const piece of pieces) {
      yield;
      const row = cleanRow(piece.row);
      if (row) this.#row(query, tables, line, piece, row);
      else this.#skip(piece.row);
    }
  }

  #row(query: string, tables: readonly string[], line: ResultLine, piece: Piece, row: Row): void {
    const { source, node, now } = this.#context;
    const { action } = piece;
    const identity = { source, host: node.id, query, row };
    const key =
      action === 'snapshot' ? contentKey(identity) : differenceKey({ ...identity, action, unixTime: line.unixTime, counter: line.counter });
    if (action === 'snapshot') this.#snapshotOf(query, line).keys.push(key);
    if (this.#events.has(key)) return;
    this.#events.set(key, {
      ...this.#common(key, timeOf(line.unixTime, now)),
      kind: 'query_row',
      eventType: 'osquery_query_row',
      title: titleOf({ tables, queryName: query, action, row }),
      tables,
      queryName: query,
      action,
      row,
      raw: evidence(line, piece),
    });
  }

  /** One answer of a snapshot query: all lines of that name and time. */
  #snapshotOf(query: string, line: ResultLine): Snapshot & { readonly keys: string[] } {
    const { node, now } = this.#context;
    const stamp = timeOf(line.unixTime, now);
    const id = JSON.stringify([query, stamp]);
    const snapshot = this.#snapshots.get(id) ?? { hostId: node.id, query, stamp, keys: [] };
    this.#snapshots.set(id, snapshot);
    return snapshot;
  }

  #status(line: StatusLine): void {
    const { source, node, now } = this.#context;
    const { word, severity } = AGENT_SEVERITY[Math.min(2, Math.max(0, Math.trunc(line.severity)))] ?? UNKNOWN_AGENT_SEVERITY;
    const place = { filename: line.filename, line: line.line, message: line.message, version: line.version };
    const row = cleanRow({ severity: word, ...place }) ?? {};
    const key = dedupeKey(['status', source, node.id, line.unixTime, line.severity, line.filename, line.line, line.message]);
    this.#events.set(key, {
      ...this.#common(key, timeOf(line.unixTime, now)),
      kind: 'status',
      eventType: 'agent_status',
      title: clean(`osquery ${word}: ${line.message}`, MAX_TITLE),
      tables: [],
      queryName: null,
      action: null,
      row,
      raw: line,
      judged: { severity, reason: `agent status ${word}: ${severity}` },
    });
  }

  #common(key: string, time: number) {
    const { source, node } = this.#context;
    return { dedupeKey: key, time, source, connector: 'direct', hostname: node.hostname, hostId: node.id, hostUuid: node.uuid } as const;
  }
}

type AgentSeverity = { readonly word: string; readonly severity: Severity };
const UNKNOWN_AGENT_SEVERITY: AgentSeverity = { word: 'message', severity: 'info' };
const AGENT_SEVERITY: readonly AgentSeverity[] = [
  { word: 'info', severity: 'info' },
  { word: 'warning', severity: 'low' },
  { word: 'error', severity: 'medium' },
];

/**
 * The events of one delivery, each once. A difference is always an event; a row of a snapshot only when it was not in
 * the host's previous answer to that query. Lines that cannot be read are counted. In steps: a delivery may be large.
 */
export const readLog = (body: LogBody, context: LogContext): Generator<void, ReadLog> => new LogReader(context).read(body);
