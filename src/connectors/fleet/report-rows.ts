/** One stored report against what each host said in it before: which of its rows are new. */
import { contentKey } from '../../core/dedupe.ts';
import type { RawEvent, Row } from '../../core/model.ts';
import type { KeyValueStore } from '../../core/ports.ts';
import { clean, cleanRow } from '../../core/sanitize.ts';
import { tableOfQueryName, tablesOf } from '../../core/sql-tables.ts';
import { titleOf } from '../../core/title.ts';
import { parseJson } from '../http-problem.ts';
import { type FleetQuery, reportRow } from './api.ts';
import { fleetTime } from './hosts.ts';

export type ReadRow = {
  readonly hostId: string;
  readonly hostName: string;
  /** Epoch ms at which Fleet stored the row, null when it does not say. */
  readonly fetched: number | null;
  readonly row: Row;
  readonly key: string;
  /** The server's own record. */
  readonly raw: unknown;
};

/** A report's rows by host, in the server's order. A row that cannot be read is left out and counted. */
export function readRows(items: readonly unknown[], source: string, query: FleetQuery) {
  let skipped = 0;
  let skippedSample: string | undefined;
  const rows: ReadRow[] = [];
  for (const item of items) {
    const found = reportRow.safeParse(item).data;
    const row = found && cleanRow(found.columns);
    if (!found || !row) {
      skipped += 1;
      skippedSample ??= clean(JSON.stringify(item) ?? '', 500);
      continue;
    }
    const hostId = String(found.host_id);
    const key = contentKey({ source, host: hostId, query: String(query.id), row });
    rows.push({ hostId, hostName: clean(found.host_name, 255), fetched: fleetTime(found.last_fetched), row, key, raw: item });
  }
  return { byHost: Map.groupBy(rows, row => row.hostId), rows, skipped, ...(skippedSample === undefined ? {} : { skippedSample }) };
}

/** Enough of a content key to tell the rows of one host apart. */
const short = (key: string): string => key.slice(0, 16);
const READ = '*';

/** What each host said in one report when it was read last; survives restarts. */
export class PreviousAnswers {
  readonly #store: KeyValueStore;
  readonly #space: string;
  readonly #kept: ReadonlyMap<string, string>;

  constructor(store: KeyValueStore, source: string, queryId: number) {
    this.#store = store;
    this.#space = `fleetdm.${source}.report.${queryId}`;
    this.#kept = new Map(store.entries(this.#space));
  }

  /** True once the whole report was taken in: from then on a host without an earlier answer is new in it. */
  get complete(): boolean {
    return this.#kept.has(READ);
  }

  markComplete(): void {
    if (!this.complete) this.#store.set(this.#space, READ, '1');
  }

  /** The rows that were not in the host's previous answer, each once. */
  freshOf(hostId: string, rows: readonly ReadRow[]): ReadRow[] {
    const before = parseJson(this.#kept.get(hostId) ?? '[]');
    const seen = new Set<unknown>(Array.isArray(before) ? before : []);
    return rows.filter(({ key }) => {
      const fresh = !seen.has(short(key));
      seen.add(short(key));
      return fresh;
    });
  }

  /** The host's answer becomes its previous one. */
  keep(hostId: string, rows: readonly ReadRow[]): void {
    const keys = [...new Set(rows.map(({ key }) => short(key)))].sort();
    const text = JSON.stringify(keys);
    if (this.#kept.get(hostId) !== text) this.#store.set(this.#space, hostId, text);
  }

  /** Hosts that are not in the report any more have no rows now. */
  forgetAllBut(hostIds: ReadonlySet<string>): void {
    for (const hostId of this.#kept.keys()) if (hostId !== READ && !hostIds.has(hostId)) this.#store.delete(this.#space, hostId);
  }
}

/** Tables of a saved query, from its SQL or else its name. */
export function tablesOfQuery({ query, name }: FleetQuery): readonly string[] {
  const tables = tablesOf(query);
  const named = tables.length === 0 ? tableOfQueryName(name) : null;
  return named === null ? tables : [named];
}

export type RowEventContext = {
  readonly source: string;
  readonly query: FleetQuery;
  readonly tables: readonly string[];
  /** Epoch ms, for a row without a time of its own. */
  readonly now: number;
  readonly host: { readonly hostname: string; readonly uuid: string } | undefined;
};

export function rowEvent({ hostId, hostName, fetched, row, key, raw }: ReadRow, context: RowEventContext): RawEvent {
  const { source, query, tables, now, host } = context;
  const queryName = clean(query.name, 255);
  return {
    dedupeKey: key,
    time: fetched ?? now,
    source,
    connector: 'fleetdm',
    kind: 'query_row',
    eventType: 'osquery_query_row',
    title: titleOf({ tables, queryName, action: 'snapshot', row }),
    hostname: hostName || host?.hostname || `host ${hostId}`,
    hostId,
    hostUuid: host?.uuid ?? '',
    tables,
    queryName,
    action: 'snapshot',
    row,
    raw: { query: { id: query.id, name: query.name, team_id: query.team_id ?? null }, row: raw },
  };
}
