import { expect, it } from 'vitest';
import { FeedTail } from '../../src/cli/feed-tail.ts';
import type { EventQuery, StoredEvent } from '../../src/core/ports.ts';
import { createFeed } from '../../src/state/feed.ts';
import { immediately } from '../../src/state/store.ts';
import { anEvent } from '../helpers/frames.tsx';

const stored = (seq: number): StoredEvent => ({ seq, event: anEvent({ dedupeKey: `k${seq}` }) });

function aTail() {
  const disk: StoredEvent[] = [];
  let read = 0;
  const page = ({ afterSeq = 0 }: EventQuery) => {
    const found = disk.filter(({ seq }) => seq > afterSeq);
    read += found.length;
    return found;
  };
  const feed = createFeed(immediately, 100);
  const tail = new FeedTail({ page }, 0, events => feed.add(events));
  const shown = () => {
    const { ring } = feed.get();
    return Array.from({ length: ring.size }, (_, index) => ring.at(index)?.seq);
  };
  return { disk, tail, shown, reads: () => read };
}

it('shows its own events at once, and does not read them again', () => {
  const { disk, tail, shown, reads } = aTail();
  disk.push(stored(1), stored(2));
  tail.own([stored(1), stored(2)]);
  tail.poll();
  expect(shown()).toEqual([1, 2]);
  expect(reads()).toBe(0);
});

it('reads what another process stored in between, and puts it where it belongs', () => {
  const { disk, tail, shown } = aTail();
  disk.push(stored(1), stored(2), stored(3), stored(4));
  tail.own([stored(1)]);
  tail.own([stored(4)]);
  expect(shown()).toEqual([1, 4]);
  tail.poll();
  expect(shown()).toEqual([1, 2, 3, 4]);
  tail.poll();
  expect(shown()).toEqual([1, 2, 3, 4]);
});
