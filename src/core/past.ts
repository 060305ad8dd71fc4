/** What a template cost in earlier runs: the best guess at what it will cost now. Pure. */
import type { Run, Target } from './run.ts';
import type { Template } from './template.ts';

/** Runs that are looked at: the newest ones. */
const RUNS = 20;

export type Past = {
  readonly runs: number;
  /** That were asked, over all runs. */
  readonly hosts: number;
  /** Within so many ms half of those that answered had done so; null when nobody did. */
  readonly medianMs: number | null;
  /** Rows of a host, half of those that answered having no more; null when nobody did. */
  readonly medianRows: number | null;
  readonly errors: number;
  readonly denylisted: number;
  readonly timedOut: number;
  readonly offline: number;
};

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

const wasAsked = ({ state }: Target): boolean => state !== 'queued' && state !== 'not_asked' && state !== 'cancelled';
const hasAnswered = ({ state }: Target): boolean => state === 'rows' || state === 'no_rows';

/** From the runs of this very template (its digest) that have ended; undefined when there are none. `runs`: newest first. */
export function pastOf(runs: readonly Run[], { name, digest }: Pick<Template, 'name' | 'digest'>): Past | undefined {
  const own = runs.filter(run => !run.open && run.record.template === name && run.record.digest === digest).slice(0, RUNS);
  const asked = own.flatMap(run => run.targets.filter(wasAsked));
  if (asked.length === 0) return undefined;
  const answered = asked.filter(hasAnswered);
  const count = (state: Target['state']) => asked.filter(target => target.state === state).length;
  return {
    runs: own.length,
    hosts: asked.length,
    medianMs: median(answered.flatMap(({ afterMs }) => (afterMs === null ? [] : [afterMs]))),
    medianRows: median(answered.map(({ rows }) => rows.length)),
    errors: count('error'),
    denylisted: count('denylisted'),
    timedOut: count('timed_out'),
    offline: count('offline'),
  };
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

function spanText(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)}s` : `${Math.round(ms / 1000)}s`;
}

/** "Earlier: 3 runs, 212 hosts: half answered within 0.8s, 14 rows each; 2 denylisted, 5 timed out." */
export function pastText({ runs, hosts, medianMs, medianRows, errors, denylisted, timedOut, offline }: Past): string {
  const failures = [
    [errors, 'failed'],
    [denylisted, 'denylisted'],
    [timedOut, 'timed out'],
    [offline, 'offline'],
  ] as const;
  const bad = failures.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const answered =
    medianMs === null || medianRows === null
      ? 'nobody answered'
      : `half answered within ${spanText(medianMs)}, ${plural(medianRows, 'row')} each`;
  return `Earlier: ${plural(runs, 'run')}, ${plural(hosts, 'host')}: ${answered}${bad.length > 0 ? `; ${bad.join(', ')}` : ''}.`;
}
