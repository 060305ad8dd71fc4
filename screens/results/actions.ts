/** What the commands of the Results screen do. */
import { toProblem } from '../../src/core/problem.ts';
import type { Run, Target } from '../../src/core/run.ts';
import { clean } from '../../src/core/sanitize.ts';
import { columnsIn } from '../../src/core/stack.ts';
import { shortAge } from '../../src/core/time.ts';
import type { CommandContext } from '../../src/ui/keys/command.ts';
import { LIST_START } from '../../src/ui/list-state.ts';
import { moveColumn, TABLE_START } from '../../src/ui/table-state.ts';
import { baselineReport, diffReport } from './compare.ts';
import { BUCKETS, bucketCount, HOST_COLUMN } from './select.ts';
import type { ResultsScreen } from './state.ts';

export type Context = CommandContext<ResultsScreen>;

/** Longest wait, s. */
const TIMEOUT_MAX_S = 3600;

export function enter({ screen, services }: Context): void {
  const { level } = screen.get();
  if (level === 'runs') {
    const run = screen.runs()[screen.get().runs.cursor];
    if (run) screen.open(run);
    return;
  }
  if (level === 'stack') {
    const group = screen.stack()?.groups()[screen.get().stack.cursor];
    if (group) screen.patch({ level: 'group', group, table: TABLE_START, sort: undefined });
    return;
  }
  const target = screen.target();
  if (level !== 'hosts' || !target) return;
  if (target.rows.length > 0) screen.patch({ level: 'rows', table: TABLE_START });
  else
    services.ui.say(`${target.key}: ${target.reason || (target.state === 'no_rows' ? 'answered with no rows' : 'has not answered yet')}`);
}

export const nextBucket = (by: 1 | -1) => (context: Context) => {
  const { screen } = context;
  const run = screen.run();
  if (!run) return;
  const order = by === 1 ? BUCKETS : BUCKETS.toReversed();
  const at = order.indexOf(screen.get().bucket);
  const round = [...order.slice(at + 1), ...order.slice(0, at + 1)];
  const next = round.find(bucket => bucketCount(run.tally, bucket) > 0) ?? 'all';
  screen.patch({ bucket: next, level: 'hosts', hosts: { cursor: 0, top: 0 }, host: undefined });
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

/** From the row under the cursor to the next question; from a host to its events. */
export function followUp({ screen, services: { ui } }: Context): void {
  const table = screen.table();
  const { level, table: at } = screen.get();
  if (!table || table.count === 0) {
    const target = screen.target();
    if (target) ui.go('feed', { filter: `host:"${target.host.hostname}"` });
    return;
  }
  const row = Object.fromEntries(table.columns.map((name, index) => [name, table.cell(at.cursor, index)]));
  const { [HOST_COLUMN]: hostKeyOf, ...values } = row;
  const host = level === 'rows' ? screen.target()?.host : screen.run()?.targets.find(({ key }) => key === hostKeyOf)?.host;
  ui.go('pivot', { row: level === 'rows' ? row : values, column: table.columns[at.column], host });
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
    complete: typed => completeColumn(typed, known),
    onAccept(typed) {
      const columns = typed.split(/[\s,]+/).filter(Boolean);
      const unknown = columns.filter(column => !known.includes(column));
      if (unknown.length > 0) ui.say(`There is no column ${unknown.join(', ')}. There are: ${known.join(', ')}.`, 'warn');
      else screen.patch({ stackBy: columns.length > 0 ? columns : undefined, stack: LIST_START });
    },
  });
}

export function completeColumn(typed: string, known: readonly string[]): string | undefined {
  const begun = /[^\s,]*$/.exec(typed)?.[0] ?? '';
  const found = known.find(column => column.startsWith(begun));
  return found && typed.slice(0, typed.length - begun.length) + found;
}

export function compareHost({ screen, services: { ui } }: Context): void {
  const [run, target] = [screen.run(), screen.target()];
  if (!run || !target) return;
  const report = baselineReport(run, target, screen.template());
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
  context.screen.patch({ level: 'report', report: diffReport(before, after, when, context.screen.template()), scroll: 0 });
}

export const ended = ({ screen }: Context) => (screen.run()?.open ? 'the run still waits for answers' : undefined);

/** Targets without an answer that counts: silent, failed, cancelled. */
export const missing = ({ screen }: Context): readonly Target[] =>
  screen.run()?.targets.filter(({ state }) => state !== 'rows' && state !== 'no_rows') ?? [];

/** The same query for those that are missing; the time to wait is asked for, twice the last one being proposed. */
export function askAgain(context: Context): void {
  const { screen, services } = context;
  const { ui, engine } = services;
  const run = screen.run();
  if (!run) return;
  const targets = missing(context);
  const hosts = `${targets.length} ${targets.length === 1 ? 'host' : 'hosts'}`;
  const proposed = Math.min(TIMEOUT_MAX_S, (2 * run.record.timeoutMs) / 1000);
  ui.prompt({
    id: 'results.wait',
    label: `Ask ${hosts} again. Seconds to wait: `,
    value: String(proposed),
    async onAccept(typed) {
      const seconds = /^[1-9]\d{0,3}$/.test(typed) ? Number(typed) : 0;
      if (seconds < 1 || seconds > TIMEOUT_MAX_S) return ui.say(`Not sent: the time to wait is 1 to ${TIMEOUT_MAX_S} seconds.`, 'warn');
      const yes =
        targets.length <= engine.policy.confirmAbove ||
        (await ui.confirm({ title: `Send it to ${hosts}?`, number: targets.length, yes: 'send' }));
      if (!yes) return ui.say('Nothing was sent.');
      try {
        await engine.again(run.id, targets, { timeoutMs: seconds * 1000, offline: 'wait' });
        screen.patch({ bucket: 'all' });
      } catch (thrown) {
        ui.say(toProblem(thrown).message, 'error');
      }
    },
  });
}

/** The launcher, filled in as the run was. */
export function launchAgain({ screen, services }: Context): void {
  const run = screen.run();
  if (!run) return;
  const params = Object.fromEntries(Object.entries(run.record.params).map(([name, value]) => [name, String(value)]));
  services.ui.go('launch', { template: run.record.template, params, hosts: run.targets.map(({ host }) => host) });
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
