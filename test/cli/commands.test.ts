import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/args.ts';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { Problem } from '../../src/core/problem.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aHost } from '../helpers/model.ts';
import { FakeSource, workplace } from './harness.ts';

describe('hosts', () => {
  const clock = () => new FakeClock();

  it('prints the documented objects', async () => {
    const never = aHost('new-1', { lastSeen: null, status: 'unknown', labels: ['a', 'b'] });
    const result = await workplace([new FakeSource('prod', [aHost('web-1'), never])]).run(['hosts']);
    expect(result.code).toBe(0);
    expect(result.json()).toEqual([
      expect.objectContaining({ hostname: 'new-1', last_seen: null, labels: ['a', 'b'] }),
      {
        id: 'web-1',
        hostname: 'web-1',
        display_name: 'web-1',
        uuid: 'web-1-0000-4000-8000-000000000000',
        platform: 'ubuntu',
        os_version: 'Ubuntu 24.04',
        osquery_version: '5.19.0',
        status: 'online',
        last_seen: '2026-11-21T02:59:00.000Z',
        ip: '192.0.2.7',
        labels: [],
        source: 'prod',
        kind: 'direct',
      },
    ]);
  });

  it('prints them in the order in which people count, those of one name by source', async () => {
    const [one, other] = [
      new FakeSource(
        'b',
        ['web-10', 'Web-2', 'db-1'].map(name => aHost(name)),
      ),
      new FakeSource('a', [aHost('db-1')]),
    ];
    const listed = (await workplace([one, other]).run(['hosts', '--format', 'jsonl'])).lines() as { hostname: string; source: string }[];
    expect(listed.map(({ hostname, source }) => `${source}/${hostname}`)).toEqual(['a/db-1', 'b/db-1', 'b/Web-2', 'b/web-10']);
  });

  it('prints them as lines, csv and a table', async () => {
    const place = workplace([new FakeSource('prod', [aHost('web-1'), aHost('web-2', { labels: ['x', 'y'] })])]);
    expect((await place.run(['hosts', '--format', 'jsonl'])).lines()).toMatchObject([{ hostname: 'web-1' }, { hostname: 'web-2' }]);
    const csv = (await place.run(['hosts', '--format', 'csv'])).stdout.split('\r\n');
    expect(csv[0]).toBe('id,hostname,display_name,uuid,platform,os_version,osquery_version,status,last_seen,ip,labels,source,kind');
    expect(csv[2]).toMatch(/^web-2,.*,x y,prod,direct$/);
    const table = await place.run(['hosts', '--no-color'], { tty: 40, clock: clock() });
    expect(table.stdout.split('\n').every(line => line.length <= 40)).toBe(true);
    expect(table.stdout).toMatch(/^hostname +status +seen/);
  });

  it('escapes what a terminal would obey, and keeps its meaning', async () => {
    const source = new FakeSource('prod', [aHost('web-1', { osVersion: 'a\u009b2Jb\u202ec' })]);
    const { stdout, json } = await workplace([source]).run(['hosts']);
    expect(stdout).toContain('a\\u009b2Jb\\u202ec');
    expect(json()).toMatchObject([{ os_version: 'a\u009b2Jb\u202ec' }]);
  });

  it('prints who could be listed, says who could not, and ends with that code', async () => {
    const down = new FakeSource('down');
    down.fails = { hosts: new Problem('unreachable', 'down is gone') };
    const place = workplace([new FakeSource('prod', [aHost('web-1')]), down]);
    const some = await place.run(['hosts']);
    expect([some.code, some.json(), some.stderr]).toEqual([7, [expect.objectContaining({ hostname: 'web-1' })], 'down is gone\n']);
    const none = await place.run(['hosts', '--source', 'down']);
    expect([none.code, none.json(), none.stderr]).toEqual([
      7,
      { error: { kind: 'unreachable', message: 'down is gone' } },
      'rollcall: down is gone\n',
    ]);
  });

  it('says what to do when there is no source', async () => {
    const result = await workplace([]).run(['hosts']);
    expect([result.code, result.stderr]).toEqual([2, expect.stringMatching(/No source is configured yet.*source add.*--lab/)]);
  });

  it('gives up on a source that does not answer within --timeout', async () => {
    const clock = new FakeClock();
    const [stalled, quick] = [new FakeSource('stalled'), new FakeSource('quick', [aHost('web-1')])];
    stalled.stalls = true;
    const listing = workplace([stalled, quick]).run(['hosts', '--timeout', '5'], { clock });
    await expect.poll(() => clock.sleeping).toBeGreaterThan(0);
    await clock.advance(5_000);
    const result = await listing;
    expect([result.code, result.stderr]).toEqual([7, expect.stringMatching(/^Source 'stalled' did not list its hosts within 5 s/)]);
    expect(result.json()).toMatchObject([{ hostname: 'web-1' }]);
  });
});

