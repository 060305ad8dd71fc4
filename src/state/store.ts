/**
 * The bridge between producers and React: a value outside React that views subscribe to. Writes are immediate for
 * `get`; listeners are told once per `schedule`d flush, so a thousand writes make one repaint.
 */
export type Store<T> = {
  get(): T;
  set(next: T | ((previous: T) => T)): void;
  /** Returns the unsubscribe function. */
  subscribe(listener: () => void): () => void;
};

/** Runs `flush` later, at most once per frame or so. Handed in: the console uses a timer, tests call it at once. */
export type Schedule = (flush: () => void) => void;

export const immediately: Schedule = flush => flush();

export function createStore<T>(initial: T, schedule: Schedule = immediately): Store<T> {
  let value = initial;
  let queued = false;
  const listeners = new Set<() => void>();
  const flush = () => {
    queued = false;
    for (const listener of [...listeners]) listener();
  };
  return {
    get: () => value,
    set(next) {
      const following = typeof next === 'function' ? (next as (previous: T) => T)(value) : next;
      if (Object.is(following, value)) return;
      value = following;
      if (queued) return;
      queued = true;
      schedule(flush);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
