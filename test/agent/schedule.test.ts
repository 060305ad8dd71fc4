import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LogBuffer } from '../../src/agent/log-buffer.ts';
import { optionMs, type ScheduledQuery, Scheduler, scheduleOf } from '../../src/agent/schedule.ts';
import type { SqlResult } from '../../src/agent/sql.ts';
import type { Row } from '../../src/core/model.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { root } from '../helpers/paths.ts';

describe('the schedule of a config', () => {
  it('is read with osquery’s leniency: numbers as text, defaults, nonsense left out', () => {
    const reply = {
      schedule: {
        ports: { query: 'SELECT 1', interval: '30' },
        all: { query: 'SELECT 2', interval: 5, snapshot: true, removed: false },
        bare: { query: 'SELECT 3' },
        empty: { query: '' },
        none: 17,
      },
    };
    expect(scheduleOf(reply, 'linux')).toEqual([
      { name: 'ports', query: 'SELECT 1', intervalMs: 30_000, snapshot: false, removed: true },
      { name: 'all', query: 'SELECT 2', intervalMs: 5_000, snapshot: true, removed: false },
      { name: 'bare', query: 'SELECT 3', intervalMs: 3_600_000, snapshot: false, removed: true },
    ]);
  });

  it('holds what is for this platform', () => {
    const on = (platform: string) => ({ query: 'SELECT 1', platform });
    const reply = { schedule: { a: on('linux'), b: on('windows'), c: on('posix'), d: on('darwin,linux'), e: on('') } };
    expect(scheduleOf(reply, 'linux').map(({ name }) => name)).toEqual(['a', 'c', 'd', 'e']);
    expect(scheduleOf(reply, 'darwin').map(({ name }) => name)).toEqual(['c', 'd', 'e']);
  });

  it('names the queries of packs as osquery does', () => {
    const packs = {
      ir: { queries: { ports: { query: 'SELECT 1' } } },
      win: { platform: 'windows', queries: { x: { query: 'SELECT 2' } } },
    };
    expect(scheduleOf({ packs }, 'linux').map(({ name }) => name)).toEqual(['pack_ir_ports']);
    expect(scheduleOf({ packs, options: { pack_delimiter: '/' } }, 'linux').map(({ name }) => name)).toEqual(['pack/ir/ports']);
  });

  it('is the agent’s own when the server gives none', () => {
    const names = scheduleOf({ node_invalid: false }, 'linux').map(({ name }) => name);
    expect(names).toEqual(['listening_ports', 'logged_in_users', 'crontab', 'kernel_modules', 'startup_items', 'processes']);
  });

  it('has options in seconds', () => {
    expect(optionMs({ options: { distributed_interval: '10' } }, 'distributed_interval')).toBe(10_000);
    expect(optionMs({ options: { distributed_interval: 'x' } }, 'distributed_interval')).toBeUndefined();
  });

  const captures = path.join(root, '..', 'shared', 'captures', 'osquery');
  it.runIf(existsSync(captures))('is found in every captured config', () => {
    const files = readdirSync(captures).filter(name => name.startsWith('api_osquery_config'));
    expect(files.length).toBeGreaterThan(0);
    for (const name of files)
      expect(scheduleOf(JSON.parse(readFileSync(path.join(captures, name), 'utf8')).reply, 'linux').length).toBeGreaterThan(0);
  });
});

type Line = { readonly name: string; readonly action: string; readonly counter: number; readonly columns?: Row; readonly snapshot?: Row[] };

type Setting = { readonly first?: SqlResult; readonly kept?: Map<string, string>; readonly differentialAtMostMs?: number };

/** A scheduler over results that a test sets (`first`: what `SQL` gives from the beginning), with a log that can be acknowledged. */
function scheduler(queries: readonly ScheduledQuery[], { first = { rows: [] }, kept = new Map(), differentialAtMostMs }: Setting = {}) {
  const clock = new FakeClock();
  const results = new Map<string, SqlResult>([['SQL', first]]);
  const lines: Line[] = [];
  const acknowledge: (() => void)[] = [];
  const said: string[] = [];
  const ran: { sql: string; at: number }[] = [];
  const from = clock.now();
  const stop = new AbortController();
  const one = new Scheduler({
    hostIdentifier: 'host-1',
    run: async sql => {
      ran.push({ sql, at: (clock.now() - from) / 1_000 });
      return results.get(sql) ?? { rows: [] };
    },
    buffer: {
      add: (_type: string, line: Line, acknowledged?: () => void) => {
        lines.push(line);
        if (acknowledged) acknowledge.push(acknowledged);
      },
    } as unknown as LogBuffer,
    state: { get: key => kept.get(key), set: (key, value) => void kept.set(key, value) },
    clock,
    status: (severity, message) => void said.push(`${severity} ${message}`),
    ...(differentialAtMostMs === undefined ? {} : { differentialAtMostMs }),
  });
  one.set(queries);
  const running = one.run(stop.signal).catch(() => undefined);
  const end = async () => {
    stop.abort();
    await running;
  };
  return { one, clock, results, lines, said, ran, kept, acknowledge: () => acknowledge.splice(0).forEach(told => void told()), end };
}

