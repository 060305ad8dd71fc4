import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { judge } from '../../src/core/judge.ts';
import type { FeedEvent } from '../../src/core/model.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { aRawEvent } from '../helpers/model.ts';
import { storeOn } from '../helpers/stores.ts';

const opened = () => storeOn(path.join(temporaryDirectory(), 'rollcall.db'));

const MINUTE = 60_000;
const at = (dedupeKey: string, minute: number, severity: FeedEvent['severity'] = 'low'): FeedEvent => ({
  ...judge(aRawEvent({ dedupeKey }), 1_000),
  time: minute * MINUTE + 1,
  severity,
});

describe('the histogram', () => {
  it('counts events by stretch of time and severity, each once', async () => {
    const store = opened();
    await store.append([at('a', 10), at('b', 10), at('c', 14), at('d', 15, 'high'), at('e', 29), at('f', 30)], undefined);
    await store.append([at('a', 10), at('g', 29)], undefined);
    expect(store.histogram(10 * MINUTE, 30 * MINUTE, 5 * MINUTE)).toEqual([
      { at: 10 * MINUTE, severity: 'low', events: 3 },
      { at: 15 * MINUTE, severity: 'high', events: 1 },
      { at: 25 * MINUTE, severity: 'low', events: 2 },
    ]);
  });

  it('forgets what was pruned', async () => {
    const store = opened();
    await store.append([at('a', 10), at('b', 11, 'critical'), at('c', 12)], undefined);
    store.pruneStep({ before: 12 * MINUTE, keep: ({ severity }) => severity === 'critical' }, 0, undefined, false);
    expect(store.histogram(0, 60 * MINUTE, MINUTE)).toEqual([
      { at: 11 * MINUTE, severity: 'critical', events: 1 },
      { at: 12 * MINUTE, severity: 'low', events: 1 },
    ]);
  });
});
