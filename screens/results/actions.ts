/** What the commands of the Results screen do. */
import type { Host } from '../../src/core/model.ts';
import type { Run, Target } from '../../src/core/run.ts';
import { clean } from '../../src/core/sanitize.ts';
import { columnsIn } from '../../src/core/stack.ts';
import { shortAge } from '../../src/core/time.ts';
import type { CommandContext } from '../../src/ui/keys/command.ts';
import { LIST_START } from '../../src/ui/list-state.ts';
import type { Fault, PromptCompletions } from '../../src/ui/prompt.ts';
import { moveColumn, TABLE_START } from '../../src/ui/table-state.ts';
import { baselineReport, diffReport, type ReportRules } from './compare.ts';
import { HOST_COLUMN, TABS } from './select.ts';
import type { ResultsScreen, ResultsState } from './state.ts';

export type Context = CommandContext<ResultsScreen>;

/** Opens rows: all of them, whatever was looked for in others. */
function openRows(screen: ResultsScreen, change: Partial<ResultsState>): void {
  screen.patch({ ...change, table: TABLE_START, filters: { ...screen.get().filters, rows: '' } });
}

/** From the roll to the rows of all hosts, and back. */
export function switchTable({ screen }: Context): void {
  if (screen.get().level === 'table') screen.patch({ level: 'hosts' });
  else openRows(screen, { level: 'table' });
}

export function enter({ screen, services }: Context): void {
  const { level } = screen.get();
  if (level === 'runs') {
    const run = screen.runs()[screen.get().runs.cursor];
    if (run) screen.open(run);
    return;
  }
  if (level === 'stack') {
    const group = screen.groups()[screen.get().stack.cursor];
    if (group) openRows(screen, { level: 'group', group, sort: undefined });
    return;
  }
  const target = screen.target();
  if (level !== 'hosts' || !target) return;
  if (target.rows.length > 0) openRows(screen, { level: 'rows' });
  else services.ui.say(whyNoRows(target));
}

function whyNoRows({ key, state, reason }: Target): string {
  if (state === 'queued') return `${key} waits for its wave.`;
  if (state === 'not_asked') return `${key} was not asked: ${reason}.`;
  return `${key}: ${reason || (state === 'no_rows' ? 'answered with no rows' : 'has not answered yet')}`;
}

/** To the roll, narrowed to the next state that any host is in. */
export const nextTab =
  (by: 1 | -1) =>
  ({ screen }: Context) => {
    const counts = screen.counts();
    if (!counts) return;
    const order = by === 1 ? TABS : TABS.toReversed();
    const at = order.indexOf(screen.get().tab);
    const round = [...order.slice(at + 1), ...order.slice(0, at + 1)];
    const next = round.find(tab => counts[tab] > 0) ?? 'all';
    screen.patch({ tab: next, level: 'hosts', hosts: LIST_START, host: undefined });
  };

export const atRun = ({ screen }: Context) => (screen.get().level === 'runs' ? 'open a run first' : undefined);
export const inTable = ({ screen }: Context) => (screen.table() ? undefined : 'there is no table here');

export const column =
  (by: 1 | -1) =>
  ({ screen }: Context) =>
    screen.patch({ table: moveColumn(screen.get().table, by, screen.table()?.columns.length ?? 1) });

/** The whole value under the cursor: a cell of the table is cut to its column. */
export function showCell({ screen, services }: Context): void {
  const { table: state } = screen.get();
  const table = screen.table();
  const name = table?.columns[state.column];
  if (!table || name === undefined) return;
  services.ui.say(`${name}: ${clean(table.cell(state.cursor, state.column) ?? 'null')}`);
}

/** The host under the cursor: of the roll, or of the row. */
export function hostAt({ screen }: Context): Host | undefined {
  const { level, table: at } = screen.get();
  const table = screen.table();
  const column = table?.columns.indexOf(HOST_COLUMN) ?? -1;
  if (level === 'rows' || !table || column < 0) return screen.target()?.host;
  const key = table.cell(at.cursor, column);
  return screen.run()?.targets.find(target => target.key === key)?.host;
}

