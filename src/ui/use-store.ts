import { useSyncExternalStore } from 'react';
import type { Store } from '../state/store.ts';

/**
 * Subscribes a view to a store outside React. `select` must return the same object for the same state (a field of it, a
 * primitive), or the view draws without end; derive new objects after the hook.
 */
export function useStore<T>(store: Store<T>): T;
export function useStore<T, U>(store: Store<T>, select: (value: T) => U): U;
export function useStore<T, U>(store: Store<T>, select?: (value: T) => U): T | U {
  return useSyncExternalStore(store.subscribe, () => (select ? select(store.get()) : store.get()));
}
