/** A run in the four formats: what `query` prints at its end and `runs ID` prints later. */
import { hostLine, runToJson, summaryLine } from '../core/aisoc.ts';
import type { Row } from '../core/model.ts';
import { bucketOf, type Run, type Target } from '../core/run.ts';
import { shortAge } from '../core/time.ts';
import type { CommandContext } from './context.ts';
import { csvLine } from './csv.ts';
import { toAscii } from './messages.ts';
import { jsonLine, writeAll, writeJson } from './print.ts';
import { type Cell, tableLines } from './table.ts';

/** The union of the columns, in the order in which they turn up. */
function columnsOf(targets: readonly Target[]): string[] {
  const columns = new Set<string>();
  for (const { rows } of targets) for (const row of rows) for (const name of Object.keys(row)) columns.add(name);
  return [...columns];
}

/** `host` is ours; a column that the hosts call so (logged_in_users has one) becomes `host (2)`. */
const headerOf = (columns: readonly string[]): string[] => {
  const taken = new Set(columns);
  let other = 'host';
  for (let count = 2; taken.has(other) || other === 'host'; count += 1) other = `host (${count})`;
  return ['host', ...columns.map(name => (name === 'host' ? other : name))];
};

const cellsOf = (columns: readonly string[], host: string, row: Row): Cell[] => [
  host,
  ...columns.map(name => (Object.hasOwn(row, name) ? (row[name] ?? null) : null)),
];

function* csvOf(targets: readonly Target[]): Generator<string> {
  const columns = columnsOf(targets);
  yield csvLine(headerOf(columns));
  for (const { key, rows } of targets) for (const row of rows) yield csvLine(cellsOf(columns, key, row));
}

/** The numbers that every Results screen shows; they add up to the targeted. */
export function tallyText(run: Run): string {
  const { answered, failed, timedOut, waiting, targeted } = run.tally;
  const open = waiting > 0 ? ` · waiting ${waiting}` : '';
  return `answered ${answered} · errors ${failed} · timed out ${timedOut}${open} · of ${targeted}`;
}

/** Hosts without rows, each with the reason, for people. */
function silentRows(targets: readonly Target[]): Cell[][] {
  return targets.filter(({ state }) => state !== 'rows').map(target => [target.key, target.state.replaceAll('_', ' '), target.reason]);
}

function* tableOf(run: Run, terminal: CommandContext['terminal']): Generator<string> {
  const { targets } = run;
  const columns = columnsOf(targets);
  const rows = targets.flatMap(({ key, rows }) => rows.map(row => cellsOf(columns, key, row)));
  if (rows.length > 0) {
    for (const line of tableLines(headerOf(columns), rows, terminal)) yield `${line}\n`;
    yield '\n';
  }
  const silent = silentRows(targets);
  if (silent.length > 0) {
    for (const line of tableLines(['host', 'state', 'why'], silent, terminal)) yield `${line}\n`;
    yield '\n';
  }
  yield `${terminal.unicode ? tallyText(run) : toAscii(tallyText(run))}\n`;
}

function* linesOf(run: Run, printed: ReadonlySet<string>): Generator<string> {
  for (const target of run.targets) if (!printed.has(target.key)) yield jsonLine(hostLine(target));
  yield jsonLine(summaryLine(run));
}

/** Prints the whole run. `jsonl` leaves out the hosts in `printed`, which were printed as they answered. */
export async function printRun(context: CommandContext, run: Run, printed: ReadonlySet<string> = new Set()): Promise<void> {
  if (context.format === 'json') await writeJson(context, runToJson(run));
  else if (context.format === 'csv') await writeAll(context, csvOf(run.targets));
  else if (context.format === 'table') await writeAll(context, tableOf(run, context.terminal));
  else {
    await writeAll(context, linesOf(run, printed));
  }
}

/** Answered, and so never to change again: its line of `jsonl` can be printed. */
export const isAnswered = ({ state }: Target): boolean => bucketOf(state) === 'answered' || bucketOf(state) === 'failed';

export const elapsed = (run: Run, now: number): string => shortAge((run.endedAt ?? now) - run.record.startedAt);
