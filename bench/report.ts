/** What the benchmark says: figures, what they are compared with, and whether a budget is met. */

export type Unit = 'ms' | 'µs' | 'B' | 'B/s' | 'MB' | 'events/s' | 'events';

/** `atLeast`: the figure has to reach the limit; otherwise it must not exceed it. */
export type Budget = { readonly text: string; readonly limit: number; readonly atLeast?: boolean };

export type Figure = {
  readonly name: string;
  readonly unit: Unit;
  readonly value: number;
  readonly budgets: readonly Budget[];
  /** The same figure of other programs, measured in the same run. */
  readonly others: Readonly<Record<string, number>>;
  readonly note?: string;
};

export type Verdict = { readonly budget: string; readonly met: boolean; readonly missedBy: number };

/** The middle one of the values, of the sorted values the one at `fraction`. NaN when there are none. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** A figure that could not be measured (NaN) meets nothing. */
export function judge({ value, budgets }: Figure): Verdict[] {
  return budgets.map(({ text, limit, atLeast = false }) => {
    const missedBy = atLeast ? limit - value : value - limit;
    return { budget: text, met: missedBy <= 0, missedBy: Math.max(0, missedBy) };
  });
}

/** One decimal below ten, none above: more would be noise. */
export function number(value: number): string {
  if (Number.isNaN(value)) return '-';
  return Math.abs(value) < 10 ? String(Math.round(value * 10) / 10) : Math.round(value).toLocaleString('en');
}

function others({ value, others: measured }: Figure): string {
  return Object.entries(measured)
    .map(([name, other]) => `${name} ${number(other)}${other > 0 ? ` (x${(value / other).toFixed(2)})` : ''}`)
    .join(', ');
}

function verdicts(figure: Figure): string {
  return judge(figure)
    .map(({ budget, met, missedBy }) => (met ? `${budget}: met` : `${budget}: MISSED by ${number(missedBy)}`))
    .join('; ');
}

/** The figures as lines for people: name, value, budgets, and the other programs with our multiple of theirs. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(figure => [
    figure.name,
    `${number(figure.value)} ${figure.unit}`,
    verdicts(figure) || '-',
    [others(figure), figure.note].filter(Boolean).join(' · ') || '-',
  ]);
  const all = [['figure', 'rollcall', 'budget', 'beside it (rollcall as a multiple)'], ...rows];
  const widths = [0, 1, 2].map(column => Math.max(...all.map(row => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return all.map(row => line(row).trimEnd()).join('\n');
}

export type Machine = { readonly cpu: string; readonly cores: number; readonly node: string; readonly load: number };

/** The run as one JSON object. Load above the number of cores means: read the ratios, not the milliseconds. */
export function json(figures: readonly Figure[], machine: Machine, at: Date): string {
  const judged = figures.map(figure => ({ ...figure, verdicts: judge(figure) }));
  return `${JSON.stringify({ at: at.toISOString(), machine, figures: judged }, null, 2)}\n`;
}
