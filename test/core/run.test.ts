import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Host, HostAnswer } from '../../src/core/model.ts';
import { bucketOf, Run, TARGET_STATES, targetKeys } from '../../src/core/run.ts';
import { aHost } from '../helpers/model.ts';

const START = 1_785_312_000_000;
const aRun = (hosts: readonly Host[]) =>
  new Run({ id: 'r', template: 't', digest: 'd', sql: 's', params: {}, sources: ['lab'], startedAt: START, timeoutMs: 60_000 }, hosts);
const abc = () => aRun(['a', 'b', 'c'].map(name => aHost(name)));
const rows = (hostId: string, count = 1, at = START + 100): HostAnswer => ({
  hostId,
  at,
  state: 'rows',
  rows: Array.from({ length: count }, () => ({ x: '1' })),
});
const error = (hostId: string): HostAnswer => ({ hostId, at: START + 100, state: 'error', error: 'no such table' });
const stateOf = (run: Run, id: string) => run.target('lab', id)?.state;

describe('targetKeys', () => {
  it('is the hostname, with the start of the uuid for each of those that share one', () => {
    const twins = [aHost('web', { id: '1', uuid: 'AAAAAAAA-1' }), aHost('db'), aHost('web', { id: '2', uuid: 'BBBBBBBB-2' })];
    expect(targetKeys(twins)).toEqual(['web (AAAAAAAA)', 'db', 'web (BBBBBBBB)']);
  });

  it('is different for every host, even for clones and for a name that looks like a key', () => {
    const odd = [
      aHost('a', { id: '1', uuid: '11111111' }),
      aHost('a', { id: '2', uuid: '11111111' }),
      aHost('a', { id: '1', uuid: '22222222', source: 's2' }),
      aHost('a (22222222)', { id: '3' }),
    ];
    expect(new Set(targetKeys(odd)).size).toBe(odd.length);
  });
});

