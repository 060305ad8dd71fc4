import { expect, it } from 'vitest';
import { RunTail } from '../../src/cli/run-tail.ts';
import { Run } from '../../src/core/run.ts';
import { createState } from '../../src/state/index.ts';
import { immediately } from '../../src/state/store.ts';
import { aHost } from '../helpers/model.ts';

const aRun = (id: string): Run =>
  new Run({ id, template: 't', digest: 'd', sql: '', params: {}, sources: ['lab'], startedAt: 0, timeoutMs: 1_000 }, [aHost('web-1')]);

const answered = (run: Run): Run => {
  run.answer('lab', { hostId: 'web-1', at: 1, state: 'rows', rows: [] });
  return run;
};

/** A store that tells its runs anew each time, as they are on disk. */
function aTail() {
  const disk = new Map<string, () => Run>();
  const read: string[] = [];
  const engine = {
    runIds: () => [...disk.keys()].toReversed(),
    rejoin(id: string) {
      read.push(id);
      return disk.get(id)?.();
    },
  };
  const state = createState(immediately, () => 0);
  return { disk, read, state, tail: new RunTail(engine, state), shown: () => state.runs.get().runs.map(({ id }) => id) };
}

it('shows the stored runs, newest first, and those that begin later', () => {
  const { disk, tail, shown } = aTail();
  disk.set('r1', () => aRun('r1')).set('r2', () => aRun('r2'));
  tail.poll();
  expect(shown()).toEqual(['r2', 'r1']);
  disk.set('r3', () => aRun('r3'));
  tail.poll();
  expect(shown()).toEqual(['r3', 'r2', 'r1']);
});

it('follows an open run of another process to its end, and reads it no more then', () => {
  const { disk, tail, state, read } = aTail();
  disk.set('r1', () => aRun('r1'));
  tail.poll();
  disk.set('r1', () => answered(aRun('r1')));
  tail.poll();
  expect(state.runs.get().runs[0]?.tally).toMatchObject({ answered: 1, waiting: 0 });
  const over = answered(aRun('r1'));
  over.end(2, 'ended');
  disk.set('r1', () => over);
  tail.poll();
  expect(state.runs.get().runs[0]?.phase).toBe('ended');
  tail.poll();
  expect(read).toHaveLength(3);
});

it('leaves the screen alone while nothing changes', () => {
  const { disk, tail, state } = aTail();
  disk.set('r1', () => aRun('r1'));
  tail.poll();
  const before = state.runs.get();
  tail.poll();
  expect(state.runs.get()).toBe(before);
});
