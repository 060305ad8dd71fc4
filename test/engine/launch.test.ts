import { describe, expect, it } from 'vitest';
import type { ApprovedQuery } from '../../src/core/launch-policy.ts';
import type { Host, HostAnswer } from '../../src/core/model.ts';
import type { Connector, LiveQueryBackend, LiveUpdate } from '../../src/core/ports.ts';
import { Problem } from '../../src/core/problem.ts';
import { Run } from '../../src/core/run.ts';
import { settle } from '../helpers/fake-clock.ts';
import { aHost } from '../helpers/model.ts';
import { engineWith, LIVING } from './harness.ts';

/** A backend whose updates the test pushes by hand. */
class Scripted implements LiveQueryBackend {
  readonly rejoin: boolean = false;
  readonly sentTo: string[] = [];
  readonly ended: string[] = [];
  refuse: Problem | undefined;
  #queue: (LiveUpdate | 'end' | Problem)[] = [];
  #wake: () => void = () => undefined;

  push(...updates: (LiveUpdate | 'end' | Problem)[]): Promise<void> {
    this.#queue.push(...updates);
    this.#wake();
    return settle();
  }

  async launch(_query: unknown, hosts: readonly { id: string }[]) {
    if (this.refuse) throw this.refuse;
    this.sentTo.push(...hosts.map(({ id }) => id));
    return { remoteId: 'remote-1' };
  }

  async *updates(_remoteId: string, _hosts: unknown, _options: unknown, signal: AbortSignal): AsyncIterable<LiveUpdate> {
    while (!signal.aborted) {
      const next = this.#queue.shift();
      if (next === 'end') return;
      if (next instanceof Problem) throw next;
      if (next) yield next;
      else {
        await new Promise<void>(resolve => {
          this.#wake = resolve;
          signal.addEventListener('abort', () => resolve());
        });
      }
    }
  }

  async end(_remoteId: string, reason: string) {
    this.ended.push(reason);
    return reason === 'deadline' ? 'hosts may still run it' : undefined;
  }
}

const connectorWith = (liveQuery: LiveQueryBackend, id = 'lab'): Connector => ({
  id,
  kind: 'direct',
  check: async () => ({ version: '', account: '', can: [], cannot: [], remarks: [] }),
  hosts: async function* () {
    yield [];
  },
  feeds: [],
  liveQuery,
});

const rows = (hostId: string, at: number, count = 1): LiveUpdate => ({
  kind: 'answer',
  answer: { hostId, at, state: 'rows', rows: Array.from({ length: count }, () => ({ username: 'root' })) } satisfies HostAnswer,
});

const options = { timeoutMs: 60_000, offline: 'wait' } as const;
const ask = { template: 'some_users', params: {} };

it('sends to exactly the picked hosts and ends as soon as all of them have answered', async () => {
  const backend = new Scripted();
  const { engine, clock } = engineWith([connectorWith(backend)]);
  const { run, ended } = await engine.launch(ask, [aHost('web-1'), aHost('web-2')], options);
  await clock.advance(1_500);
  await backend.push(rows('web-1', clock.now()), {
    kind: 'answer',
    answer: { hostId: 'web-2', at: clock.now(), state: 'error', error: 'no such table: users' },
  });
  await ended;
  expect(backend.sentTo).toEqual(['web-1', 'web-2']);
  expect(run.tally).toEqual({ targeted: 2, answered: 1, failed: 1, timedOut: 0, waiting: 0 });
  expect(run.target('lab', 'web-1')).toMatchObject({ state: 'rows', afterMs: 1_500, late: false });
  expect(run.target('lab', 'web-2')).toMatchObject({ state: 'error', reason: 'no such table: users' });
  expect(backend.ended).toEqual(['answered']);
});

it('names the silent hosts at the deadline, keeps the remark of the server, and folds late answers in', async () => {
  const backend = new Scripted();
  const { engine, clock } = engineWith([connectorWith(backend)]);
  const { run, ended } = await engine.launch(ask, [aHost('web-1'), aHost('db-9')], options);
  await backend.push(rows('web-1', clock.now()));
  await clock.advance(60_000);
  await ended;
  expect(run.tally).toEqual({ targeted: 2, answered: 1, failed: 0, timedOut: 1, waiting: 0 });
  expect(run.target('lab', 'db-9')?.reason).toBe('no answer within 60 s');
  expect(run.notes).toEqual(['hosts may still run it']);
  await clock.advance(72_000);
  await backend.push(rows('db-9', clock.now(), 3));
  expect(run.target('lab', 'db-9')).toMatchObject({ state: 'rows', late: true, afterMs: 132_000 });
  expect(run.tally).toEqual({ targeted: 2, answered: 2, failed: 0, timedOut: 0, waiting: 0 });
});