describe('Run', () => {
  it('begins with everybody waiting', () => {
    const run = abc();
    expect(run.tally).toEqual({ targeted: 3, answered: 0, failed: 0, timedOut: 0, waiting: 3 });
    expect(run).toMatchObject({ open: true, phase: 'waiting', endedAt: null, id: 'r' });
  });

  it('refuses a host that stands twice in the list', () => {
    expect(() => aRun([aHost('a'), aHost('a')])).toThrow();
    expect(aRun([aHost('a'), aHost('a', { source: 'other' })]).targets).toHaveLength(2);
  });

  it('tells rows, no rows and failures apart', () => {
    const run = abc();
    expect(run.answer('lab', rows('a', 2))).toMatchObject({ state: 'rows', afterMs: 100, late: false, reason: '' });
    expect(run.answer('lab', rows('b', 0))).toMatchObject({ state: 'no_rows', rows: [] });
    expect(run.answer('lab', error('c'))).toMatchObject({ state: 'error', reason: 'no such table' });
    expect(run.tally).toEqual({ targeted: 3, answered: 2, failed: 1, timedOut: 0, waiting: 0 });
  });

  it('keeps the remark that came with an answer', () => {
    const run = abc();
    run.answer('lab', { hostId: 'a', at: START, state: 'rows', rows: [{ x: '1' }], note: 'cut at 1,000 rows' });
    expect(run.target('lab', 'a')?.reason).toBe('cut at 1,000 rows');
  });

  it('lets the first answer stand and ignores strangers', () => {
    const run = abc();
    run.answer('lab', error('a'));
    const { version } = run;
    expect(run.answer('lab', rows('a'))).toBeUndefined();
    expect(run.answer('lab', rows('z'))).toBeUndefined();
    expect(run.answer('other', rows('b'))).toBeUndefined();
    expect(run.version).toBe(version);
    expect(stateOf(run, 'a')).toBe('error');
  });

  it('calls nobody earlier than the dispatch', () => {
    const run = abc();
    expect(run.answer('lab', rows('a', 1, START - 5_000))?.afterMs).toBe(0);
  });

  it('says why each silent host is silent', () => {
    const run = abc();
    run.answer('lab', rows('a'));
    run.silence('lab', 'b', 'offline', 'not seen for 3 d');
    run.end(START + 60_000, 'ended');
    expect(run.targets.map(({ state, reason }) => [state, reason])).toEqual([
      ['rows', ''],
      ['offline', 'not seen for 3 d'],
      ['timed_out', 'no answer within 60 s'],
    ]);
    expect(run).toMatchObject({ open: false, phase: 'ended', endedAt: START + 60_000 });
  });

  it('silences only those who wait', () => {
    const run = abc();
    run.answer('lab', rows('a'));
    expect(run.silence('lab', 'a', 'offline', 'gone')).toBeUndefined();
    expect(run.silence('lab', 'b', 'offline', 'gone')?.state).toBe('offline');
    expect(run.silence('lab', 'b', 'timed_out', 'again')).toBeUndefined();
  });

  it('folds a late answer in, marked as late', () => {
    const run = abc();
    run.end(START + 60_000, 'ended');
    expect(run.answer('lab', rows('b', 1, START + 70_000))).toMatchObject({ state: 'rows', late: true, afterMs: 70_000, reason: '' });
    expect(run.tally).toEqual({ targeted: 3, answered: 1, failed: 0, timedOut: 2, waiting: 0 });
  });

  it('takes the answer of a host that was thought offline', () => {
    const run = abc();
    run.silence('lab', 'a', 'offline', 'gone');
    expect(run.answer('lab', rows('a'))).toMatchObject({ state: 'rows', late: false, reason: '' });
  });

  it('counts the cancelled as not answered, and ends once', () => {
    const run = abc();
    run.answer('lab', rows('a'));
    run.end(START + 5_000, 'cancelled');
    run.end(START + 60_000, 'ended');
    expect(run).toMatchObject({ phase: 'cancelled', endedAt: START + 5_000 });
    expect([stateOf(run, 'a'), stateOf(run, 'b')]).toEqual(['rows', 'cancelled']);
    expect(run.tally.timedOut).toBe(2);
  });

  it('notes each remark once, and rises its version with every change', () => {
    const run = abc();
    const seen = [run.version];
    run.note('the socket broke');
    seen.push(run.version);
    run.note('the socket broke');
    expect(run.version).toBe(seen.at(-1));
    run.answer('lab', rows('a'));
    seen.push(run.version);
    run.end(START + 1, 'ended');
    seen.push(run.version);
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    expect(run.notes).toEqual(['the socket broke']);
  });

  it('always adds up, whatever happens in whatever order', () => {
    const step = fc.record({
      kind: fc.constantFrom('rows', 'none', 'error', 'denylisted', 'offline', 'timed_out', 'end', 'cancel'),
      host: fc.constantFrom('a', 'b', 'c', 'stranger'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        const run = abc();
        for (const { kind, host } of steps) {
          if (kind === 'rows' || kind === 'none') run.answer('lab', rows(host, kind === 'rows' ? 1 : 0));
          else if (kind === 'error' || kind === 'denylisted') run.answer('lab', { hostId: host, at: START, state: kind, error: '' });
          else if (kind === 'offline' || kind === 'timed_out') run.silence('lab', host, kind, 'x');
          else run.end(START, kind === 'end' ? 'ended' : 'cancelled');
          const { targeted, answered, failed, timedOut, waiting } = run.tally;
          expect(answered + failed + timedOut + waiting).toBe(targeted);
          for (const state of TARGET_STATES) expect(run.count(state)).toBe(run.targets.filter(target => target.state === state).length);
          expect(run.targets.filter(target => bucketOf(target.state) === 'waiting').length).toBe(run.open ? waiting : 0);
        }
      }),
    );
  });
});