const query = (over: Partial<ScheduledQuery> = {}): ScheduledQuery => ({
  name: 'q',
  query: 'SQL',
  intervalMs: 10_000,
  snapshot: false,
  removed: true,
  ...over,
});
const rows = (...names: string[]): SqlResult => ({ rows: names.map(name => ({ name })) });

describe('a scheduled query', () => {
  it('runs at once and then every interval', async () => {
    const { clock, ran, end } = scheduler([query(), query({ name: 'r', query: 'OTHER', intervalMs: 25_000 })]);
    await clock.advance(30_000);
    expect(ran.filter(({ sql }) => sql === 'SQL').map(({ at }) => at)).toEqual([0, 10, 20, 30]);
    expect(ran.filter(({ sql }) => sql === 'OTHER').map(({ at }) => at)).toEqual([0, 25]);
    await end();
  });

  it('that is differential runs at least as often as the node wants', async () => {
    const { clock, ran, end } = scheduler([query(), query({ name: 's', query: 'SNAPSHOT', snapshot: true })], {
      differentialAtMostMs: 3_000,
    });
    await clock.advance(10_000);
    expect(ran.filter(({ sql }) => sql === 'SQL').map(({ at }) => at)).toEqual([0, 3, 6, 9]);
    expect(ran.filter(({ sql }) => sql === 'SNAPSHOT').map(({ at }) => at)).toEqual([0, 10]);
    await end();
  });

  it('logs what came and went, and nothing when nothing did', async () => {
    const { clock, results, lines, end } = scheduler([query()], { first: rows('a') });
    await clock.advance(15_000);
    results.set('SQL', rows('b'));
    await clock.advance(10_000);
    expect(lines.map(({ action, counter, columns }) => [action, counter, columns?.name])).toEqual([
      ['added', 0, 'a'],
      ['removed', 1, 'a'],
      ['added', 1, 'b'],
    ]);
    await end();
  });

  it('may leave out what went', async () => {
    const { clock, results, lines, end } = scheduler([query({ removed: false })], { first: rows('a') });
    await clock.advance(5_000);
    results.set('SQL', rows('b'));
    await clock.advance(10_000);
    expect(lines.map(({ action }) => action)).toEqual(['added', 'added']);
    await end();
  });

  it('as a snapshot logs everything each time', async () => {
    const { clock, lines, end } = scheduler([query({ snapshot: true })], { first: rows('a', 'b') });
    await clock.advance(10_000);
    expect(lines.map(({ action, snapshot }) => [action, snapshot?.length])).toEqual([
      ['snapshot', 2],
      ['snapshot', 2],
    ]);
    await end();
  });

  it('goes on after a restart from what the server has acknowledged', async () => {
    const kept = new Map<string, string>();
    const first = scheduler([query()], { kept, first: rows('a') });
    await first.clock.advance(1_000);
    first.acknowledge();
    first.results.set('SQL', rows('a', 'unacknowledged'));
    await first.clock.advance(10_000);
    await first.end();

    const second = scheduler([query()], { kept, first: rows('a', 'unacknowledged', 'new') });
    await second.clock.advance(1_000);
    expect(second.lines.map(({ counter, columns }) => [counter, columns?.name])).toEqual([
      [1, 'unacknowledged'],
      [1, 'new'],
    ]);
    await second.end();
  });

  it('that fails is told in the agent’s log, once as long as it fails alike', async () => {
    const { clock, lines, said, end } = scheduler([query()], { first: { error: 'no such table: x' } });
    await clock.advance(25_000);
    expect(said).toEqual(['2 Error executing scheduled query q: no such table: x']);
    expect(lines).toEqual([]);
    await end();
  });

  it('that is new in the config runs at once', async () => {
    const { one, clock, ran, end } = scheduler([query()]);
    await clock.advance(2_000);
    one.set([query(), query({ name: 'new', query: 'NEW' })]);
    await clock.advance(1_000);
    expect(ran).toEqual([
      { sql: 'SQL', at: 0 },
      { sql: 'NEW', at: 2 },
    ]);
    await end();
  });
});
