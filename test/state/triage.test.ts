import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createTriage } from '../../src/state/triage.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { storeOn } from '../helpers/stores.ts';
import { triageInMemory } from '../helpers/triage-store.ts';

const DAY = 86_400_000;

function consoles(...names: string[]) {
  const file = path.join(temporaryDirectory(), 'rollcall.db');
  const clock = new FakeClock();
  const boards = names.map(who => {
    const store = storeOn(file);
    return createTriage({ store, now: () => clock.now(), who });
  });
  return { clock, boards };
}

function only<T>(boards: readonly T[]): T {
  const [board] = boards;
  if (!board) throw new Error('no console');
  return board;
}

describe('the triage board', () => {
  it('decides on one or many, says who and when, and tells its listeners', () => {
    const { clock, boards } = consoles('mia');
    const board = only(boards);
    const told = vi.fn();
    board.subscribe(told);
    board.decide(['a', 'b'], { state: 'false_positive', comment: 'backup job' });
    expect(board.of('b')).toEqual({
      state: 'false_positive',
      until: null,
      who: 'mia',
      at: clock.now(),
      reason: 'backup job',
      comments: 1,
    });
    expect([board.stateOf('a'), board.stateOf('c'), board.of('c')]).toEqual(['false_positive', 'new', undefined]);
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('repeats the last verdict on others', () => {
    const board = only(consoles('mia').boards);
    expect(board.repeat(['a'])).toBe(false);
    board.decide(['a'], { state: 'escalated', comment: 'for tier 2' });
    expect(board.repeat(['b', 'c'])).toBe(true);
    expect(board.of('c')).toMatchObject({ state: 'escalated', reason: 'for tier 2' });
  });

  it('takes decisions back, step by step', () => {
    const board = only(consoles('mia').boards);
    board.decide(['a'], { state: 'acknowledged' });
    board.decide(['a', 'b'], { state: 'true_positive' });
    expect(board.undo()).toMatchObject({ decision: { state: 'true_positive' }, events: ['a', 'b'], left: 0 });
    expect([board.stateOf('a'), board.stateOf('b')]).toEqual(['acknowledged', 'new']);
    expect(board.undo()).toMatchObject({ decision: { state: 'acknowledged' }, events: ['a'] });
    expect(board.stateOf('a')).toBe('new');
    expect(board.undo()).toBeUndefined();
    expect(board.history('a').map(({ action, state }) => `${action} ${state}`)).toEqual([
      'decide acknowledged',
      'decide true_positive',
      'undo acknowledged',
      'undo new',
    ]);
  });

  it('wakes what was snoozed', async () => {
    const { clock, boards } = consoles('mia');
    const board = only(boards);
    board.decide(['a'], { state: 'snoozed', until: clock.now() + DAY, comment: 'patch tomorrow' });
    expect(board.stateOf('a')).toBe('snoozed');
    const told = vi.fn();
    board.subscribe(told);
    board.refresh();
    expect(told).not.toHaveBeenCalled();
    await clock.advance(DAY);
    board.refresh();
    board.refresh();
    expect(told).toHaveBeenCalledTimes(1);
    expect(board.stateOf('a')).toBe('new');
    expect(board.of('a')?.reason).toBe('patch tomorrow');
  });

  it('comments without deciding', () => {
    const board = only(consoles('mia').boards);
    board.decide(['a'], { state: 'in_progress' });
    board.comment(['a', 'b'], 'asked the owner');
    expect(board.of('a')).toMatchObject({ state: 'in_progress', comments: 1 });
    expect(board.of('b')).toMatchObject({ state: 'new', comments: 1 });
    board.decide(['a'], { state: 'false_positive' });
    board.undo();
    expect(board.stateOf('a')).toBe('in_progress');
  });
});

describe('two consoles on one data directory', () => {
  it('see each other by asking', () => {
    const { boards } = consoles('mia', 'ben');
    const [mia, ben] = boards;
    expect([ben?.of('a'), ben?.stateOf('a')]).toEqual([undefined, 'new']);
    mia?.decide(['a'], { state: 'acknowledged' });
    expect(ben?.stateOf('a')).toBe('new');
    ben?.refresh();
    expect(ben?.stateOf('a')).toBe('acknowledged');
    expect(ben?.of('a')).toMatchObject({ state: 'acknowledged', who: 'mia' });
    ben?.decide(['a'], { state: 'false_positive' });
    mia?.refresh();
    expect(mia?.of('a')).toMatchObject({ state: 'false_positive', who: 'ben' });
  });

  it('do not take back what the other decided since', () => {
    const { boards } = consoles('mia', 'ben');
    const [mia, ben] = boards;
    mia?.decide(['a', 'b'], { state: 'false_positive' });
    ben?.decide(['a'], { state: 'escalated' });
    expect(mia?.undo()).toEqual({ decision: { state: 'false_positive', until: null, comment: '' }, events: ['b'], left: 1 });
    expect([mia?.stateOf('a'), mia?.stateOf('b')]).toEqual(['escalated', 'new']);
  });
});

describe('a board without a data file', () => {
  it('knows nothing, refuses to decide, and begins with the file', () => {
    const clock = new FakeClock();
    const board = createTriage({ now: () => clock.now() });
    expect([board.of('a'), board.stateOf('a'), board.history('a'), board.undo()]).toEqual([undefined, 'new', [], undefined]);
    expect(() => board.decide(['a'], { state: 'escalated' })).toThrow('still being opened');
    expect(board.last()).toBeUndefined();
    const store = triageInMemory();
    store.decide(['a'], { state: 'acknowledged', until: null, comment: '' }, 'ben', clock.now());
    const told = vi.fn();
    board.subscribe(told);
    board.open(store, 'mia');
    expect(told).toHaveBeenCalledTimes(1);
    board.decide(['b'], { state: 'escalated' });
    expect([board.stateOf('a'), board.of('b')?.who]).toEqual(['acknowledged', 'mia']);
  });
});

describe('a long history', () => {
  it('is read where it is asked for, and new decisions are taken in', () => {
    const store = triageInMemory();
    const events = Array.from({ length: 10_001 }, (_, n) => `e${n}`);
    store.decide(events, { state: 'false_positive', until: null, comment: '' }, 'ben', 1);
    const read: string[] = [];
    const board = createTriage({
      store: {
        ...store,
        triageState(event) {
          read.push(event);
          return store.triageState(event);
        },
      },
      now: () => 2,
      who: 'mia',
    });
    expect(['e7', 'e7', 'none', 'none'].map(board.stateOf)).toEqual(['false_positive', 'false_positive', 'new', 'new']);
    expect(read).toEqual(['e7', 'none']);
    store.decide(['none'], { state: 'escalated', until: null, comment: '' }, 'ben', 3);
    board.decide(['e8'], { state: 'new' });
    expect(['none', 'e8', 'e9'].map(board.stateOf)).toEqual(['escalated', 'new', 'false_positive']);
  });
});
