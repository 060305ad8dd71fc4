import { beforeEach, describe, expect, it } from 'vitest';
import { createFeedScreen } from '../../screens/feed/state.ts';
import { Problem } from '../../src/core/problem.ts';
import type { History } from '../../src/state/feed.ts';
import { createState } from '../../src/state/index.ts';
import { immediately } from '../../src/state/store.ts';
import { createTriage } from '../../src/state/triage.ts';
import { move } from '../../src/ui/list-state.ts';
import { anEvent, processEvents } from '../helpers/frames.tsx';
import { triageInMemory } from '../helpers/triage-store.ts';

const HEIGHT = 10;

/** A disk with events `proc-1` to `proc-<stored>`, of which the newest are in memory. */
function aScreen({ stored = 0, inMemory = 20, capacity = 1_000, broken = false } = {}) {
  const state = createState(immediately, () => 0, capacity);
  const disk = processEvents(1, stored).map((event, index) => ({ seq: index + 1, event }));
  const happen = (...events: ReturnType<typeof processEvents>) => {
    const added = events.map((event, index) => ({ seq: disk.length + 1 + index, event }));
    disk.push(...added);
    state.observer.events(added);
  };
  state.observer.events(disk.slice(-inMemory));
  const reads: number[] = [];
  const history: History = {
    async before(seq, limit) {
      reads.push(seq);
      if (broken) throw new Problem('storage', 'The disk is gone.');
      return disk
        .filter(stored => stored.seq < seq)
        .slice(-limit)
        .reverse();
    },
  };
  const triage = createTriage({ store: triageInMemory(), now: () => 0, who: 'mia' });
  const screen = createFeedScreen(state, { history: () => history, triage: () => triage, now: () => 0 });
  const names = () => Array.from({ length: screen.rows().size }, (_, index) => screen.rows().at(index)?.event.row.name);
  const selected = () => screen.current()?.event.row.name;
  const press = (by: number) => screen.scroll((list, extent) => move(list, by, extent), HEIGHT);
  const quiet = () => expect.poll(() => screen.get().looking).toBeUndefined();
  return { screen, state, happen, triage, names, selected, press, quiet, reads };
}

const again = (number: number) => anEvent({ dedupeKey: `again-${number}`, row: { port: '4444', pid: `${number}` } });

describe('folding', () => {
  let feed: ReturnType<typeof aScreen>;
  beforeEach(() => {
    feed = aScreen();
    feed.happen(again(1), ...processEvents(1, 1), again(2), ...processEvents(2, 2), again(3));
  });

  it('makes one line of events that say the same, and shows each when it is off', () => {
    expect(feed.screen.rows().size).toBe(3);
    expect(feed.screen.rows().at(2)?.fold).toMatchObject({ count: 3 });
    feed.screen.fold(false);
    expect(feed.screen.get().folded).toBe(false);
    expect(feed.screen.rows().size).toBe(5);
  });

  it('keeps the cursor on its event, and the pause', () => {
    feed.press(-1);
    expect(feed.selected()).toBe('proc-2');
    feed.screen.fold(false);
    expect(feed.selected()).toBe('proc-2');
    feed.press(-1);
    expect(feed.screen.current()?.event.row.pid).toBe('2');
    feed.screen.fold(true);
    expect(feed.screen.current()?.fold?.count).toBe(3);
  });

  it('stands still in a pause', () => {
    feed.screen.pause();
    feed.happen(again(4), ...processEvents(3, 9));
    expect(feed.screen.rows().size).toBe(3);
    expect(feed.screen.rows().at(2)?.fold?.members()).toHaveLength(3);
    expect(feed.screen.arrived().total).toBe(8);
    feed.screen.follow();
    expect(feed.screen.rows().size).toBe(10);
  });

  it('lets go of members that fall out of memory', () => {
    feed = aScreen({ capacity: 4 });
    feed.happen(again(1), again(2), ...processEvents(1, 1), again(3));
    expect(feed.screen.rows().at(1)?.fold?.count).toBe(3);
    feed.happen(...processEvents(2, 3));
    expect(feed.screen.rows().size).toBe(4);
    expect(feed.screen.rows().at(1)?.fold).toBeUndefined();
  });

  it('takes in events that another process stored in between', () => {
    feed = aScreen();
    const [first, second] = processEvents(1, 2);
    const push = (seq: number, event: typeof first) => event && feed.state.observer.events([{ seq, event }]);
    push(10, first);
    push(20, again(1));
    expect(feed.screen.rows().size).toBe(2);
    push(15, second);
    push(16, again(2));
    expect(feed.names().slice(0, 2)).toEqual(['proc-1', 'proc-2']);
    expect(
      feed.screen
        .rows()
        .at(2)
        ?.fold?.members()
        .map(({ seq }) => seq),
    ).toEqual([16, 20]);
    expect(feed.screen.look('proc')).toBeUndefined();
    push(12, anEvent({ dedupeKey: 'late', row: { name: 'proc-late' } }));
    expect(feed.names()).toEqual(['proc-1', 'proc-late', 'proc-2']);
  });
});

describe('what a decision is for', () => {
  it('is the row under the cursor with all that it stands for, else the marked rows', () => {
    const { screen, happen } = aScreen();
    happen(...processEvents(1, 3), again(1), again(2));
    expect(screen.chosen().map(({ seq }) => seq)).toEqual([4, 5]);
    const marked = screen.rows().at(1)?.event.id ?? '';
    screen.patch({ marks: new Set([marked, screen.chosen()[0]?.event.id ?? '', 'gone']) });
    expect(screen.chosen().map(({ seq }) => seq)).toEqual([2, 4, 5]);
    screen.look('proc-3');
    expect(screen.chosen().map(({ seq }) => seq)).toEqual([3]);
  });
});

