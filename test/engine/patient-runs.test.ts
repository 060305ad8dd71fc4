import { beforeEach, describe, expect, it } from 'vitest';
import type { HostAnswer } from '../../src/core/model.ts';
import { Problem } from '../../src/core/problem.ts';
import { Run } from '../../src/core/run.ts';
import { PatientRuns } from '../../src/engine/patient-runs.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aHost } from '../helpers/model.ts';
import { memoryStore } from './harness.ts';

const answer = (hostId: string): HostAnswer => ({ hostId, at: 0, state: 'rows', rows: [] });

let full: boolean;
let written: string[];
let notices: string[];
let clock: FakeClock;
let stop: AbortController;
let runs: PatientRuns;
const run = new Run(
  {
    id: 'r1',
    template: 'users',
    digest: 'sha256:0',
    sql: '',
    params: {},
    sources: ['lab'],
    startedAt: 0,
    timeoutMs: 1_000,
    pid: 1,
  },
  [aHost('web-1')],
);

beforeEach(() => {
  full = false;
  written = [];
  notices = [];
  clock = new FakeClock();
  stop = new AbortController();
  const write = (what: string) => {
    if (full) throw new Problem('storage', 'The disk is full.', { transient: true });
    written.push(what);
  };
  runs = new PatientRuns({
    store: { ...memoryStore(), saveRun: ({ id }) => write(id), saveAnswer: (_run, _source, { hostId }) => write(hostId) },
    clock,
    observer: { notice: ({ text }) => void notices.push(text) },
    signal: stop.signal,
  });
});

describe('a run on a full disk', () => {
  it('is not begun', () => {
    full = true;
    expect(() => runs.saveRun(run)).toThrow('The disk is full.');
  });

  it('goes on in memory, says so once, and is written in order when there is room', async () => {
    runs.saveRun(run);
    full = true;
    runs.saveAnswer('r1', 'lab', answer('a'), false);
    runs.saveAnswer('r1', 'lab', answer('b'), false);
    runs.saveRun(run);
    await clock.advance(10_000);
    expect([written, notices]).toEqual([['r1'], ['Answers are kept in memory until they can be stored. The disk is full.']]);
    full = false;
    await clock.advance(2_000);
    expect(written).toEqual(['r1', 'a', 'b', 'r1']);
    expect(notices.at(-1)).toBe('All answers are stored now.');
    runs.saveAnswer('r1', 'lab', answer('c'), false);
    expect(written.at(-1)).toBe('c');
  });

  it('says what is lost when it is left so', async () => {
    runs.saveRun(run);
    full = true;
    runs.saveAnswer('r1', 'lab', answer('a'), false);
    stop.abort();
    await clock.advance(10_000);
    expect(runs.flush()?.message).toBe('The disk is full.');
    full = false;
    expect(runs.flush()).toBeUndefined();
    expect(written).toEqual(['r1', 'a']);
  });
});
