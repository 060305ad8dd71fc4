/** A run in the four formats: what `query` prints at its end and `runs ID` prints later. */
import { hostLine, runToJson, summaryLine } from '../core/aisoc.ts';
import { maskRow } from '../core/mask.ts';
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

/** Every row with its host. */
export function* csvOf(targets: readonly Target[]): Generator<string> {
  const columns = columnsOf(targets);
  yield csvLine(headerOf(columns));
  for (const { key, rows } of targets) for (const row of rows) yield csvLine(cellsOf(columns, key, row));
}

/** The numbers that every Results screen shows; they add up to the targeted. */
export function tallyText(run: Run): string {
  const { answered, failed, timedOut, waiting, targeted } = run.tally;
  const open = waiting > 0 ? ` · waiting ${waiting}` : '';
  const unasked = run.count('not_asked');
  const silent = `timed out ${timedOut}${unasked > 0 ? ` (${unasked} not asked)` : ''}`;
  return `answered ${answered} · errors ${failed} · ${silent}${open} · of ${targeted}`;
}

/** Hosts without rows, each with the reason, for people. */
function silentRows(targets: readonly Target[]): Cell[][] {
  return targets.filter(({ state }) => state !== 'rows').map(target => [target.key, target.state.replaceAll('_', ' '), target.reason]);
}

/** The targets with the secrets in their rows masked, and how many there were. */
function masked(targets: readonly Target[], secrets: readonly string[]): { readonly targets: readonly Target[]; readonly count: number } {
  if (secrets.length === 0) return { targets, count: 0 };
  let count = 0;
  const mask = (row: Row): Row => {
    const hidden = maskRow(row, secrets);
    count += hidden.count;
    return hidden.row;
  };
  return { targets: targets.map(target => ({ ...target, rows: target.rows.map(mask) })), count };
}

function* tableOf(run: Run, targets: readonly Target[], terminal: CommandContext['terminal']): Generator<string> {
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

async function printTable(context: CommandContext, run: Run, secrets: readonly string[]): Promise<void> {
  const { targets, count } = masked(run.targets, context.given.has('unmasked') ? [] : secrets);
  await writeAll(context, tableOf(run, targets, context.terminal));
  if (count > 0)
    context.messages.tell(`${count} ${count === 1 ? 'secret is' : 'secrets are'} masked: --unmasked shows the rows as they came.`);
}

export type Printing = {
  /** Hosts whose line of `jsonl` was printed when they answered. */
  readonly printed?: ReadonlySet<string>;
  /** Columns that may hold secrets: those are masked in a table, which is for eyes; the other formats are evidence, kept as it came. */
  readonly secrets?: readonly string[];
};

/** Prints the whole run. */
export async function printRun(context: CommandContext, run: Run, { printed = new Set(), secrets = [] }: Printing = {}): Promise<void> {
  if (context.format === 'json') await writeJson(context, runToJson(run));
  else if (context.format === 'csv') await writeAll(context, csvOf(run.targets));
  else if (context.format === 'table') await printTable(context, run, secrets);
  else await writeAll(context, linesOf(run, printed));
}

/** Answered, and so never to change again: its line of `jsonl` can be printed. */
export const isAnswered = ({ state }: Target): boolean => bucketOf(state) === 'answered' || bucketOf(state) === 'failed';

export const elapsed = (run: Run, now: number): string => shortAge((run.endedAt ?? now) - run.record.startedAt);
