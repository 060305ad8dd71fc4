/** Comparisons as lines of text: a host against its peers, a run against an earlier one. Pure. */
import { type Baseline, baselineInRun } from '../../src/core/baseline.ts';
import { diffRuns, type HostDiff, type RowRules } from '../../src/core/diff.ts';
import type { Row } from '../../src/core/model.ts';
import type { Run, Target } from '../../src/core/run.ts';
import type { Segment } from '../../src/ui/theme.ts';

export type Report = { readonly title: string; readonly lines: ReadonlyArray<readonly Segment[]> };

const NO_RULES: RowRules = { key: [], volatile: [] };

const muted = (text: string): readonly Segment[] => [{ text: ` ${text}`, tone: 'muted' }];
const strong = (text: string): readonly Segment[] => [{ text: ` ${text}`, tone: 'strong' }];

const rowText = (row: Row, leaveOut: readonly string[]): string =>
  Object.entries(row)
    .filter(([column, value]) => !leaveOut.includes(column) && value !== null && value !== '')
    .map(([column, value]) => `${column}=${value}`)
    .join('  ');

const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;

function baselineLines({ onlyHere, missingHere, differs }: Baseline, volatile: readonly string[]): (readonly Segment[])[] {
  const rows = (list: readonly Row[], mark: string, tone: Segment['tone']) =>
    list.map((row): readonly Segment[] => [{ text: `  ${mark} `, tone }, { text: rowText(row, volatile) }]);
  const values = differs.map(({ key, column, here, usual, usualHosts, peers }): readonly Segment[] => [
    { text: '  ~ ', tone: 'warn' },
    { text: `${key.join(' · ')}${key.length > 0 ? ': ' : ''}${column} is ${here ?? 'null'}` },
    { text: `, ${usualHosts} of ${peers} have ${usual ?? 'null'}`, tone: 'muted' },
  ]);
  return [
    strong(`only on this host: ${count(onlyHere.length, 'row')}`),
    ...rows(onlyHere, '+', 'bad'),
    [],
    strong(`missing only on this host: ${count(missingHere.length, 'row')}`),
    ...rows(missingHere, '-', 'warn'),
    [],
    strong(`differs from all others of its platform: ${count(differs.length, 'value')}`),
    ...values,
  ];
}

/** One host against all others of the run that answered; undefined when it did not answer. */
export function baselineReport(run: Run, target: Target, rules: RowRules = NO_RULES): Report | undefined {
  const baseline = baselineInRun(run, target, rules);
  if (!baseline) return undefined;
  const { peers, kin } = baseline;
  return {
    title: `${target.key} against ${count(peers, 'other')}, ${kin} of its platform`,
    lines: baselineLines(baseline, rules.volatile),
  };
}

const TARGET_OF = (diff: HostDiff): Target => ('after' in diff ? diff.after : diff.before);

function diffLines(diff: HostDiff, volatile: readonly string[]): (readonly Segment[])[] {
  const name = TARGET_OF(diff).key;
  if (diff.state === 'only_after') return [muted(`${name}: was not asked before`)];
  if (diff.state === 'only_before') return [muted(`${name}: was not asked this time`)];
  if (diff.state === 'no_answer') return [muted(`${name}: no answer to compare (${diff.before.state} before, ${diff.after.state} now)`)];
  const { added, removed, changed } = diff.diff;
  if (added.length + removed.length + changed.length === 0) return [];
  const one =
    (mark: string, tone: Segment['tone']) =>
    (row: Row): readonly Segment[] => [{ text: `  ${mark} `, tone }, { text: rowText(row, volatile) }];
  return [
    strong(`${name}: ${added.length} added, ${removed.length} removed, ${changed.length} changed`),
    ...added.map(one('+', 'bad')),
    ...removed.map(one('-', 'warn')),
    ...changed.map(({ key, before, after, columns }): readonly Segment[] => [
      { text: '  ~ ', tone: 'accent' },
      {
        text: `${key.join(' · ')}: ${columns.map(column => `${column} ${before[column] ?? 'null'} → ${after[column] ?? 'null'}`).join(', ')}`,
      },
    ]),
  ];
}

/** Two runs of one template; `when` says how long before the other the earlier one was. */
export function diffReport(before: Run, after: Run, when: string, rules: RowRules = NO_RULES): Report {
  const diffs = diffRuns(before, after, rules);
  const lines = diffs.flatMap(diff => diffLines(diff, rules.volatile));
  const same = diffs.filter(diff => diff.state === 'compared' && diffLines(diff, rules.volatile).length === 0).length;
  return {
    title: `changes since the run ${when} before`,
    lines: [...lines, muted(`${count(same, 'host')} of ${diffs.length} say the same as before, volatile columns aside.`)],
  };
}
