/** Exit codes: a contract with scripts. Help and README are made from this table. */
import type { Problem, ProblemKind } from '../core/problem.ts';

export const EXIT_CODES = [
  { code: 0, when: 'done, every target answered (a host that answered with an error counts as answered)' },
  { code: 1, when: 'a fault of our own, or the data directory cannot be used' },
  { code: 2, when: 'wrong usage: unknown flag, unknown or ambiguous host, bad setting' },
  { code: 3, when: 'partial: at least one target did not answer in time' },
  { code: 4, when: 'no target answered' },
  { code: 5, when: 'refused: AllowlistError (unknown template, raw SQL, unknown or invalid parameter, unapproved digest)' },
  { code: 6, when: 'authentication or permission refused by the source (401/403)' },
  { code: 7, when: 'source not reachable, TLS not trusted, or it answered something that is not its API' },
  { code: 130, when: 'interrupted; what had been answered is still printed' },
] as const;

export type ExitCode = (typeof EXIT_CODES)[number]['code'];

export const DONE = 0;
export const INTERRUPTED = 130;

const BY_KIND: Readonly<Record<ProblemKind, ExitCode>> = { bug: 1, storage: 1, usage: 2, refused: 5, auth: 6, unreachable: 7 };

export const exitCodeFor = (kind: ProblemKind): ExitCode => BY_KIND[kind];

/** A failure as programs get it: AllowlistError by its name, everything else by its kind. */
export const errorJson = ({ kind, message }: Problem) => ({ error: { kind: kind === 'refused' ? 'AllowlistError' : kind, message } });
