/** What the Results screen shows of a run. Pure. */
import { maskRow } from '../../src/core/mask.ts';
import type { Row } from '../../src/core/model.ts';
import { ROLL_STATES, type RollState, rollStateOf, rollStateWord } from '../../src/core/result-filter.ts';
import type { Run, Tally, Target } from '../../src/core/run.ts';
import type { TableSource } from '../../src/ui/table-state.ts';
import type { Segment, Tone } from '../../src/ui/theme.ts';

/** What the roll can be narrowed to: each host is in `all` and in one of the others. */
export const TABS = ['all', ...ROLL_STATES] as const;
export type Tab = (typeof TABS)[number];

export const inTab = (target: Target, tab: Tab): boolean => tab === 'all' || rollStateOf(target) === tab;

export type TabCounts = Readonly<Record<Tab, number>>;

export function tabCounts({ targets }: Pick<Run, 'targets'>): TabCounts {
  const counts = Object.fromEntries(TABS.map(tab => [tab, 0])) as Record<Tab, number>;
  counts.all = targets.length;
  for (const target of targets) counts[rollStateOf(target)] += 1;
  return counts;
}

const tabWord = (tab: Tab): string => (tab === 'all' ? 'all' : rollStateWord(tab));

/** Around the text of a tab. */
const TAB_FRAME = 3;

/** The tabs that have hosts, and the chosen one; as many as fit around it. Marks say that there are more at a side. */
export function tabSegments(counts: TabCounts, chosen: Tab, width: number): readonly Segment[] {
  const shown = TABS.filter(tab => tab === chosen || counts[tab] > 0);
  const texts = shown.map(tab => `${tabWord(tab)} ${counts[tab]}`);
  const size = (from: number, to: number) => texts.slice(from, to).reduce((sum, text) => sum + text.length + TAB_FRAME, 0);
  const at = shown.indexOf(chosen);
  const room = width - 1;
  let first = 0;
  while (first < at && size(first, at + 1) > room) first += 1;
  let end = at + 1;
  while (end < shown.length && size(first, end + 1) <= room) end += 1;
  const tabs = texts
    .slice(first, end)
    .map((text, index): Segment => (first + index === at ? { text: `[${text}] `, tone: 'strong' } : { text: ` ${text}  `, tone: 'muted' }));
  return [{ text: first > 0 ? '‹' : ' ', tone: 'accent' }, ...tabs, { text: end < shown.length ? '›' : '', tone: 'accent' }];
}

/** The line that always adds up: interface.md "The console". */
export const tallyText = ({ answered, failed, timedOut, waiting }: Tally): string =>
  `answered ${answered} · errors ${failed} · timed out ${timedOut} · waiting ${waiting}`;

const STATE_TONES: Readonly<Record<RollState, Tone | undefined>> = {
  waiting: 'muted',
  rows: 'ok',
  no_rows: undefined,
  error: 'bad',
  denylisted: 'bad',
  timed_out: 'warn',
  offline: 'warn',
  cancelled: 'muted',
  late: 'warn',
  not_asked: 'muted',
};

/** How a target stands, in a word; whether it was late is told beside that. */
export function stateSegment({ state }: Target): Segment {
  const shown = rollStateOf({ state, late: false });
  return { text: rollStateWord(shown), tone: STATE_TONES[shown] };
}

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

/** The rows of a target that are to be seen. */
export type RowsOf = (target: Target) => readonly Row[];
const allRows: RowsOf = ({ rows }) => rows;

export function hostTable(target: Target, rowsOf: RowsOf = allRows): TableSource {
  const columns = columnsOf(target.rows);
  const rows = rowsOf(target);
  return { columns, count: rows.length, cell: (row, column) => rows[row]?.[columns[column] ?? ''] ?? null };
}

/** The rows of every host that answered, its name in the first column. The columns are those of all of its rows. */
export function allHostsTable(run: Run, rowsOf: RowsOf = allRows): TableSource {
  const answered = run.targets.filter(target => target.rows.length > 0);
  const columns = [HOST_COLUMN, ...new Set(answered.flatMap(({ rows }) => columnsOf(rows)))];
  const shown = answered.map(target => ({ key: target.key, rows: rowsOf(target) })).filter(({ rows }) => rows.length > 0);
  const ends: number[] = [];
  let count = 0;
  for (const { rows } of shown) {
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
      const from = shown[place];
      if (!from) return null;
      if (column === 0) return from.key;
      return from.rows[row - (ends[place - 1] ?? 0)]?.[columns[column] ?? ''] ?? null;
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