describe('templates', () => {
  it('lists the allowlist without opening anything', async () => {
    const place = workplace([new FakeSource('prod')]);
    const result = await place.run(['templates']);
    expect(result.json()).toMatchObject([
      { name: 'needs_path', params: [{ name: 'path', type: 'path', required: true, default: null }] },
      { name: 'some_users', params: [{ name: 'limit', type: 'int', required: false, default: 10, min: 1, max: 100 }], cost: 'low' },
    ]);
    expect([result.code, place.wire()?.opened]).toEqual([0, []]);
  });

  it('shows one, for people and for programs', async () => {
    const place = workplace();
    expect((await place.run(['templates', 'some_users', '--format', 'json'])).json()).toMatchObject({
      name: 'some_users',
      sql: expect.any(String),
    });
    const { stdout } = await place.run(['templates', 'some_users'], { tty: 80 });
    expect(stdout).toMatch(
      /^some_users: Some users\nWho is known here\n[\s\S]*limit {2}int 1\.\.100 {2}default 10[\s\S]*SELECT username FROM users LIMIT :limit\n$/,
    );
  });

  it('refuses an unknown one with 5', async () => {
    const result = await workplace().run(['templates', 'nope']);
    expect([result.code, result.json()]).toMatchObject([5, { error: { kind: 'AllowlistError' } }]);
  });
});

describe('runs', () => {
  it('lists past runs, newest first, and shows one as query printed it', async () => {
    const place = workplace([new FakeSource('prod', [aHost('web-1'), aHost('web-2')], { 'web-2': { error: 'denied' } })]);
    const first = (await place.run(['query', 'some_users', '--host', 'web-1'])).json() as { run: { id: string } };
    const second = await place.run(['query', 'some_users', '--all']);
    const listed = await place.run(['runs']);
    const { run } = second.json() as { run: { id: string } };
    expect(listed.json()).toEqual([run, first.run]);
    const shown = await place.run(['runs', run.id]);
    expect([shown.code, shown.json()]).toEqual([0, second.json()]);
    expect((await place.run(['runs', run.id, '--format', 'csv'])).stdout).toBe('host,username\r\nweb-1,root\r\n');
    expect(place.wire()?.opened.at(-1)?.sources).toBe('none');
  });

  it('refuses an unknown id with 2', async () => {
    expect(await workplace().run(['runs', 'nope'])).toMatchObject({ code: 2, stderr: expect.stringContaining("There is no run 'nope'") });
  });
});

describe('what goes wrong', () => {
  it('is one line on stderr, and an object on stdout for json only', async () => {
    const place = workplace();
    const json = await place.run(['nope', '--format', 'json']);
    expect([json.code, json.stderr, json.json()]).toEqual([
      2,
      expect.stringMatching(/^rollcall: There is no command 'nope'[^\n]*\n$/),
      { error: { kind: 'usage', message: expect.stringContaining('nope') } },
    ]);
    expect((await place.run(['nope', '--format', 'csv'])).stdout).toBe('');
    expect((await place.run(['nope'], { tty: 80 })).stdout).toBe('');
  });

  it('is told as our own fault when it is, with 1', async () => {
    const source = new FakeSource('prod', [aHost('web-1')]);
    source.fails = { launch: new TypeError('x is not a function') as unknown as Problem };
    const result = await workplace([source]).run(['query', 'some_users', '--all']);
    expect([result.code, result.stderr]).toEqual([1, expect.stringContaining('Something in rollcall broke: x is not a function')]);
  });

  it('is told on stderr when stdout cannot be written', async () => {
    const taken = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const result = await workplace([new FakeSource('prod', [aHost('web-1')])]).run(['hosts'], { taken });
    expect([result.code, result.stdout, result.stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/^rollcall: Standard output cannot be written/),
    ]);
  });

  it('is printed without escapes, and in ASCII where the locale has no more', async () => {
    const source = new FakeSource('prod');
    source.fails = { hosts: new Problem('unreachable', 'it said \u001b]0;pwned\u0007 · é') };
    const result = await workplace([source]).run(['hosts'], { env: { LANG: 'C' } });
    expect(result.stderr).toBe('rollcall: it said ^[]0;pwned? , ?\n');
  });
});

describe('the console without a terminal', () => {
  it('is refused, and becomes the feed as lines with --plain', async () => {
    const place = workplace([new FakeSource('prod')]);
    expect(await place.run([])).toMatchObject({ code: 2, stderr: expect.stringMatching(/^rollcall: The console needs a terminal/) });
    const stop = new AbortController();
    const plain = place.run(['--plain'], { signal: stop.signal });
    await expect.poll(() => place.wire()?.opened.length).toBe(1);
    stop.abort();
    expect((await plain).code).toBe(130);
  });
});

describe('help', () => {
  it('names every command, flag and exit code', async () => {
    const { stdout, code } = await workplace().run(['help']);
    for (const { name } of COMMANDS) expect(stdout).toContain(name);
    for (const { when } of EXIT_CODES) expect(stdout).toContain(when);
    expect([code, (await workplace().run(['--help'])).stdout]).toEqual([0, stdout]);
  });

  it('explains one command, or a group', async () => {
    const place = workplace();
    expect((await place.run(['query', '--help'])).stdout).toMatch(/^rollcall query \[TEMPLATE\]:[\s\S]*--hosts-file FILE\|-/);
    expect((await place.run(['help', 'source'])).stdout).toMatch(/source list[\s\S]*source add osctrl[\s\S]*source remove/);
    expect((await place.run(['help', 'nodes'])).stdout).toMatch(
      /^rollcall nodes:[\s\S]*rollcall nodes approve NODE:[\s\S]*rollcall nodes tag/,
    );
    expect((await place.run(['help', 'nodes', 'tag'])).stdout).toMatch(/^rollcall nodes tag/);
    expect(await place.run(['help', 'nope'])).toMatchObject({ code: 2 });
    expect((await place.run(['--version'])).stdout).toMatch(/^rollcall \d+\.\d+\.\d+\n$/);
  });
});
