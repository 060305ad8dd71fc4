/** Stores on a real file, for tests. */
import { onTestFinished } from 'vitest';
import { openStore } from '../../src/adapters/sqlite-store.ts';

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
