import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../src/core/ports.ts';
import { createFeed, FeedRing } from '../../src/state/feed.ts';
import { immediately } from '../../src/state/store.ts';
import { anEvent } from '../helpers/frames.tsx';

const stored = (seq: number): StoredEvent => ({ seq, event: anEvent({ dedupeKey: `k${seq}` }) });
const sequences = (ring: FeedRing) => Array.from({ length: ring.size }, (_, index) => ring.at(index)?.seq);

describe('the newest events in memory', () => {
  it('are as many as there is room for; what falls out is counted', () => {
    const ring = new FeedRing(3);
    for (const seq of [1, 2, 3, 4, 5]) ring.push(stored(seq));
    expect(sequences(ring)).toEqual([3, 4, 5]);
    expect(ring.evicted).toBe(2);
    expect([ring.indexOf(1), ring.indexOf(4), ring.indexOf(9)]).toEqual([0, 1, 3]);
  });

  it('stand in the order of the store, also when one comes late, around the end of the ring too', () => {
    const ring = new FeedRing(4);
    for (const seq of [1, 2, 3, 5, 7, 6]) ring.push(stored(seq));
    expect(sequences(ring)).toEqual([3, 5, 6, 7]);
  });

  it('are fewer when they are large', () => {
    const ring = new FeedRing(100, 5_000);
    for (const seq of [1, 2, 3, 4, 5, 6]) ring.push({ seq, event: anEvent({ dedupeKey: `k${seq}`, row: { cmdline: 'x'.repeat(1_500) } }) });
    expect(sequences(ring)).toEqual([4, 5, 6]);
    expect(ring.evicted).toBe(3);
    ring.push({ seq: 7, event: anEvent({ row: { cmdline: 'x'.repeat(30_000) } }) });
    expect(sequences(ring)).toEqual([7]);
    ring.push(stored(8));
    expect(sequences(ring)).toEqual([8]);
  });

  it('count those that came in between', () => {
    const ring = new FeedRing(10);
    for (const seq of [1, 5, 3, 3, 6]) ring.push(stored(seq));
    expect(ring.inserted).toBe(1);
  });

  it('hold no raw record: that stays on disk', () => {
    const ring = new FeedRing(2);
    ring.push(stored(1));
    expect(ring.at(0)?.event).not.toHaveProperty('raw');
  });

  it('are counted once each', () => {
    const feed = createFeed(immediately, 10);
    feed.add([stored(1), stored(2)]);
    feed.add([stored(2), stored(3)]);
    expect(feed.get().total).toBe(3);
    expect(feed.get().bySeverity.medium).toBe(3);
  });
});
