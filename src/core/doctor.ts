/** What the doctor says: one check a line, judged from facts that somebody else has looked up. */
import type { ProblemKind } from './problem.ts';

export const CHECK_LEVELS = ['ok', 'warn', 'bad'] as const;
export type CheckLevel = (typeof CHECK_LEVELS)[number];

export type Check = {
  readonly section: string;
  readonly name: string;
  readonly level: CheckLevel;
  /** What was found, in a sentence or less. */
  readonly text: string;
  /** What to do about it; none where all is well. */
  readonly todo?: string | undefined;
  /** Whose failure it is, where it is bad: the exit code tells. */
  readonly kind?: ProblemKind | undefined;
};

/** Makes the checks of one section. */
export const checksOf = (section: string) => ({
  ok: (name: string, text: string): Check => ({ section, name, level: 'ok', text }),
  warn: (name: string, text: string, todo?: string): Check => ({ section, name, level: 'warn', text, todo }),
  bad: (name: string, text: string, kind: ProblemKind, todo?: string): Check => ({ section, name, level: 'bad', text, todo, kind }),
});

export type Verdict = Readonly<Record<CheckLevel, number>> & { readonly worst: CheckLevel };

export function verdictOn(checks: readonly Check[]): Verdict {
  const count = (level: CheckLevel) => checks.filter(check => check.level === level).length;
  const [ok, warn, bad] = [count('ok'), count('warn'), count('bad')];
  return { ok, warn, bad, worst: bad > 0 ? 'bad' : warn > 0 ? 'warn' : 'ok' };
}