describe('seeking', () => {
  it('goes to the next row that passes, and pauses', () => {
    const { screen, selected } = aScreen({ stored: 20 });
    expect(screen.seek(({ event }) => event.row.name === 'proc-3', -1, HEIGHT)).toBe(true);
    expect(selected()).toBe('proc-3');
    expect(screen.get().pause).toBeDefined();
    expect(screen.seek(({ event }) => event.row.name === 'proc-3', 1, HEIGHT)).toBe(false);
    expect(selected()).toBe('proc-3');
  });
});

describe('the filter', () => {
  it('is switched off and on without being lost', () => {
    const { screen } = aScreen({ stored: 20 });
    screen.look('proc-1');
    expect(screen.rows().size).toBe(11);
    screen.filterOn(false);
    expect(screen.get()).toMatchObject({ filter: 'proc-1', filtering: false });
    expect(screen.rows().size).toBe(20);
    screen.filterOn(true);
    expect(screen.rows().size).toBe(11);
  });

  it('follows decisions where it asks for them, with the cursor on the next row', () => {
    const { screen, triage, names, selected, press } = aScreen({ stored: 5 });
    screen.look('status:open');
    press(-1);
    press(-1);
    expect(selected()).toBe('proc-3');
    triage.decide(
      screen.chosen().map(({ event }) => event.id),
      { state: 'false_positive' },
    );
    expect(names()).toEqual(['proc-1', 'proc-2', 'proc-4', 'proc-5']);
    expect(selected()).toBe('proc-4');
    triage.undo();
    expect(names()).toHaveLength(5);
    expect(selected()).toBe('proc-4');
    screen.follow();
    triage.decide([screen.current()?.event.id ?? ''], { state: 'true_positive' });
    expect(names()).toHaveLength(4);
  });
});

describe('paging back', () => {
  it('reads older events when one presses on at the oldest, and stays where one is', async () => {
    const { screen, names, selected, press, quiet } = aScreen({ stored: 100 });
    press(-19);
    await quiet();
    expect(selected()).toBe('proc-81');
    expect(names()).toHaveLength(100);
    press(-1);
    expect(selected()).toBe('proc-80');
    press(-100);
    expect(selected()).toBe('proc-1');
    press(-1);
    await quiet();
    expect(selected()).toBe('proc-1');
    expect(screen.get().edge).toBe('nothing older is stored');
  });

  it('reads a part near the oldest row, and goes on only when asked', async () => {
    const { names, press, quiet, reads } = aScreen({ stored: 3_000 });
    press(-5);
    expect(reads).toEqual([]);
    press(-10);
    await quiet();
    expect(reads).toEqual([2_981]);
    expect(names()).toHaveLength(520);
  });

  it('looks for what passes the filter until some is found', async () => {
    const { screen, names, quiet, reads } = aScreen({ stored: 3_000 });
    screen.look('proc-12');
    expect(names()).toEqual([]);
    await expect(screen.older()).resolves.toBe(true);
    await quiet();
    expect(names()[0]).toBe('proc-12');
    expect(names()).toHaveLength(111);
    expect(reads.length).toBeGreaterThan(3);
    await expect(screen.older()).resolves.toBe(false);
    expect(screen.get().edge).toBe('nothing older is stored');
  });

  it('shows how far it is, and stops when told', async () => {
    const { screen } = aScreen({ stored: 3_000 });
    screen.look('proc-29');
    const scanned: (number | undefined)[] = [];
    screen.subscribe(() => {
      scanned.push(screen.get().looking?.scanned);
      if (scanned.at(-1) === 1_000) expect(screen.stopLooking()).toBe(true);
    });
    await expect(screen.older()).resolves.toBe(false);
    expect(scanned.filter(count => count !== undefined)).toEqual([0, 500, 1_000]);
    expect(screen.get()).toMatchObject({ looking: undefined, edge: undefined });
    expect(screen.stopLooking()).toBe(false);
  });

  it('adds older members to the lines that there are', async () => {
    const { screen, happen, quiet } = aScreen({ capacity: 10 });
    happen(again(1), ...processEvents(1, 8), again(2), ...processEvents(9, 12));
    screen.look('port:4444');
    screen.look('listening_ports');
    expect(screen.rows().size).toBe(1);
    await screen.older();
    await quiet();
    expect(screen.rows().size).toBe(1);
    expect(screen.current()?.fold).toMatchObject({ count: 2 });
  });

  it('keeps what was read when a decision hides a row, and brings the row back when that is undone', async () => {
    const { screen, triage, names, press, quiet } = aScreen({ stored: 60 });
    screen.look('status:open');
    press(-19);
    await quiet();
    press(-30);
    const ids = screen.chosen().map(({ event }) => event.id);
    const before = names();
    triage.decide(ids, { state: 'false_positive' });
    expect(names()).toEqual(before.filter(name => name !== 'proc-11'));
    triage.undo();
    expect(names()).toEqual(before);
  });

  it('says when the disk cannot be read', async () => {
    const { screen } = aScreen({ stored: 100, broken: true });
    await expect(screen.older()).resolves.toBe(false);
    expect(screen.get()).toMatchObject({ edge: 'The disk is gone.', looking: undefined });
  });

  it('begins anew with another filter, and is forgotten when one follows', async () => {
    const { screen, names } = aScreen({ stored: 100 });
    await screen.older();
    expect(names()).toHaveLength(100);
    screen.look('proc-9');
    expect(names()).toHaveLength(10);
    await screen.older();
    expect(names()).toHaveLength(11);
    screen.follow();
    expect(names()).toHaveLength(10);
  });
});