it('asks the source, at the deadline, what it knows of the silent ones', async () => {
  const backend = Object.assign(new Scripted(), {
    silentAtDeadline: () => [{ kind: 'silent', state: 'offline', hostIds: ['db-9'], reason: 'offline: last seen 3h ago' }] as const,
  });
  const { engine, clock } = engineWith([connectorWith(backend)]);
  const { run, ended } = await engine.launch(ask, [aHost('web-1'), aHost('db-9')], options);
  await clock.advance(60_000);
  await ended;
  expect(run.target('lab', 'db-9')).toMatchObject({ state: 'offline', reason: 'offline: last seen 3h ago' });
  expect(run.target('lab', 'web-1')).toMatchObject({ state: 'timed_out', reason: 'no answer within 60 s' });
});

it('counts a host once, ignores hosts that were not asked, and lets the first answer stand', async () => {
  const backend = new Scripted();
  const { engine, clock } = engineWith([connectorWith(backend)]);
  const { run } = await engine.launch(ask, [aHost('web-1'), aHost('web-2')], options);
  await backend.push(rows('web-1', clock.now(), 1), rows('web-1', clock.now(), 9), rows('stranger', clock.now()));
  expect(run.target('lab', 'web-1')?.rows).toHaveLength(1);
  expect(run.tally).toMatchObject({ targeted: 2, answered: 1, waiting: 1 });
});

it('cancels: who had not answered is cancelled, and the server is told', async () => {
  const backend = new Scripted();
  const { engine } = engineWith([connectorWith(backend)]);
  const { run, ended } = await engine.launch(ask, [aHost('web-1')], options);
  await engine.cancel(run.id);
  await ended;
  expect(run.phase).toBe('cancelled');
  expect(run.target('lab', 'web-1')?.state).toBe('cancelled');
  expect(backend.ended).toEqual(['cancelled']);
});

it('keeps what was answered when the source breaks, and says why the others are silent', async () => {
  const backend = new Scripted();
  const { engine, clock } = engineWith([connectorWith(backend)]);
  const launched = await engine.launch(ask, [aHost('web-1'), aHost('web-2')], options);
  await backend.push(rows('web-1', clock.now()), new Problem('auth', 'The token was revoked.'));
  await launched.ended;
  expect(launched.run.tally).toEqual({ targeted: 2, answered: 1, failed: 0, timedOut: 1, waiting: 0 });
  expect(launched.run.target('lab', 'web-2')?.reason).toContain('The token was revoked.');
  expect(launched.problem()?.kind).toBe('auth');
});

it('throws what the source said when it did not take the query, and the run is on record as ended', async () => {
  const backend = new Scripted();
  backend.refuse = new Problem('unreachable', 'no route to osctrl');
  const { engine, runs } = engineWith([connectorWith(backend)]);
  await expect(engine.launch(ask, [aHost('web-1')], options)).rejects.toThrow('no route to osctrl');
  expect(runs().map(({ phase, tally }) => ({ phase, tally }))).toEqual([
    { phase: 'ended', tally: { targeted: 1, answered: 0, failed: 0, timedOut: 1, waiting: 0 } },
  ]);
});

it('asks the hosts of two sources in one run, and one source that refuses does not stop the other', async () => {
  const good = new Scripted();
  const bad = new Scripted();
  bad.refuse = new Problem('auth', 'no right to query');
  const { engine, clock } = engineWith([connectorWith(good, 'lab'), connectorWith(bad, 'prod')]);
  const { run, ended } = await engine.launch(ask, [aHost('web-1'), aHost('win-1', { source: 'prod' })], options);
  await good.push(rows('web-1', clock.now()));
  await ended;
  expect(run.tally).toEqual({ targeted: 2, answered: 1, failed: 0, timedOut: 1, waiting: 0 });
  expect(run.notes).toContain('no right to query');
});

it('refuses an unknown template, a bad parameter and an empty target list before anything is sent', async () => {
  const backend = new Scripted();
  const { engine, audit } = engineWith([connectorWith(backend)]);
  await expect(engine.launch({ template: 'SELECT * FROM users', params: {} }, [aHost('web-1')], options)).rejects.toMatchObject({
    kind: 'refused',
  });
  await expect(engine.launch({ template: 'some_users', params: { limit: '0x10' } }, [aHost('web-1')], options)).rejects.toMatchObject({
    kind: 'refused',
  });
  await expect(engine.launch(ask, [], options)).rejects.toMatchObject({ kind: 'usage' });
  expect(backend.sentTo).toEqual([]);
  expect(audit).toEqual([]);
});

