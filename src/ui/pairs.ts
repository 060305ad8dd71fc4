/** Small values by key: what the console keeps. */
import type { KeyValueStore } from '../core/ports.ts';

/** Gone with the process. */
export function pairsInMemory(): KeyValueStore {
  const spaces = new Map<string, Map<string, string>>();
  const space = (name: string) => {
    const known = spaces.get(name) ?? new Map<string, string>();
    spaces.set(name, known);
    return known;
  };
  return {
    get: (name, key) => space(name).get(key),
    set: (name, key, value) => void space(name).set(key, value),
    delete: (name, key) => void space(name).delete(key),
    entries: name => [...space(name)].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

/** Those of a store that is opened later; in memory until then. */
export function pairsOf(store: () => KeyValueStore | undefined): KeyValueStore {
  const before = pairsInMemory();
  const current = () => store() ?? before;
  return {
    get: (space, key) => current().get(space, key),
    set: (space, key, value) => current().set(space, key, value),
    delete: (space, key) => current().delete(space, key),
    entries: space => current().entries(space),
  };
}
