import { describe, expect, it } from 'vitest';
import { type FeedRow, indexOfSeq, LiveRows, Matches, nextRow } from '../../screens/feed/rows.ts';
import { createFeedScreen } from '../../screens/feed/state.ts';
import { createState } from '../../src/state/index.ts';
import { immediately } from '../../src/state/store.ts';
import { anEvent, processEvents } from '../helpers/frames.tsx';

const stateWith = (capacity?: number) => {
  const state = createState(immediately, () => 0, capacity);
  let seq = 0;
  const happen = (...events: ReturnType<typeof processEvents>) =>
    state.observer.events(
      events.map(event => {
        seq += 1;
        return { seq, event };
      }),
    );
  return { state, happen };
};

const titles = (rows: { readonly size: number; at(index: number): { event: { title: string } } | undefined }) =>
  Array.from({ length: rows.size }, (_, index) => rows.at(index)?.event.title.replace(/^.*added: (\S+).*$/, '$1'));

describe('matches', () => {
  it('test each event once, however often they are brought up to date', () => {
    const { state, happen } = stateWith();
    let tests = 0;
    const matches = new Matches(event => {
      tests += 1;
      return event.row.pid === '2' || event.row.pid === '4';
    });
    happen(...processEvents(1, 3));
    matches.update(state.feed.get().ring);
    matches.update(state.feed.get().ring);
    happen(...processEvents(4, 5));
    matches.update(state.feed.get().ring);
    expect(titles(matches)).toEqual(['proc-2', 'proc-4']);
    expect(tests).toBe(5);
  });

  it('let go of what fell out of memory, and still count it', () => {
    const { state, happen } = stateWith(3_000);
    const matches = new Matches(() => true);
    for (let first = 1; first < 10_000; first += 500) {
      happen(...processEvents(first, first + 499));
      matches.update(state.feed.get().ring);
    }
    expect(matches.size).toBe(3_000);
    expect(matches.at(0)?.seq).toBe(7_001);
    expect(matches.tally.total).toBe(10_000);
  });

  it('count what is high', () => {
    const { state, happen } = stateWith();
    happen(...processEvents(1, 3), anEvent({ tables: ['crontab'] }));
    const live = new LiveRows(state.feed.get);
    expect(live.tally).toEqual({ total: 4, high: 1 });
    live.filter(event => event.table === 'crontab');
    expect(live.tally).toEqual({ total: 1, high: 1 });
  });
});

describe('frozen rows', () => {
  it('stay as they are', () => {
    const { state, happen } = stateWith(5);
    happen(...processEvents(1, 5));
    const frozen = new LiveRows(state.feed.get).freeze(5).rows;
    happen(...processEvents(6, 20));
    expect(titles(frozen)).toEqual(['proc-1', 'proc-2', 'proc-3', 'proc-4', 'proc-5']);
  });

  it('leave out what is newer than asked for', () => {
    const { state, happen } = stateWith();
    happen(...processEvents(1, 5));
    expect(titles(new LiveRows(state.feed.get).freeze(3).rows)).toEqual(['proc-1', 'proc-2', 'proc-3']);
  });
});

describe('finding rows', () => {
  it('by sequence, or the nearest after it', () => {
    const { state, happen } = stateWith();
    happen(...processEvents(1, 9));
    const even = new Matches(event => Number(event.row.pid) % 2 === 0);
    even.update(state.feed.get().ring);
    expect(indexOfSeq(even, 4)).toBe(1);
    expect(indexOfSeq(even, 5)).toBe(2);
    expect(indexOfSeq(even, 99)).toBe(3);
  });

  it('by what they hold, in both directions', () => {
    const { state, happen } = stateWith();
    happen(...processEvents(1, 3), anEvent({ tables: ['crontab'] }), ...processEvents(4, 5));
    const { ring } = state.feed.get();
    const isCron = ({ event }: FeedRow) => event.table === 'crontab';
    expect(nextRow(ring, 0, 1, isCron)).toBe(3);
    expect(nextRow(ring, 5, -1, isCron)).toBe(3);
    expect(nextRow(ring, 3, 1, isCron)).toBeUndefined();
  });
});

describe('a filter over a full memory', () => {
  it('finds the same as looking at every event', () => {
    const { state, happen } = stateWith(100_000);
    for (let first = 1; first <= 100_000; first += 10_000) happen(...processEvents(first, first + 9_999));
    const screen = createFeedScreen(state, { history: () => undefined, triage: () => undefined, now: Date.now });
    expect(screen.look('proc-99')).toBeUndefined();
    expect(screen.rows().size).toBe(1_111);
    expect(screen.look('sev>=high')).toBeUndefined();
    expect(screen.rows().size).toBe(0);
    expect(screen.look('')).toBeUndefined();
    expect(screen.rows().size).toBe(100_000);
  });
});