it('writes the audit line, with every host, before the query leaves', async () => {
  const backend = new Scripted();
  const { engine, audit } = engineWith([connectorWith(backend)]);
  backend.refuse = new Problem('unreachable', 'gone');
  await engine.launch(ask, [aHost('web-1')], options).catch(() => undefined);
  expect(audit).toEqual([
    ['launch', expect.objectContaining({ template: 'some_users', hosts: [{ source: 'lab', id: 'web-1', hostname: 'web-1' }] })],
  ]);
});

it('ends open runs when rollcall is left', async () => {
  const backend = new Scripted();
  const { engine } = engineWith([connectorWith(backend)]);
  const { run } = await engine.launch(ask, [aHost('web-1')], options);
  await engine.stop();
  expect(run.phase).toBe('cancelled');
});

it('asks only the missing hosts again, and folds what they say into the same run', async () => {
  const backend = new Scripted();
  const { engine, clock } = engineWith([connectorWith(backend)]);
  const { run, ended } = await engine.launch(ask, [aHost('web-1'), aHost('db-9')], options);
  await backend.push(rows('web-1', clock.now()));
  await clock.advance(60_000);
  await ended;
  const missing = run.targets.filter(({ state }) => state !== 'rows');
  const second = await engine.again(run.id, missing, { ...options, timeoutMs: 120_000 });
  expect(second.run).toBe(run);
  expect(backend.sentTo).toEqual(['web-1', 'db-9', 'db-9']);
  expect(run.tally).toEqual({ targeted: 2, answered: 1, failed: 0, timedOut: 0, waiting: 1 });
  await backend.push(rows('db-9', clock.now(), 2));
  await second.ended;
  expect(run.tally).toEqual({ targeted: 2, answered: 2, failed: 0, timedOut: 0, waiting: 0 });
  expect(run.phase).toBe('ended');
});

it('gives the second round its own deadline, and says how long it was', async () => {
  const backend = new Scripted();
  const { engine, clock } = engineWith([connectorWith(backend)]);
  const { run, ended } = await engine.launch(ask, [aHost('db-9')], options);
  await clock.advance(60_000);
  await ended;
  const second = await engine.again(run.id, run.targets, { ...options, timeoutMs: 120_000 });
  await clock.advance(120_000);
  await second.ended;
  expect(run.target('lab', 'db-9')?.reason).toBe('no answer within 120 s');
});

it('does not ask again while the run waits, nor hosts of which all have answered', async () => {
  const backend = new Scripted();
  const { engine, clock } = engineWith([connectorWith(backend)]);
  const { run, ended } = await engine.launch(ask, [aHost('web-1')], options);
  await expect(engine.again(run.id, run.targets, options)).rejects.toMatchObject({ kind: 'usage' });
  await backend.push(rows('web-1', clock.now()));
  await ended;
  await expect(engine.again(run.id, [], options)).rejects.toMatchObject({ kind: 'usage' });
  expect(backend.sentTo).toEqual(['web-1']);
});

/** A backend whose runs outlive the process. */
class Lasting extends Scripted {
  override readonly rejoin = true;
  readonly followed: string[] = [];

  override async *updates(remoteId: string, hosts: unknown, how: unknown, signal: AbortSignal): AsyncIterable<LiveUpdate> {
    this.followed.push(remoteId);
    yield* super.updates(remoteId, hosts, how, signal);
  }
}

/** A backend whose runs can be taken up, but has to be told of them. */
class Forgetful extends Lasting {
  readonly takenUp: { remoteId: string; sql: string; waiting: string[] }[] = [];

  async takeUp(remoteId: string, { sql }: ApprovedQuery, waiting: readonly Host[]): Promise<void> {
    this.takenUp.push({ remoteId, sql, waiting: waiting.map(({ id }) => id) });
  }
}

