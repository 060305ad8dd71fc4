/** What a name that nobody has was perhaps meant to be. */
import { closestMatch } from 'leven';

/** Names that are proposed at most. */
const MOST = 3;
/** One typing slip is forgiven, two from four letters on (two that changed places are two), three in a long name. */
const slips = (typed: string): number => Math.min(3, 1 + Math.floor(typed.length / 4));

/** Letters and digits in words, so that `url` is found in `base-url`, and a host by the beginning of its full name. */
const words = (name: string): string =>
  ` ${name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()} `;

/** Names that hold what was typed as a part, else the one that is a few typing slips away. None where nothing is near. */
export function meant(typed: string, names: readonly string[]): readonly string[] {
  const wanted = words(typed);
  if (wanted.trim() === '') return [];
  const holding = names.filter(name => words(name).includes(wanted));
  if (holding.length > 0) return holding.slice(0, MOST);
  const closest = closestMatch(typed, names, { maxDistance: slips(typed) });
  return closest === undefined ? [] : [closest];
}

/** `Did you mean 'a', 'b' or 'c'? `, with the blank after it; nothing where nothing is near. `write`: how a name is written. */
export function didYouMean(typed: string, names: readonly string[], write = (name: string) => `'${name}'`): string {
  const found = meant(typed, names).map(write);
  const last = found.pop();
  if (last === undefined) return '';
  return `Did you mean ${found.length > 0 ? `${found.join(', ')} or ` : ''}${last}? `;
}
