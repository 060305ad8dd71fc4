/** Filters kept under a name, for every console and command on the same data: `feed --filter @name`. */
import type { KeyValueStore } from './ports.ts';
import { Problem } from './problem.ts';

export type SavedFilter = { readonly name: string; readonly filter: string };

const SPACE = 'filters';
const NAME = /^[\p{L}\p{N}_.-]{1,40}$/u;

/** In the order of their names. */
export const savedFilters = (store: Pick<KeyValueStore, 'entries'>): readonly SavedFilter[] =>
  store.entries(SPACE).map(([name, filter]) => ({ name, filter }));

/** Why a filter cannot have this name; undefined when it can. */
export const badFilterName = (name: string): string | undefined =>
  NAME.test(name) ? undefined : 'a name is up to 40 letters, digits and . _ -';

/** Takes the place of one with the same name. Throws a 'usage' Problem for a bad name. */
export function saveFilter(store: Pick<KeyValueStore, 'set'>, { name, filter }: SavedFilter): void {
  const bad = badFilterName(name);
  if (bad !== undefined) throw new Problem('usage', `The filter is not saved as '${name}': ${bad}.`);
  store.set(SPACE, name, filter);
}

export const forgetFilter = (store: Pick<KeyValueStore, 'delete'>, name: string): void => store.delete(SPACE, name);

export const isNamed = (text: string): boolean => text.startsWith('@');

/** The expression that `text` stands for: `@name` is a saved one, anything else itself. Throws a 'usage' Problem. */
export function namedFilter(store: Pick<KeyValueStore, 'get' | 'entries'>, text: string): string {
  if (!isNamed(text)) return text;
  const name = text.slice(1);
  const found = store.get(SPACE, name);
  if (found !== undefined) return found;
  const known = savedFilters(store).map(saved => `@${saved.name}`);
  throw new Problem('usage', `There is no saved filter ${text} (${known.length > 0 ? `there are ${known.join(', ')}` : 'none is saved'}).`);
}