it('names the hosts that were offline when they were asked, and counts them with the silent ones', () => {
  const record = { id: 'r', template: 't', digest: 'd', sql: 's', params: {}, sources: ['lab'], startedAt: 0, timeoutMs: 60_000 };
  const run = new Run(record, [aHost('web-1'), aHost('old-1', { status: 'offline' })]);
  run.end(60_000, 'ended');
  expect(run.target('lab', 'web-1')).toMatchObject({ state: 'timed_out', reason: 'no answer within 60 s' });
  expect(run.target('lab', 'old-1')).toMatchObject({ state: 'offline', reason: 'was offline when it was asked; no answer within 60 s' });
  expect(run.tally).toMatchObject({ timedOut: 2, waiting: 0 });
});

describe('a run that goes out in several sendings', () => {
  const hosts = ['a', 'b', 'c', 'd'].map(name => aHost(name));
  const inTwo = () => {
    const run = aRun(hosts);
    run.queue(hosts.slice(2));
    const first = run.send(hosts.slice(0, 2), START, 60_000);
    return { run, first };
  };

  it('waits for those whose wave has not begun too, so that its numbers add up', () => {
    const { run } = inTwo();
    expect(run.targets.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'queued', 'queued']);
    expect(run.tally).toEqual({ targeted: 4, answered: 0, failed: 0, timedOut: 0, waiting: 4 });
  });

  it('gives each host its own deadline, and calls late what comes after it though the run goes on', () => {
    const { run, first } = inTwo();
    run.expire(first);
    expect(stateOf(run, 'a')).toBe('timed_out');
    run.send(hosts.slice(2), START + 60_000, 30_000);
    expect(run.answer('lab', rows('a', 1, START + 61_000))).toMatchObject({ late: true, afterMs: 61_000 });
    expect(run.answer('lab', rows('c', 1, START + 61_000))).toMatchObject({ late: false, afterMs: 1_000 });
    run.end(START + 90_000, 'ended');
    expect(run.target('lab', 'd')?.reason).toBe('no answer within 30 s');
    expect(run.deadline).toBe(START + 90_000);
  });

  it('expires only those that this sending asked last', () => {
    const { run, first } = inTwo();
    run.silence('lab', 'a', 'timed_out', 'took it and said nothing');
    const again = run.send(hosts.slice(0, 1), START + 1_000, 60_000);
    run.expire(first);
    expect([stateOf(run, 'a'), stateOf(run, 'b')]).toEqual(['waiting', 'timed_out']);
    expect(run.targetsOf(again).map(({ key }) => key)).toEqual(['a']);
    expect(run.targetsOf(first).map(({ key }) => key)).toEqual(['b']);
  });

  it.each([
    ['ended', 'the run ended before its wave'],
    ['cancelled', 'the run was cancelled before its wave'],
  ] as const)('names those that were never asked when it is %s', (phase, reason) => {
    const { run } = inTwo();
    run.end(START + 1, phase);
    expect(run.target('lab', 'd')).toMatchObject({ state: 'not_asked', reason });
    expect(run.tally).toEqual({ targeted: 4, answered: 0, failed: 0, timedOut: 4, waiting: 0 });
  });

  it('counts how the hosts of each sending stand, the away ones only as waited for', () => {
    const away = aHost('old-1', { status: 'offline' });
    const run = aRun([...hosts, away]);
    const sending = run.send([...hosts, away], START, 60_000);
    expect(run.standing(sending)).toMatchObject({ open: 5, well: 0, badly: 0, pending: 4 });
    run.answer('lab', rows('a'));
    run.answer('lab', error('b'));
    run.silence('lab', 'c', 'offline', 'gone since');
    expect(run.standing(sending)).toMatchObject({ open: 2, well: 1, badly: 1, pending: 1 });
    run.expire(sending);
    expect(run.standing(sending)).toMatchObject({ open: 0, well: 1, badly: 2, pending: 0 });
  });
});
