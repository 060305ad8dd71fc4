/** Stores on a real file, for tests. */
import { onTestFinished } from 'vitest';
import { openStore } from '../../src/adapters/sqlite-store.ts';
import { judge } from '../../src/core/judge.ts';
import type { FeedEvent } from '../../src/core/model.ts';
import { aRawEvent } from './model.ts';

/** A store on `file` that is closed after the test, unless it was before. */
export function storeOn(file: string): ReturnType<typeof openStore> {
  const store = openStore(file);
  let isClosed = false;
  const close = () => {
    if (!isClosed) store.close();
    isClosed = true;
  };
  onTestFinished(close);
  return { ...store, close };
}

/** An event that was seen at 1,000. */
export const storedEvent = (dedupeKey: string, over: Partial<FeedEvent> = {}): FeedEvent => ({
  ...judge(aRawEvent({ dedupeKey }), 1_000),
  ...over,
});
