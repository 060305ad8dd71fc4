/** Copying from the Results screen: the value under the cursor, or its whole row with a head. */
import type { Target } from '../../src/core/run.ts';
import { copyText, tsvLine, tsvTable } from '../../src/ui/clipboard.ts';
import type { Command } from '../../src/ui/keys/command.ts';
import type { Context } from './actions.ts';
import { ROLL, rollRow } from './export.ts';
import { groupCells } from './stacking.ts';
import type { ResultsScreen } from './state.ts';

/** What is under the cursor: its value, and the row that it stands in. */
type Here = { readonly value: string; readonly head: readonly string[]; readonly row: readonly (string | null)[] };

const targetHere = (target: Target): Here => ({ value: target.key, head: ROLL, row: rollRow(target) });

function stackHere(screen: ResultsScreen): Here | undefined {
  const group = screen.groups()[screen.get().stack.cursor];
  const stack = screen.stack();
  if (!group || !stack) return undefined;
  const cells = groupCells(group, screen.masked());
  const row = [String(group.hosts), String(group.rows), group.firstHost, ...cells];
  return { value: tsvLine(cells.map(cell => cell ?? '')), head: ['hosts', 'rows', 'first host', ...stack.columns], row };
}

function tableHere(screen: ResultsScreen): Here | undefined {
  const { cursor, column } = screen.get().table;
  const table = screen.table();
  if (!table || cursor >= table.count) return undefined;
  const row = table.columns.map((_, index) => table.cell(cursor, index));
  return { value: row[column] ?? '', head: table.columns, row };
}

function here({ screen }: Context): Here | undefined {
  const { level, report } = screen.get();
  if (level === 'stack') return stackHere(screen);
  if (screen.table()) return tableHere(screen);
  if (level === 'report' && report) {
    const lines = report.lines.map(line => line.map(({ text }) => text).join(''));
    return { value: [report.title, ...lines, ''].join('\n'), head: [], row: [] };
  }
  const target = level === 'hosts' ? screen.target() : undefined;
  return target && targetHere(target);
}

function copyValue(context: Context): Promise<void> | undefined {
  const found = here(context);
  return found && copyText(context.services, found.value, context.screen.get().level === 'report' ? 'the comparison' : 'the value');
}

function copyRow(context: Context): Promise<void> | undefined {
  const found = here(context);
  if (!found) return undefined;
  const row = found.row.map(cell => cell ?? '');
  return copyText(context.services, tsvTable(found.head, [row]), 'the row');
}

const nothing = (context: Context) => (here(context) ? undefined : 'there is nothing under the cursor to copy');

export const copyCommands: readonly Command<ResultsScreen>[] = [
  {
    id: 'results.copy',
    keys: ['y'],
    title: 'Copy the value',
    help: 'Copies the cell under the cursor, the name of the host, the stacked value or the comparison to the clipboard of your terminal (OSC 52) and to a file. Secrets are masked.',
    where: 'screen',
    blocked: nothing,
    run: copyValue,
  },
  {
    id: 'results.copy-row',
    keys: ['Y'],
    title: 'Copy the row',
    help: 'Copies the row under the cursor as tab-separated lines with a head. Secrets are masked; x writes all rows to a file.',
    where: 'screen',
    blocked: context => nothing(context) ?? (context.screen.get().level === 'report' ? 'a comparison has no rows' : undefined),
    run: copyRow,
  },
];
