/** What the Results screen shows of a run. Pure. */
import { maskRow } from '../../src/core/mask.ts';
import type { Row } from '../../src/core/model.ts';
import { bucketOf, type Run, type Tally, type Target, type TargetState } from '../../src/core/run.ts';
import type { TableSource } from '../../src/ui/table-state.ts';
import type { Tone } from '../../src/ui/theme.ts';

export const BUCKETS = ['all', 'answered', 'errors', 'timed out', 'waiting'] as const;
export type Bucket = (typeof BUCKETS)[number];

const BUCKET_OF: Record<keyof Omit<Tally, 'targeted'>, Bucket> = {
  answered: 'answered',
  failed: 'errors',
  timedOut: 'timed out',
  waiting: 'waiting',
};

export const inBucket = (target: Target, bucket: Bucket): boolean => bucket === 'all' || BUCKET_OF[bucketOf(target.state)] === bucket;

export function bucketCount({ targeted, answered, failed, timedOut, waiting }: Tally, bucket: Bucket): number {
  return { all: targeted, answered, errors: failed, 'timed out': timedOut, waiting }[bucket];
}

/** The line that always adds up: interface.md "The console". */
export const tallyText = ({ answered, failed, timedOut, waiting }: Tally): string =>
  `answered ${answered} · errors ${failed} · timed out ${timedOut} · waiting ${waiting}`;

const STATE_WORDS: Record<TargetState, string> = {
  waiting: 'waiting',
  rows: 'rows',
  no_rows: 'no rows',
  error: 'error',
  denylisted: 'denylisted',
  timed_out: 'timed out',
  offline: 'offline',
  cancelled: 'cancelled',
};

const STATE_TONES: Record<TargetState, Tone | undefined> = {
  waiting: 'muted',
  rows: 'ok',
  no_rows: undefined,
  error: 'bad',
  denylisted: 'bad',
  timed_out: 'warn',
  offline: 'warn',
  cancelled: 'muted',
};

export const stateTone = (state: TargetState): Tone | undefined => STATE_TONES[state];
export const stateWord = (state: TargetState): string => STATE_WORDS[state];

/** A span since dispatch: `0.4s`, `12s`, `7m12s`, `2h05m`. */
export function after(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const pad = (number: number) => String(number).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${pad(Math.floor((whole % 3600) / 60))}m`;
}

/** When a host answered; a late answer says how long after dispatch, with a plus. */
export function answeredText({ afterMs, late }: Target): string {
  if (afterMs === null) return '';
  return late ? `+${after(afterMs)}` : after(afterMs);
}

/** Column of the host in a table over all hosts. */
export const HOST_COLUMN = 'host';

const columnsByRows = new WeakMap<readonly Row[], readonly string[]>();

/** Columns of an answer in the order of its rows; every row may have its own. */
function columnsOf(rows: readonly Row[]): readonly string[] {
  const known = columnsByRows.get(rows);
  if (known) return known;
  const columns = new Set<string>();
  for (const row of rows) for (const column of Object.keys(row)) columns.add(column);
  const found = [...columns];
  columnsByRows.set(rows, found);
  return found;
}

export function hostTable({ rows }: Target): TableSource {
  const columns = columnsOf(rows);
  return { columns, count: rows.length, cell: (row, column) => rows[row]?.[columns[column] ?? ''] ?? null };
}

/** The rows of every host that answered, its name in the first column; `keep` leaves others out. */
export function allHostsTable(run: Run, keep?: (row: Row) => boolean): TableSource {
  const wanted = keep ? run.targets.map(target => ({ ...target, rows: target.rows.filter(keep) })) : run.targets;
  const answered = wanted.filter(target => target.rows.length > 0);
  const columns = [HOST_COLUMN, ...new Set(answered.flatMap(({ rows }) => columnsOf(rows)))];
  const ends: number[] = [];
  let count = 0;
  for (const { rows } of answered) {
    count += rows.length;
    ends.push(count);
  }
  const find = (row: number): number => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) <= row) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    columns,
    pinned: 1,
    count,
    cell(row, column) {
      const place = find(row);
      const target = answered[place];
      if (!target) return null;
      if (column === 0) return target.key;
      return target.rows[row - (ends[place - 1] ?? 0)]?.[columns[column] ?? ''] ?? null;
    },
  };
}

/** The same table with secrets inside the cells of these columns masked. */
export function maskedTable(table: TableSource, secrets: readonly string[]): TableSource {
  const hidden = new Set(secrets.map(name => table.columns.indexOf(name)).filter(index => index >= 0));
  if (hidden.size === 0) return table;
  return {
    ...table,
    cell(row, column) {
      const value = table.cell(row, column);
      const name = table.columns[column];
      if (value === null || name === undefined || !hidden.has(column)) return value;
      // What a value is may only be told by the columns beside it: the key of an environment variable.
      const whole = Object.fromEntries(table.columns.map((other, index) => [other, table.cell(row, index)]));
      return maskRow(whole, [name]).row[name] ?? null;
    },
  };
}
