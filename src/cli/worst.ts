/** Which of several failures a command's exit code tells of. */
import type { Problem } from '../core/problem.ts';
import { exitCodeFor } from './exit-codes.ts';

/** The one with the highest exit code; undefined when there is none. */
export function worst(problems: Iterable<Problem>): Problem | undefined {
  return [...problems].sort((a, b) => exitCodeFor(b.kind) - exitCodeFor(a.kind))[0];
}
