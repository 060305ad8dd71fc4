import { expect, it } from 'vitest';
import { FeedTail } from '../../src/cli/feed-tail.ts';
import type { StoredEvent } from '../../src/core/ports.ts';
import { createFeed } from '../../src/state/feed.ts';
import { immediately } from '../../src/state/store.ts';
import { anEvent } from '../helpers/frames.tsx';

const stored = (seq: number): StoredEvent => ({ seq, event: anEvent({ dedupeKey: `k${seq}` }) });

function aTail() {
  const disk: StoredEvent[] = [];
  let read = 0;
  let isWriting = false;
  const after = (last: number, limit: number) => {
    expect(limit).toBeGreaterThan(0);
    const found = disk.filter(({ seq }) => seq > last).slice(0, limit);
    read += found.length;
    return found;
  };
  const feed = createFeed(immediately, 10_000);
  const tail = new FeedTail({ after, isWriting: () => isWriting }, 0, events => feed.add(events));
  const catchUp = () => {
    while (tail.poll());
  };
  const shown = () => {
    const { ring } = feed.get();
    return Array.from({ length: ring.size }, (_, index) => ring.at(index)?.seq);
  };
  const writing = (yes: boolean) => {
    isWriting = yes;
  };
  return { disk, tail, catchUp, shown, reads: () => read, writing };
}

it('shows its own events at once, and does not read them again', () => {
  const { disk, tail, catchUp, shown, reads } = aTail();
  disk.push(stored(1), stored(2));
  tail.own([stored(1), stored(2)]);
  catchUp();
  expect(shown()).toEqual([1, 2]);
  expect(reads()).toBe(0);
});

it('reads what another process stored in between, and puts it where it belongs', () => {
  const { disk, tail, catchUp, shown, reads } = aTail();
  disk.push(...[1, 2, 3, 4, 5, 6, 7].map(stored));
  tail.own([stored(1)]);
  tail.own([stored(4), stored(5)]);
  tail.own([stored(7)]);
  expect(shown()).toEqual([1, 4, 5, 7]);
  catchUp();
  expect(shown()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(reads()).toBe(3);
  catchUp();
  expect(reads()).toBe(3);
});

it('goes over sequences that nobody used', () => {
  const { disk, tail, catchUp, shown } = aTail();
  disk.push(stored(1), stored(5), stored(9));
  tail.own([stored(5)]);
  tail.own([stored(9)]);
  catchUp();
  expect(shown()).toEqual([1, 5, 9]);
  disk.push(stored(10));
  catchUp();
  expect(shown()).toEqual([1, 5, 9, 10]);
});

it('reads much in parts, between which keys have their turn', () => {
  const { disk, tail, shown } = aTail();
  disk.push(...Array.from({ length: 2_500 }, (_, index) => stored(index + 1)));
  expect([tail.poll(), tail.poll(), tail.poll()]).toEqual([true, true, false]);
  expect(shown()).toHaveLength(2_500);
});

it('takes its own events in any order, and twice', () => {
  const { disk, tail, catchUp, shown, reads } = aTail();
  disk.push(...[1, 2, 3, 4, 5, 6, 7, 8].map(stored));
  tail.own([stored(5), stored(6)]);
  tail.own([stored(8)]);
  tail.own([stored(1), stored(2), stored(7)]);
  tail.own([stored(4), stored(6)]);
  catchUp();
  expect([shown(), reads()]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8], 1]);
  tail.own([stored(3)]);
  catchUp();
  expect([shown(), reads()]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8], 1]);
});

it('leaves what is on its way to itself, and reads of others what stays missing', () => {
  const { disk, tail, catchUp, shown, reads, writing } = aTail();
  writing(true);
  disk.push(...[1, 2, 3, 4].map(stored));
  catchUp();
  tail.own([stored(3)]);
  catchUp();
  expect([shown(), reads()]).toEqual([[3], 0]);
  tail.own([stored(1)]);
  catchUp();
  expect([shown(), reads()]).toEqual([[1, 3], 0]);
  catchUp();
  expect([shown(), reads()]).toEqual([[1, 2, 3], 1]);
  writing(false);
  catchUp();
  expect(shown()).toEqual([1, 2, 3, 4]);
});
