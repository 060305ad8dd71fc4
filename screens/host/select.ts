/** What the page of a host lists: what changed by table, and the rows of one table. Pure. */
import type { FilteredEvent } from '../../src/core/filter.ts';
import { type Fate, type RowChange, rowChanges } from '../../src/core/host-changes.ts';
import type { HostChanges } from '../../src/core/ports.ts';
import type { Run } from '../../src/core/run.ts';
import { severityRank } from '../../src/core/severity.ts';
import type { TableSource } from '../../src/ui/table-state.ts';
import type { HostAt } from '../../src/ui/ui-state.ts';

const HOUR_MS = 3_600_000;

/** How far back the page looks. */
export const PERIODS = [
  { name: '1h', ms: HOUR_MS },
  { name: '24h', ms: 24 * HOUR_MS },
  { name: '7d', ms: 7 * 24 * HOUR_MS },
  { name: '30d', ms: 30 * 24 * HOUR_MS },
] as const;

/** The worst first, then what happened last. */
export const inOrder = (changes: readonly HostChanges[]): readonly HostChanges[] =>
  changes.toSorted((a, b) => severityRank(b.worst) - severityRank(a.worst) || b.newest - a.newest || (a.subject < b.subject ? -1 : 1));

export type Totals = Pick<HostChanges, 'added' | 'removed' | 'snapshot' | 'other'>;

export function totalsOf(changes: readonly HostChanges[]): Totals {
  const totals = { added: 0, removed: 0, snapshot: 0, other: 0 };
  for (const change of changes) {
    totals.added += change.added;
    totals.removed += change.removed;
    totals.snapshot += change.snapshot;
    totals.other += change.other;
  }
  return totals;
}

/** Runs that asked the host, in the order given. */
export const runsOf = (runs: readonly Run[], { source, id }: HostAt): readonly Run[] =>
  runs.filter(run => run.target(source, id) !== undefined);

/** The host `by` places further in the list, which ends at its ends; the first one when the host is not in it. */
export function neighbour(hosts: readonly HostAt[], { source, id }: HostAt, by: 1 | -1): HostAt | undefined {
  const at = hosts.findIndex(host => host.source === source && host.id === id);
  return at < 0 ? hosts[0] : hosts[at + by];
}

const SIGNS: Readonly<Record<Fate, string>> = {
  added: '+',
  removed: '-',
  'came and went': '+ -  came and went',
  'went and came back': '- +  went and came back',
  seen: '=',
  said: '',
};

const signOf = ({ fate, times }: RowChange): string => (times > 1 ? `${SIGNS[fate]} ×${times}`.trim() : SIGNS[fate]);

/** Columns that stand at the left of the row's own. */
export const OWN_COLUMNS = ['change', 'time'] as const;

export type Rows = { readonly source: TableSource; readonly changes: readonly RowChange[] };

/** The rows of one table, each once. `events` newest first; `when` writes a time (epoch ms). */
export function rowsTable(events: readonly FilteredEvent[], oldestFirst: boolean, when: (ms: number) => string): Rows {
  const changes = rowChanges(events);
  const shown = oldestFirst ? changes.toReversed() : changes;
  const columns = [...new Set(shown.flatMap(({ event }) => Object.keys(event.row)))];
  const source: TableSource = {
    columns: [...OWN_COLUMNS, ...columns],
    pinned: OWN_COLUMNS.length,
    count: shown.length,
    cell(row, column) {
      const change = shown[row];
      if (!change) return null;
      if (column === 0) return signOf(change);
      if (column === 1) return when(change.event.time);
      return change.event.row[columns[column - OWN_COLUMNS.length] ?? ''] ?? null;
    },
  };
  return { source, changes: shown };
}
