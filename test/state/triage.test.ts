import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openStore } from '../../src/adapters/sqlite-store.ts';
import { createTriage } from '../../src/state/triage.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

const DAY = 86_400_000;

function consoles(...names: string[]) {
  const file = path.join(temporaryDirectory(), 'rollcall.db');
  const clock = new FakeClock();
  const boards = names.map(who => {
    const store = openStore(file);
    onTestFinished(() => store.close());
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
    expect(board.undo()).toEqual(['a', 'b']);
    expect([board.stateOf('a'), board.stateOf('b')]).toEqual(['acknowledged', 'new']);
    expect(board.undo()).toEqual(['a']);
    expect(board.stateOf('a')).toBe('new');
    expect(board.undo()).toEqual([]);
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
    await clock.advance(DAY);
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
    mia?.decide(['a'], { state: 'acknowledged' });
    expect(ben?.of('a')).toBeUndefined();
    ben?.refresh();
    expect(ben?.of('a')).toMatchObject({ state: 'acknowledged', who: 'mia' });
    ben?.decide(['a'], { state: 'false_positive' });
    mia?.refresh();
    expect(mia?.of('a')).toMatchObject({ state: 'false_positive', who: 'ben' });
  });

  it('go on seeing each other until they are stopped', async () => {
    const { clock, boards } = consoles('mia', 'ben');
    const [mia, ben] = boards;
    const stop = new AbortController();
    const followed = ben?.follow(clock, 1_000, stop.signal, () => undefined);
    mia?.decide(['a'], { state: 'escalated' });
    await clock.advance(1_000);
    await vi.waitFor(() => expect(ben?.stateOf('a')).toBe('escalated'));
    stop.abort();
    await expect(followed).resolves.toBeUndefined();
  });
});
