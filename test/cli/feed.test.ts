import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/adapters/sqlite-store.ts';
import type { EventJson } from '../../src/core/judge.ts';
import { judge } from '../../src/core/judge.ts';
import type { RawEvent } from '../../src/core/model.ts';
import { Problem } from '../../src/core/problem.ts';
import { saveFilter } from '../../src/core/saved-filters.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aRawEvent } from '../helpers/model.ts';
import { type CliResult, FakeSource, workplace } from './harness.ts';

const NOW = new FakeClock().now();
const HOUR = 3_600_000;

const event = (key: string, hoursAgo: number, over: Partial<RawEvent> = {}) =>
  aRawEvent({ dedupeKey: key, source: 'prod', connector: 'osctrl', title: `event ${key}`, time: NOW - hoursAgo * HOUR, ...over });

function sourceWith(...events: RawEvent[]): FakeSource {
  const source = new FakeSource('prod');
  source.events = events;
  return source;
}

const titles = (result: CliResult) => (result.lines() as EventJson[]).map(({ title }) => title);
const clock = () => new FakeClock(NOW);

/** A clock on which nobody waits for nothing: long batches are taken in slices. */
class PassingClock extends FakeClock {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return ms === 0 ? Promise.resolve() : super.sleep(ms, signal);
  }
}

