/** A flood of events, which a thread of its own writes. */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { FeedEvent } from '../../src/core/model.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { storedEvent as event, storeOn } from '../helpers/stores.ts';

let file: string;
beforeEach(() => {
  file = path.join(temporaryDirectory(), 'rollcall.db');
});

const opened = () => storeOn(file);

/** Beside the store. */
function database(options = {}) {
  const db = new DatabaseSync(file, options);
  onTestFinished(() => db.close());
  return db;
}

/** How many contents are known to have been seen. */
function seen(): () => unknown {
  const pairs = database({ readOnly: true }).prepare('SELECT count(*) AS pairs FROM seen');
  return () => pairs.get()?.pairs;
}

describe('a flood of events', () => {
  const PART = 2_000;
  const part = (number: number, over: Partial<FeedEvent> = {}) =>
    Array.from({ length: PART }, (_, index) => event(`${number}/${index}`, { row: { port: `${number}/${index}` }, ...over }));

  /** So many that they are written by a thread of their own. */
  async function flooded() {
    const store = opened();
    for (let number = 0; number < 7; number += 1) await store.append(part(number, { seenAt: 0 }), { feed: 'f', cursor: String(number) });
    return store;
  }

  it('is written in order and each once, with the cursor of its last part, and can be read at once', async () => {
    const store = await flooded();
    expect([store.count(), store.cursor('f')]).toEqual([7 * PART, '6']);
    const [first, ...rest] = await store.append([...part(6), event('one more')], { feed: 'f', cursor: '7' });
    expect([first?.event.dedupeKey, rest]).toEqual(['one more', []]);
    expect(store.event(first?.event.id ?? '')?.event).toEqual(first?.event);
    expect(store.after(0, 8 * PART).map(({ event: { id } }) => id)).toEqual([
      ...Array.from({ length: 7 }, (_, number) => part(number).map(({ id }) => id)).flat(),
      first?.event.id,
    ]);
    expect(store.cursor('f')).toBe('7');
  });

  it('lets others have their turn', async () => {
    let turns = 0;
    const count = () => {
      turns += 1;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    await opened().append(part(0), undefined);
    clearImmediate(next);
    expect(turns).toBeGreaterThan(PART / 512);
  });

  it('is compared with what was seen before, and remembered over a restart', async () => {
    const LATER = 600_000;
    const store = await flooded();
    const news = (key: string) => event(key, { seenAt: LATER, row: { port: 'never seen' } });
    const known = event('known', { seenAt: LATER, row: { port: '6/1' } });
    const marks = async (...events: FeedEvent[]) => (await store.append(events, undefined)).map(({ event: { isNew } }) => isNew);
    expect(await marks(news('a'), known, news('b'))).toEqual(['fleet', undefined, undefined]);
    await expect.poll(seen()).toBe(7 * PART + 1);
  });

  it('keeps what it showed as seen when it is closed', async () => {
    const store = await flooded();
    store.close();
    await expect.poll(seen()).toBe(7 * PART);
    await expect(store.append([event('too late')], undefined)).rejects.toThrow();
  });

  it('says of a part that could not be written what is wrong, and goes on with the next', async () => {
    const store = await flooded();
    database().exec("CREATE TRIGGER refuse BEFORE INSERT ON events WHEN new.source = 'bad' BEGIN SELECT RAISE(ABORT, 'not this one'); END");
    const bad = [event('good'), event('bad', { source: 'bad' })];
    await expect(store.append(bad, { feed: 'f', cursor: '9' })).rejects.toMatchObject({
      message: 'not this one',
      code: 'ERR_SQLITE_ERROR',
    });
    expect([store.count(), store.cursor('f')]).toEqual([7 * PART, '6']);
    expect(await store.append([event('good')], undefined)).toHaveLength(1);
  });
});
