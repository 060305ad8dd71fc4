/** Flags of the form `--flag KEY=VALUE`. */
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import type { Given } from './parse.ts';

/** In the order given. Throws a 'usage' Problem for one without a key or a `=`, and for a key that stands twice. */
export function pairsOf(flag: string, given: Given): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const text of given.get(flag) ?? []) {
    const at = text.indexOf('=');
    if (at < 1) throw new Problem('usage', `--${flag} needs KEY=VALUE, not '${clean(text, 80)}'.`);
    const key = text.slice(0, at);
    if (pairs.has(key)) throw new Problem('usage', `--${flag} ${clean(key, 80)} stands twice. Give it once.`);
    pairs.set(key, text.slice(at + 1));
  }
  return pairs;
}