/** From the row under the cursor to the next question; from a host to its events. */
export function followUp(context: Context): void {
  const { screen, services } = context;
  const { ui } = services;
  const table = screen.table();
  const { level, table: at } = screen.get();
  if (!table || table.count === 0) {
    const target = screen.target();
    if (target) ui.go('feed', { filter: `host:"${target.host.hostname}"` });
    return;
  }
  const row = Object.fromEntries(table.columns.map((name, index) => [name, table.cell(at.cursor, index)]));
  const { [HOST_COLUMN]: _, ...values } = row;
  ui.go('pivot', { row: level === 'rows' ? row : values, column: table.columns[at.column], host: hostAt(context) });
}

/** By the column under the cursor where there is one; once stacked, by columns that are asked for. */
export function stackRows({ screen, services: { ui } }: Context): void {
  const { level, table } = screen.get();
  if (level !== 'stack') {
    const column = screen.table()?.columns[table.column];
    const stackBy = column === undefined || column === HOST_COLUMN ? undefined : [column];
    screen.patch({ level: 'stack', stackBy, stack: LIST_START });
    return;
  }
  const known = columnsIn(screen.run()?.targets ?? []);
  ui.prompt({
    id: 'results.stack',
    label: 'Stack by ',
    value: (screen.stack()?.columns ?? []).join(' '),
    complete: (typed, cursor) => columnCompletions(typed, cursor, known),
    check: typed => unknownColumn(typed, known),
    onAccept(typed) {
      const columns = typed.split(/[\s,]+/).filter(Boolean);
      screen.patch({ stackBy: columns.length > 0 ? columns : undefined, stack: LIST_START });
    },
  });
}

/** The first word that is no column. */
function unknownColumn(typed: string, known: readonly string[]): Fault | undefined {
  for (const { 0: word, index } of typed.matchAll(/[^\s,]+/g)) {
    if (!known.includes(word)) return { from: index, to: index + word.length, what: `no such column; there are ${known.join(', ')}` };
  }
  return undefined;
}

/** The columns that begin with what stands before the cursor. */
function columnCompletions(typed: string, cursor: number, known: readonly string[]): PromptCompletions {
  const begun = /[^\s,]*$/.exec(typed.slice(0, cursor))?.[0] ?? '';
  const items = known.filter(column => column.startsWith(begun)).map(text => ({ text }));
  return { from: cursor - begun.length, to: cursor, items };
}

/** What the template says of the rows, as far as a report may show them. */
function rulesOf(screen: ResultsScreen): ReportRules | undefined {
  const template = screen.template();
  return template && { ...template, secrets: screen.secrets() };
}

export function compareHost(context: Context): void {
  const { screen, services } = context;
  const { ui } = services;
  const [run, host] = [screen.run(), hostAt(context)];
  const target = host && run?.target(host.source, host.id);
  if (!run || !target) return;
  const report = baselineReport(run, target, rulesOf(screen));
  if (report) screen.patch({ level: 'report', report, scroll: 0 });
  else ui.say(`${target.key} has no answer to compare.`, 'warn');
}

/** The last run of the same template before this one. */
export function runBefore({ screen }: Context): Run | undefined {
  const run = screen.run();
  return run && screen.runs().find(({ record }) => record.template === run.record.template && record.startedAt < run.record.startedAt);
}

export function compareRuns(context: Context): void {
  const [after, before] = [context.screen.run(), runBefore(context)];
  if (!after || !before) return;
  const when = shortAge(after.record.startedAt - before.record.startedAt);
  context.screen.patch({ level: 'report', report: diffReport(before, after, when, rulesOf(context.screen)), scroll: 0 });
}

export function uncancellable({ screen, services }: Context): string | undefined {
  const run = screen.run();
  if (!run?.open) return 'the run has ended';
  return services.engine.holds(run.id) ? undefined : 'another rollcall waits for it: cancel it there';
}

export async function cancel({ screen, services }: Context): Promise<void> {
  const run = screen.run();
  if (!run?.open) return;
  const { waiting } = run.tally;
  const lines = ['What has been answered is kept.'];
  if (await services.ui.confirm({ title: `Stop waiting for ${waiting} ${waiting === 1 ? 'host' : 'hosts'}?`, lines, yes: 'stop' })) {
    await services.engine.cancel(run.id);
  }
}
