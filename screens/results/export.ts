/** Key `x`: what is shown, hosts, rows or values as filtered, as a file; or the whole run as evidence. */
import type { Run, Target } from '../../src/core/run.ts';
import { openExportMenu } from '../../src/ui/export-menu.ts';
import type { ExportLines } from '../../src/ui/exporter.ts';
import { counted } from '../../src/ui/format.ts';
import type { TableSource } from '../../src/ui/table-state.ts';
import type { Context } from './actions.ts';
import { HOST_COLUMN } from './select.ts';
import type { ResultsScreen } from './state.ts';

type Table = Extract<ExportLines, { kind: 'table' }>;
type Shown = { readonly what: string; readonly table: Table };

export const ROLL = ['host', 'state', 'rows', 'reason', 'late', 'after_ms', 'host_id', 'source', 'uuid', 'platform', 'os_version'] as const;

export const rollRow = ({ key, state, rows, reason, late, afterMs, host }: Target): readonly (string | null)[] => [
  key,
  state,
  String(rows.length),
  reason,
  String(late),
  afterMs === null ? null : String(afterMs),
  host.id,
  host.source,
  host.uuid,
  host.platform,
  host.osVersion,
];

function* rowsOf({ count, columns, cell }: TableSource): Generator<readonly (string | null)[]> {
  for (let row = 0; row < count; row++) yield columns.map((_, column) => cell(row, column));
}

const roll = (targets: readonly Target[]): Shown => ({
  what: counted(targets.length, 'host'),
  table: { kind: 'table', columns: ROLL, rows: targets.map(rollRow) },
});

/** Values with the number of hosts and rows that have them. A column that is called like a count keeps its name. */
function values(screen: ResultsScreen): Shown {
  const groups = screen.groups();
  const columns = screen.stack()?.columns ?? [];
  const free = (name: string) => (columns.includes(name) ? `${name} (count)` : name);
  const rows = groups.map(group => [...group.values, String(group.hosts), String(group.rows), group.firstHost]);
  const counts = ['hosts', 'rows', 'first_host'].map(free);
  return { what: counted(groups.length, 'value'), table: { kind: 'table', columns: [...columns, ...counts], rows } };
}

/** What the level shows. The rows of one host get its name, which is not among their columns. */
function shown({ screen }: Context, run: Run): Shown {
  const { level } = screen.get();
  if (level === 'stack') return values(screen);
  if (level === 'report') return roll(run.targets);
  const table = screen.raw();
  if (!table) return roll(screen.targets());
  const key = level === 'rows' ? screen.target()?.key : undefined;
  const what = counted(table.count, 'row');
  if (key === undefined) return { what, table: { kind: 'table', columns: table.columns, rows: rowsOf(table) } };
  const columns = table.columns.includes(HOST_COLUMN) ? 'host (ours)' : HOST_COLUMN;
  const rows = function* () {
    for (const row of rowsOf(table)) yield [key, ...row];
  };
  return { what, table: { kind: 'table', columns: [columns, ...table.columns], rows: rows() } };
}

export function exportShown(context: Context): void {
  const { screen, services } = context;
  const run = screen.run();
  if (!run) return;
  const { what, table } = shown(context, run);
  openExportMenu(services, {
    what,
    name: `${run.record.template}-${run.id}`,
    lines: table,
    evidence: { kind: 'run', run },
    mask: !screen.get().unmasked,
  });
}
