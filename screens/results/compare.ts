/** Comparisons as lines of text: a host against its peers, a run against an earlier one. Pure. */
import { type Baseline, baselineInRun } from '../../src/core/baseline.ts';
import { diffRuns, type HostDiff, type RowRules } from '../../src/core/diff.ts';
import { maskRow, maskSecrets } from '../../src/core/mask.ts';
import type { Row } from '../../src/core/model.ts';
import { rollStateOf, rollStateWord } from '../../src/core/result-filter.ts';
import type { Run, Target } from '../../src/core/run.ts';
import type { Segment } from '../../src/ui/theme.ts';

export type Report = { readonly title: string; readonly lines: ReadonlyArray<readonly Segment[]> };

/** What a template says of its rows; `secrets`: columns whose secrets are not to be seen. */
export type ReportRules = RowRules & { readonly secrets: readonly string[] };

const NO_RULES: ReportRules = { key: [], volatile: [], secrets: [] };

const muted = (text: string): readonly Segment[] => [{ text: ` ${text}`, tone: 'muted' }];
const strong = (text: string): readonly Segment[] => [{ text: ` ${text}`, tone: 'strong' }];

const rowText = (row: Row, { volatile, secrets }: ReportRules): string =>
  Object.entries(maskRow(row, secrets).row)
    .filter(([column, value]) => !volatile.includes(column) && value !== null && value !== '')
    .map(([column, value]) => `${column}=${value}`)
    .join('  ');

function valueText(column: string, value: string | null | undefined, { secrets }: ReportRules): string {
  if (value === null || value === undefined) return 'null';
  return secrets.includes(column) ? maskSecrets(value).text : value;
}

const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;

function baselineLines({ onlyHere, missingHere, differs }: Baseline, rules: ReportRules): (readonly Segment[])[] {
  const rows = (list: readonly Row[], mark: string, tone: Segment['tone']) =>
    list.map((row): readonly Segment[] => [{ text: `  ${mark} `, tone }, { text: rowText(row, rules) }]);
  const values = differs.map(({ key, column, here, usual, usualHosts, peers }): readonly Segment[] => [
    { text: '  ~ ', tone: 'warn' },
    { text: `${key.join(' · ')}${key.length > 0 ? ': ' : ''}${column} is ${valueText(column, here, rules)}` },
    { text: `, ${usualHosts} of ${peers} have ${valueText(column, usual, rules)}`, tone: 'muted' },
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
export function baselineReport(run: Run, target: Target, rules: ReportRules = NO_RULES): Report | undefined {
  const baseline = baselineInRun(run, target, rules);
  if (!baseline) return undefined;
  const { peers, kin } = baseline;
  return {
    title: `${target.key} against ${count(peers, 'other')}, ${kin} of its platform`,
    lines: baselineLines(baseline, rules),
  };
}

const targetOf = (diff: HostDiff): Target => ('after' in diff ? diff.after : diff.before);
const stateOf = (target: Target): string => rollStateWord(rollStateOf(target));

/** What changed on a host; empty when nothing did, or nothing can be said. */
function changeLines(diff: HostDiff, rules: ReportRules): (readonly Segment[])[] {
  if (diff.state !== 'compared') return [];
  const { added, removed, changed } = diff.diff;
  if (added.length + removed.length + changed.length === 0) return [];
  const one =
    (mark: string, tone: Segment['tone']) =>
    (row: Row): readonly Segment[] => [{ text: `  ${mark} `, tone }, { text: rowText(row, rules) }];
  return [
    strong(`${targetOf(diff).key}: ${added.length} added, ${removed.length} removed, ${changed.length} changed`),
    ...added.map(one('+', 'bad')),
    ...removed.map(one('-', 'warn')),
    ...changed.map(({ key, before, after, columns }): readonly Segment[] => {
      const changes = columns.map(
        column => `${column} ${valueText(column, before[column], rules)} → ${valueText(column, after[column], rules)}`,
      );
      return [{ text: '  ~ ', tone: 'accent' }, { text: `${key.join(' · ')}: ${changes.join(', ')}` }];
    }),
  ];
}

/** Why a host cannot be compared; empty when it was. */
function silentLines(diff: HostDiff): (readonly Segment[])[] {
  const name = targetOf(diff).key;
  if (diff.state === 'only_after') return [muted(`${name}: was not asked before`)];
  if (diff.state === 'only_before') return [muted(`${name}: was not asked this time`)];
  if (diff.state !== 'no_answer') return [];
  return [muted(`${name}: no answer to compare (${stateOf(diff.before)} before, ${stateOf(diff.after)} now)`)];
}

/** Two runs of one template: what changed, then who cannot be compared. `when` says how long before the other the earlier one was. */
export function diffReport(before: Run, after: Run, when: string, rules: ReportRules = NO_RULES): Report {
  const diffs = diffRuns(before, after, rules);
  const compared = diffs.filter(({ state }) => state === 'compared');
  const changes = compared.map(diff => changeLines(diff, rules)).filter(lines => lines.length > 0);
  const same = `${count(compared.length - changes.length, 'host')} of ${diffs.length} say the same as before, volatile columns aside.`;
  const silent = diffs.flatMap(silentLines);
  return {
    title: `changes since the run ${when} before: ${count(changes.length, 'host')}`,
    lines: [...changes.flat(), muted(same), ...(silent.length > 0 ? [[], ...silent] : [])],
  };
}
