/**
 * When two events say the same thing: for folding them into one line, and for telling what was never seen before.
 * Columns that differ each time (process ids, times, counters) do not count.
 */
import { hash } from 'node:crypto';
import type { FeedEvent } from './model.ts';

type Told = Omit<FeedEvent, 'raw'>;

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

/** The cells that stay, in an order that does not depend on that of the columns. */
function stableCells({ row }: Told): string {
  const outgoing = Boolean(row[EPHEMERAL.remote]) && row[EPHEMERAL.remote] !== '0';
  const cells: (string | null)[] = [];
  for (const name of Object.keys(row).sort()) {
    if (VOLATILE.has(name) || (outgoing && name === EPHEMERAL.local)) continue;
    cells.push(name, row[name] ?? null);
  }
  return JSON.stringify(cells);
}

/** What the row is about, as people would say: the table, else the query. */
const subjectOf = ({ table, queryName, eventType }: Told): string => table ?? queryName ?? eventType;

/** 52 bits of a hash: a whole number that JavaScript and SQLite hold exactly. */
export const hash52 = (text: string): number => Number.parseInt(hash('sha256', text, 'hex').slice(0, 13), 16);

/**
 * Events with the same key are one line with a count: the same rule (or table), the same host, the same way it went, and
 * rows that differ in volatile columns only.
 */
export function foldKey(event: Told): string {
  const by = event.rules?.[0] ?? subjectOf(event);
  return `${event.source}\u0000${event.hostId}\u0000${by}\u0000${event.action ?? ''}\u0000${event.severity}\u0000${hash52(stableCells(event)).toString(36)}`;
}

/** What novelty is counted by: `content` of a row, wherever it is (`hash52`); its host; and the table or query that it comes from. */
export type NoveltyKeys = { readonly content: number; readonly host: string; readonly subject: string };

export function noveltyKeys(event: Told): NoveltyKeys {
  const subject = subjectOf(event);
  return {
    content: hash52(`${subject}\u0000${stableCells(event)}`),
    host: `${event.source}\u0000${event.hostId}`,
    subject,
  };
}

/** A row of a whole answer, not of a difference: the first answer of a host is what is already there, not news. */
export const isInventory = ({ kind, action }: Told): boolean => kind === 'query_row' && action !== 'added' && action !== 'removed';

/** Only rows of queries that are there can be new: not what went away, no status of hosts and agents. */
export const canBeNew = ({ kind, action }: Told): boolean => kind === 'query_row' && action !== 'removed';