describe('feed', () => {
  it('prints stored and new events, each once, by time, as the documented object', async () => {
    const source = sourceWith(event('b', 2), event('a', 3, { tables: ['crontab'], action: 'added' }));
    const place = workplace([source]);
    const first = await place.run(['feed'], { clock: clock() });
    expect(titles(first)).toEqual(['event a', 'event b']);
    expect(first.lines()[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{1,24}$/),
      dedupe_key: 'a',
      time: '2026-11-21T00:00:00.000Z',
      seen_at: '2026-11-21T03:00:00.000Z',
      source: 'prod',
      connector: 'osctrl',
      category: 'endpoint',
      kind: 'query_row',
      event_type: 'osquery_query_row',
      severity: 'high',
      severity_reason: expect.stringContaining('crontab'),
      title: 'event a',
      hostname: 'web-1',
      host_id: 'web-1',
      host_uuid: 'web-1-0000-4000-8000-000000000000',
      osquery_table: 'crontab',
      query_name: 'listening_ports',
      action: 'added',
      attack: ['T1053.003'],
      row: { port: '4444', address: '0.0.0.0' },
      raw: { name: 'listening_ports' },
      rules: [],
      new: null,
      triage: { state: 'new', who: null, at: null, until: null, reason: '', comments: 0 },
    });
    source.events.push(event('c', 1));
    expect(titles(await place.run(['feed'], { clock: clock() }))).toEqual(['event a', 'event b', 'event c']);
  });

  it('filters by what was never seen, once there is something for it to be new against', async () => {
    const place = workplace([sourceWith()]);
    const store = openStore(path.join(place.dataDir, 'rollcall.db'));
    await store.append([judge(event('a', 3), NOW - HOUR)], undefined);
    await store.append([judge(event('b', 1, { row: { port: '1' } }), NOW)], undefined);
    store.close();
    const found = await place.run(['feed', '--filter', 'new:yes'], { clock: clock() });
    expect(found.lines()).toMatchObject([{ title: 'event b', new: 'fleet' }]);
  });

  it('filters by what people decided, and prints it', async () => {
    const source = sourceWith(event('a', 3), event('b', 2, { row: { port: '1' } }), event('c', 1));
    const place = workplace([source]);
    const [first] = (await place.run(['feed'], { clock: clock() })).lines() as EventJson[];
    const store = openStore(path.join(place.dataDir, 'rollcall.db'));
    store.decide([first?.id ?? ''], { state: 'false_positive', until: null, comment: 'backup job' }, 'mia', NOW);
    store.close();
    const filtered = async (expression: string) => titles(await place.run(['feed', '--filter', expression], { clock: clock() }));
    expect(await filtered('status:open')).toEqual(['event b', 'event c']);
    expect(await filtered('status:false_positive')).toEqual(['event a']);
    expect(await filtered('since:90m')).toEqual(['event c']);
    expect((await place.run(['feed'], { clock: clock() })).lines()[0]).toMatchObject({
      triage: { state: 'false_positive', who: 'mia', at: '2026-11-21T03:00:00.000Z', until: null, reason: 'backup job', comments: 1 },
    });
  });

  it('takes a filter by the name that it was saved under', async () => {
    const place = workplace([sourceWith(event('a', 3), event('b', 2))]);
    await place.run(['feed'], { clock: clock() });
    const store = openStore(path.join(place.dataDir, 'rollcall.db'));
    saveFilter(store, { name: 'mine', filter: '"event b"' });
    store.close();
    expect(titles(await place.run(['feed', '--filter', '@mine'], { clock: clock() }))).toEqual(['event b']);
    const unknown = await place.run(['feed', '--filter', '@yours'], { clock: clock() });
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('There is no saved filter @yours (there are @mine).');
  });

  it('compares --since with the time of the event, and asks the source that far back', async () => {
    const source = sourceWith(event('old', 30), event('new', 1));
    const place = workplace([source]);
    expect(titles(await place.run(['feed', '--since', '2h'], { clock: clock() }))).toEqual(['event new']);
    expect(titles(await place.run(['feed', '--since', '2026-11-21T01:59:59Z'], { clock: clock() }))).toEqual(['event new']);
    await place.run(['feed'], { clock: clock() });
    expect(source.polledSince).toEqual([NOW - 2 * HOUR, Date.UTC(2026, 10, 21, 1, 59, 59), NOW - 24 * HOUR]);
  });

  it('keeps the newest --limit of those that the filter lets through', async () => {
    const source = sourceWith(...[5, 4, 3, 2, 1].map(n => event(`${n}`, n, { hostname: n % 2 ? 'web-1' : 'db-1' })));
    const place = workplace([source]);
    expect(titles(await place.run(['feed', '--limit', '2'], { clock: clock() }))).toEqual(['event 2', 'event 1']);
    expect(titles(await place.run(['feed', '--limit', '2', '--filter', 'host:web-*'], { clock: clock() }))).toEqual(['event 3', 'event 1']);
    expect(titles(await place.run(['feed', '--filter', '-host:web-* "event 4"'], { clock: clock() }))).toEqual(['event 4']);
    expect(titles(await place.run(['feed', '--limit', '0'], { clock: clock() }))).toEqual([]);
  });

  it('reads more events of one moment than it takes at a time', async () => {
    const source = sourceWith(...Array.from({ length: 5_000 }, (_, n) => event(`k${n}`, n < 4_500 ? 1 : 2)));
    const place = workplace([source]);
    const all = titles(await place.run(['feed'], { clock: new PassingClock(NOW) }));
    expect([all.length, new Set(all).size]).toEqual([5_000, 5_000]);
    const newest = titles(await place.run(['feed', '--limit', '4600'], { clock: new PassingClock(NOW) }));
    expect([newest.length, new Set(newest).size]).toEqual([4_600, 4_600]);
    expect(newest.slice(-4_500)).toEqual(all.slice(-4_500));
  });

  it('is an array in json, a record a line in csv, lines in a table', async () => {
    const place = workplace([sourceWith(event('a', 2), event('b', 1))]);
    expect((await place.run(['feed', '--format', 'json'], { clock: clock() })).json()).toMatchObject([
      { title: 'event a' },
      { title: 'event b' },
    ]);
    expect((await place.run(['feed', '--format', 'json', '--limit', '0'], { clock: clock() })).json()).toEqual([]);
    const csv = (await place.run(['feed', '--format', 'csv'], { clock: clock() })).stdout.split('\r\n');
    expect(csv[0]).toMatch(/^time,severity,hostname,source,osquery_table/);
    expect(csv[1]).toContain('2026-11-21T01:00:00.000Z,medium,web-1,prod,listening_ports');
    const table = await place.run(['feed'], { clock: clock(), tty: 80, env: { NO_COLOR: '1' } });
    expect(table.stdout.split('\n')[0]).toBe('2026-11-21T01:00:00Z  medium    web-1                 event a');
  });

  it('goes on with --follow, each event once, until it is interrupted', async () => {
    const time = clock();
    const stop = new AbortController();
    const source = sourceWith(event('a', 1));
    let printed = '';
    const onOutput = (text: string) => {
      printed = text;
    };
    const following = workplace([source]).run(['feed', '--follow'], { clock: time, signal: stop.signal, onOutput });
    await expect.poll(() => printed.split('\n').length).toBe(2);
    source.events.push(event('late', 5), event('b', 0));
    await expect
      .poll(async () => {
        await time.advance(1_000);
        return printed.split('\n').length;
      })
      .toBe(4);
    stop.abort();
    const result = await following;
    expect([result.code, titles(result)]).toEqual([130, ['event a', 'event late', 'event b']]);
  });

  it.each([
    [['--filter', 'sev>=hihg'], /column 1, 'sev>=hihg'/],
    [['--filter', 'host:web-* colour:red'], /column 12, 'colour:red'/],
    [['--since', 'yesterday'], /--since takes a span/],
    [['--limit', '-1'], /--limit must be a whole number/],
    [['--follow', '--format', 'json'], /--format jsonl/],
  ])('refuses %j with 2, before anything is opened', async (flags, words) => {
    const place = workplace([sourceWith()]);
    const result = await place.run(['feed', ...flags], { clock: clock() });
    expect([result.code, result.stderr, place.wire()?.opened]).toEqual([2, expect.stringMatching(words), []]);
  });
});

describe('sources that fail', () => {
  const failing = (id: string, problem: Problem) => {
    const source = new FakeSource(id);
    source.fails = { feed: problem };
    return source;
  };

  it('are told on stderr while the others are printed, with 0', async () => {
    const place = workplace([sourceWith(event('a', 1)), failing('down', new Problem('unreachable', 'down is gone'))]);
    const result = await place.run(['feed'], { clock: clock() });
    expect([result.code, titles(result), result.stderr]).toEqual([0, ['event a'], 'down is gone\n']);
  });

  it('give the code of the worst failure when all of them failed; what is stored is printed', async () => {
    const source = sourceWith(event('a', 1));
    const other = failing('other', new Problem('auth', 'other refuses the token'));
    const place = workplace([source, other]);
    await place.run(['feed'], { clock: clock() });
    source.fails = { feed: new Problem('unreachable', 'prod is gone') };
    const result = await place.run(['feed'], { clock: clock() });
    expect([result.code, titles(result)]).toEqual([7, ['event a']]);
    expect(result.stderr).toBe('prod is gone\nother refuses the token\n');
  });
});