describe('a run that an earlier process left open', () => {
  it('is left open when the terminal is lost, and taken up by the next process', async () => {
    const first = new Lasting();
    const before = engineWith([connectorWith(first)]);
    const { run } = await before.engine.launch(ask, [aHost('web-1'), aHost('db-9')], options);
    await before.engine.stop(true);
    expect(first.ended).toEqual([]);
    expect(run.phase).toBe('waiting');

    const second = new Lasting();
    const after = engineWith([connectorWith(second)]);
    after.store.saveRun(run);
    await after.clock.advance(20_000);
    after.engine.rejoin(run.id);
    await second.push(rows('db-9', after.clock.now()));
    expect(second.followed).toEqual(['remote-1']);
    expect(run.target('lab', 'db-9')).toMatchObject({ state: 'rows', late: false });
    await after.clock.advance(40_000);
    expect(run.phase).toBe('ended');
    expect(run.target('lab', 'web-1')?.state).toBe('timed_out');
  });

  it('of a source that cannot take it up is said to be so, beside every host', async () => {
    const first = new Scripted();
    const before = engineWith([connectorWith(first)]);
    const { run } = await before.engine.launch(ask, [aHost('web-1')], options);
    const after = engineWith([connectorWith(new Scripted())]);
    after.store.saveRun(run);
    after.engine.rejoin(run.id);
    await settle();
    expect(run.phase).toBe('ended');
    expect(run.target('lab', 'web-1')?.reason).toContain('cannot take up a run of an earlier process');
  });

  it('is handed to a backend that forgets, with the query and those who have not answered', async () => {
    const first = new Forgetful();
    const before = engineWith([connectorWith(first)]);
    const { run } = await before.engine.launch(ask, [aHost('web-1'), aHost('db-9')], options);
    await first.push(rows('web-1', before.clock.now()));
    await before.engine.stop(true);

    const second = new Forgetful();
    const after = engineWith([connectorWith(second)]);
    after.store.saveRun(run);
    after.engine.rejoin(run.id);
    await settle();
    expect(second.takenUp).toEqual([{ remoteId: 'remote-1', sql: run.record.sql, waiting: ['db-9'] }]);
    await second.push(rows('db-9', after.clock.now()));
    expect([run.phase, run.count('rows')]).toEqual(['ended', 2]);
  });

  it('is not sent once more when its template is not what it was', async () => {
    const before = engineWith([connectorWith(new Forgetful())]);
    const { run } = await before.engine.launch(ask, [aHost('web-1')], options);
    await before.engine.stop(true);
    const changed = new Run({ ...run.record, digest: 'sha256:other' }, [aHost('web-1')]);
    const second = new Forgetful();
    const after = engineWith([connectorWith(second)]);
    after.store.saveRun(changed);
    after.engine.rejoin(run.id);
    await settle();
    expect(second.takenUp).toEqual([]);
    expect(changed.target('lab', 'web-1')?.reason).toContain('cannot take up a run of an earlier process');
  });

  it('is left alone while its own process lives', async () => {
    const { engine, store, clock } = engineWith([connectorWith(new Lasting())]);
    const record = {
      id: 'r9',
      template: 't',
      digest: 'd',
      sql: '',
      params: {},
      sources: ['lab'],
      startedAt: clock.now(),
      timeoutMs: 1,
      pid: LIVING,
    };
    const run = new Run(record, [aHost('web-1')]);
    store.saveRun(run);
    engine.rejoin(run.id);
    await settle();
    expect(run.open).toBe(true);
  });

  it('ends with the process when it cannot be taken up again', async () => {
    const backend = new Scripted();
    const { engine } = engineWith([connectorWith(backend)]);
    const { run } = await engine.launch(ask, [aHost('web-1')], options);
    await engine.stop(true);
    expect(run.phase).toBe('cancelled');
    expect(backend.ended).toEqual(['cancelled']);
  });
});

it('an earlier round that breaks off does not silence hosts that were asked again since', async () => {
  const streams: { readonly fail: (problem: Problem) => void; readonly answer: (update: LiveUpdate) => void }[] = [];
  const backend = new Scripted();
  backend.updates = async function* (_remoteId, _hosts, _options, signal) {
    const stream = Promise.withResolvers<LiveUpdate>();
    streams.push({ fail: stream.reject, answer: stream.resolve });
    const stopped = new Promise<undefined>(resolve => signal.addEventListener('abort', () => resolve(undefined)));
    const update = await Promise.race([stream.promise, stopped]);
    if (update) yield update;
    await stopped;
  };
  const { engine, clock } = engineWith([connectorWith(backend)]);
  const { run, ended } = await engine.launch(ask, [aHost('db-9')], options);
  await clock.advance(60_000);
  await ended;
  const second = await engine.again(run.id, run.targets, options);
  streams[0]?.fail(new Problem('unreachable', 'the old connection is gone'));
  await settle();
  expect(run.target('lab', 'db-9')?.state).toBe('waiting');
  expect(run.open).toBe(true);
  streams[1]?.answer(rows('db-9', clock.now()));
  await second.ended;
  expect(run.target('lab', 'db-9')?.state).toBe('rows');
});
