/**
 * When two events say the same thing: for folding them into one line, and for telling what was never seen before.
 * Columns that differ each time (process ids, times, counters) do not count.
 */
import { hash } from 'node:crypto';
import type { FilteredEvent } from './filter.ts';

type Told = FilteredEvent;

/** Columns that say nothing of what a row is about. */
const VOLATILE = new Set(
  `pid parent ppid pgroup tid threads fd socket inode eid time start_time unix_time unixTime counter epoch ntime utime
   uptime atime mtime ctime btime last_run_time next_run_time user_time system_time elapsed_time resident_size wired_size
   total_size disk_bytes_read disk_bytes_written percent_processor_time handle_count nice state status_time used_by
   session_id logon_id elapsed total_seconds days hours minutes seconds size_bytes last_change last_used_time`
    .trim()
    .split(/\s+/),
);

/** The port that a caller gets for one connection. */
const EPHEMERAL = { local: 'local_port', remote: 'remote_port' };

/** Lists of columns, and longest one, of which it is remembered which of them stay. Rows of one query all have the same. */
const MEMORY = 1_000;
const LONGEST = 2_000;
const stable = new Map<string, readonly string[]>();

function stableColumns({ row }: Told): readonly string[] {
  const names = Object.keys(row);
  const list = names.join('\u0000');
  const known = stable.get(list);
  if (known) return known;
  const found = names.filter(name => !VOLATILE.has(name)).sort();
  if (stable.size >= MEMORY) stable.clear();
  if (list.length <= LONGEST) stable.set(list, found);
  return found;
}

/** The cells that stay, in an order that does not depend on that of the columns. */
function stableCells(event: Told): string {
  const { row } = event;
  const outgoing = Boolean(row[EPHEMERAL.remote]) && row[EPHEMERAL.remote] !== '0';
  const cells: (string | null)[] = [];
  for (const name of stableColumns(event)) if (!outgoing || name !== EPHEMERAL.local) cells.push(name, row[name] ?? null);
  return JSON.stringify(cells);
}

/** What the row is about, as people would say: the table, else the query. */
export const subjectOf = ({ table, queryName, eventType }: Told): string => table ?? queryName ?? eventType;

/** 52 bits of a hash: a whole number that JavaScript and SQLite hold exactly. */
export const hash52 = (text: string): number => Number.parseInt(hash('sha256', text, 'hex').slice(0, 13), 16);

/** What a row says, wherever it is, as a number (`hash52`). */
export const contentOf = (event: Told): number => hash52(`${subjectOf(event)}\u0000${stableCells(event)}`);

/**
 * Events with the same key are one line with a count: the same rule (or table), the same host, the same way it went, and
 * rows that differ in volatile columns only. `content`: what `contentOf` gave, where that is known.
 */
export function foldKey(event: Told, content = contentOf(event)): number {
  const { source, hostId, rules, action, severity } = event;
  return hash52([source, hostId, rules?.[0], action, severity, content].join('\u0000'));
}

/** A row of a whole answer, not of a difference: the first answer of a host is what is already there, not news. */
export const isInventory = ({ kind, action }: Told): boolean => kind === 'query_row' && action !== 'added' && action !== 'removed';

/** Only rows of queries that are there can be new: not what went away, no status of hosts and agents. */
export const canBeNew = ({ kind, action }: Told): boolean => kind === 'query_row' && action !== 'removed';
