import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunJson } from '../../src/core/aisoc.ts';
import { Problem } from '../../src/core/problem.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aHost } from '../helpers/model.ts';
import { type CliResult, FakeSource, workplace } from './harness.ts';

const hosts = (...names: string[]) => names.map(name => aHost(name));
const many = (count: number) => Array.from({ length: count }, (_, n) => aHost(`web-${n}`));

/** The documented object, once the numbers in it are proved to add up. */
function answer(result: CliResult): RunJson {
  const json = result.json() as RunJson;
  const { results, errors, timed_out_hosts: silent, offline_hosts: offline, run } = json;
  expect([run.answered, run.failed, run.timed_out]).toEqual([Object.keys(results).length, Object.keys(errors).length, silent.length]);
  expect(run.answered + run.failed + run.timed_out).toBe(run.targeted);
  expect(offline.every(host => silent.includes(host))).toBe(true);
  expect(json.partial).toBe(silent.length > 0);
  return json;
}

describe('query', () => {
  it('prints the documented answer: rows, no rows and errors, each host in one bucket', async () => {
    const source = new FakeSource('prod', hosts('web-1', 'web-2', 'win-4', 'other'), {
      'web-1': [{ pid: '1234', name: 'bash', tty: null }],
      'web-2': [],
      'win-4': { error: 'no such table: crontab' },
    });
    const result = await workplace([source]).run([
      'query',
      'some_users',
      '--host',
      'WEB-1',
      '--host',
      'web-2',
      '--host',
      'win-4',
      '--param',
      'limit=7',
    ]);
    const json = answer(result);
    expect(json).toMatchObject({
      results: { 'web-1': [{ pid: '1234', name: 'bash', tty: null }], 'web-2': [] },
      partial: false,
      timed_out_hosts: [],
      errors: { 'win-4': 'no such table: crontab' },
      offline_hosts: [],
      run: {
        source: 'prod',
        template: 'some_users',
        params: { limit: 7 },
        sql: 'SELECT username FROM users LIMIT 7',
        targeted: 3,
        remote_id: 'remote-3',
      },
    });
    expect([result.code, source.sentTo]).toEqual([0, ['web-1', 'web-2', 'win-4']]);
  });

  it('ends with 3 when some are silent and 4 when all are, naming who was known to be offline', async () => {
    const clock = new FakeClock();
    const source = new FakeSource('prod', hosts('web-1', 'db-9', 'old-3'), { 'db-9': 'silent', 'old-3': 'offline' });
    const place = workplace([source]);
    const asked = place.run(['query', 'some_users', '--all', '--timeout', '30'], { clock });
    await expect.poll(() => source.sentTo.length).toBe(3);
    await clock.advance(29_000);
    await clock.advance(1_000);
    const partial = await asked;
    expect(answer(partial)).toMatchObject({ timed_out_hosts: ['db-9', 'old-3'], offline_hosts: ['old-3'] });
    expect(partial.code).toBe(3);
    const nobody = await place.run(['query', 'some_users', '--host', 'old-3'], { clock });
    expect([nobody.code, answer(nobody).run.answered]).toEqual([4, 0]);
  });

  it('streams a line a host as it answers, and the summary last', async () => {
    const clock = new FakeClock();
    const source = new FakeSource('prod', hosts('web-1', 'win-4', 'db-9'), { 'win-4': { error: 'denied' }, 'db-9': 'silent' });
    let streamed = '';
    const onOutput = (text: string) => {
      streamed = text;
    };
    const asked = workplace([source]).run(['query', 'some_users', '--all', '--format', 'jsonl'], { clock, onOutput });
    await expect.poll(() => streamed.split('\n').length).toBe(3);
    await clock.advance(60_000);
    const result = await asked;
    const [first, second, third, last] = result.lines() as Record<string, unknown>[];
    expect(first).toMatchObject({ host: 'web-1', host_id: 'web-1', state: 'rows', rows: [{ username: 'root' }], error: null });
    expect(second).toMatchObject({ host: 'win-4', state: 'error', rows: [], error: 'denied' });
    expect(third).toMatchObject({ host: 'db-9', state: 'timed_out', rows: [], error: null, after_ms: null });
    expect(last).toMatchObject({ summary: { partial: true, timed_out_hosts: ['db-9'], run: { targeted: 3 } } });
    expect(last?.summary).not.toHaveProperty('results');
  });

  it('prints csv with the host first and the union of the columns, safe for spreadsheets', async () => {
    const source = new FakeSource('prod', hosts('web-1', 'web-2', 'empty-1'), {
      'web-1': [{ user: 'a"b', note: 'x,y' }],
      'web-2': [{ user: '=1+1', host: '10.0.0.9', n: '-5' }],
      'empty-1': [],
    });
    const { stdout } = await workplace([source]).run(['query', 'some_users', '--all', '--format', 'csv']);
    expect(stdout).toBe('host,user,note,host (2),n\r\nweb-1,"a""b","x,y",,\r\nweb-2,\'=1+1,,10.0.0.9,-5\r\n');
  });

  it('prints a table that names everybody who gave no rows', async () => {
    const source = new FakeSource('prod', hosts('web-1', 'win-4', 'old-3'), { 'win-4': { error: 'denied' }, 'old-3': 'offline' });
    const { stdout, code } = await workplace([source]).run(['query', 'some_users', '--all'], { tty: 80, env: { NO_COLOR: '1' } });
    expect(stdout).toMatch(/^host +username\nweb-1 +root\n\nhost +state +why\nwin-4 +error +denied\nold-3 +offline +offline for 3 d\n/);
    expect(stdout).toContain('answered 1 · errors 1 · timed out 1 · of 3');
    expect(code).toBe(3);
  });

  it('tells remarks of the source on stderr, and progress unless --quiet', async () => {
    const source = new FakeSource('prod', hosts('web-1'));
    source.notes = ['one host may still run it'];
    const place = workplace([source]);
    expect((await place.run(['query', 'some_users', '--all'])).stderr).toMatch(/asking 1 host on prod\n[\s\S]*one host may still run it\n/);
    expect((await place.run(['query', 'some_users', '--all', '--quiet'])).stderr).toBe('one host may still run it\n');
  });

  it('shows a dry run of SQL, digest and targets, and sends nothing', async () => {
    const source = new FakeSource('prod', many(40));
    const result = await workplace([source]).run(['query', 'some_users', '--host', 'web-1*', '--exclude', 'web-1', '--dry-run']);
    expect(result.json()).toMatchObject({
      template: 'some_users',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      sql: 'SELECT username FROM users LIMIT 10',
      targeted: 10,
      targets: expect.arrayContaining(['web-10', 'web-19']),
    });
    expect([result.code, source.sentTo]).toEqual([0, []]);
  });
});

describe('query refuses', () => {
  it.each([
    ['an unknown template', ['query', 'nope', '--all'], /Unknown template 'nope'\. Available: needs_path, some_users/],
    ['raw SQL', ['query', 'SELECT * FROM users', '--all'], /Unknown template/],
    ['an unknown parameter', ['query', 'some_users', '--all', '--param', 'x=1'], /does not accept parameter\(s\): x\. Allowed: limit/],
    ['an invalid parameter', ['query', 'some_users', '--all', '--param', 'limit=0x10'], /limit/],
    ['a missing parameter', ['query', 'needs_path', '--all'], /requires parameter\(s\) with no default: path/],
    ['a parameter called like an inherited one', ['query', 'some_users', '--all', '--param', '__proto__=1'], /does not accept/],
  ])('%s with 5, before anything is opened', async (_what, argv, words) => {
    const place = workplace([new FakeSource('prod', hosts('web-1'))]);
    const result = await place.run([...argv, '--format', 'json']);
    expect(result.json()).toEqual({ error: { kind: 'AllowlistError', message: expect.stringMatching(words) } });
    expect(result.stderr).toMatch(words);
    expect([result.code, place.wire()?.opened]).toEqual([5, []]);
  });

  it('unknown and ambiguous hosts, naming all of them, before anything is sent', async () => {
    const twin = (id: string) => aHost('twin', { id, uuid: `${id}-uuid` });
    const source = new FakeSource('prod', [...hosts('web-1'), twin('a'), twin('b')]);
    const result = await workplace([source]).run([
      'query',
      'some_users',
      '--host',
      'web-1',
      '--host',
      'nope-1',
      '--host',
      'nope-2',
      '--host',
      'twin',
    ]);
    expect(result.stderr).toMatch(/'nope-1', 'nope-2'.*'twin' \(a-uuid, b-uuid\)/);
    expect([result.code, source.sentTo]).toEqual([2, []]);
    const byUuid = await workplace([source]).run(['query', 'some_users', '--host', 'A-UUID', '--host', 'b-uuid']);
    expect(Object.keys(answer(byUuid).results)).toEqual(['twin (a-uuid)', 'twin (b-uuid)']);
  });

  it.each([
    ['no target', ['query', 'some_users']],
    ['a glob that matches none', ['query', 'some_users', '--host', 'db-*']],
    ['an unknown exclusion', ['query', 'some_users', '--all', '--exclude', 'nope']],
    ['an empty name', ['query', 'some_users', '--host', '']],
    ['a parameter without a value', ['query', 'some_users', '--all', '--param', 'limit']],
    ['a parameter that stands twice', ['query', 'some_users', '--all', '--param', 'limit=1', '--param', 'limit=2']],
    ['a hosts file that is not there', ['query', 'some_users', '--hosts-file', '/nowhere/hosts']],
    ['an output that cannot be', ['query', 'some_users', '--all', '--output', '/nowhere/out.json']],
  ])('%s with 2', async (_what, argv) => {
    const source = new FakeSource('prod', hosts('web-1'));
    const result = await workplace([source]).run(argv);
    expect(result.stderr).toMatch(/^rollcall: [^\n]+\n$/);
    expect([result.code, source.sentTo, result.json()]).toEqual([2, [], { error: { kind: 'usage', message: expect.any(String) } }]);
  });
});

describe('hosts from a file', () => {
  it('may repeat, be blank, end anyhow, and come from stdin', async () => {
    const source = new FakeSource('prod', hosts('web-1', 'web-2', 'web-3'));
    const place = workplace([source]);
    const file = path.join(place.folder, 'hosts.txt');
    writeFileSync(file, '\ufeffweb-1\r\n\r\n  WEB-1  \n# the second\nweb-2');
    expect(answer(await place.run(['query', 'some_users', '--hosts-file', file, '--host', 'web-1'])).run.targeted).toBe(2);
    expect(answer(await place.run(['query', 'some_users', '--hosts-file', '-'], { stdin: '\nweb-3\nweb-3\n' })).results).toEqual({
      'web-3': [{ username: 'root' }],
    });
    const none = await place.run(['query', 'some_users', '--hosts-file', '-', '--host', 'web-1'], { stdin: '\n  \n' });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('Standard input names no host')]);
  });

  it('is read before any source is opened', async () => {
    const place = workplace([new FakeSource('prod', hosts('web-1'))]);
    await place.run(['query', 'some_users', '--hosts-file', '-'], { stdin: '' });
    expect(place.wire()?.opened).toEqual([]);
  });
});

describe('more than 25 hosts', () => {
  it('need --yes from a script', async () => {
    const source = new FakeSource('prod', many(26));
    const place = workplace([source]);
    const refused = await place.run(['query', 'some_users', '--all']);
    expect([refused.code, refused.stderr, source.sentTo]).toEqual([2, expect.stringContaining('Add --yes'), []]);
    expect((await place.run(['query', 'some_users', '--all', '--exclude', 'web-0'])).code).toBe(0);
    expect((await place.run(['query', 'some_users', '--all', '--yes'])).code).toBe(0);
  });

  it('are confirmed by their number at a terminal', async () => {
    const source = new FakeSource('prod', many(26));
    const place = workplace([source]);
    const no = await place.run(['query', 'some_users', '--all'], { stdinTTY: true, stdin: 'y\n' });
    expect([no.code, no.stderr, source.sentTo]).toEqual([2, expect.stringMatching(/Type 26 to send it:\n[\s\S]*Not confirmed/), []]);
    expect((await place.run(['query', 'some_users', '--all'], { stdinTTY: true, stdin: '26\nmore' })).code).toBe(0);
  });
});

describe('a query that is interrupted', () => {
  it('prints what had been answered and ends with 130', async () => {
    const stop = new AbortController();
    const source = new FakeSource('prod', hosts('web-1', 'db-9'), { 'db-9': 'silent' });
    const place = workplace([source]);
    const asked = place.run(['query', 'some_users', '--all', '--format', 'json'], { signal: stop.signal });
    await expect.poll(() => source.answered).toBe(true);
    stop.abort();
    const result = await asked;
    expect(answer(result)).toMatchObject({ results: { 'web-1': [{ username: 'root' }] }, timed_out_hosts: ['db-9'] });
    expect([result.code, place.wire()?.closed]).toEqual([130, 1]);
  });

  it('sends nothing when it is stopped while hosts are listed', async () => {
    const stop = new AbortController();
    const source = new FakeSource('prod', hosts('web-1'));
    source.stalls = true;
    const place = workplace([source]);
    const asked = place.run(['query', 'some_users', '--all'], { signal: stop.signal });
    await expect.poll(() => place.wire()?.opened.length).toBe(1);
    stop.abort();
    const result = await asked;
    expect([result.code, result.stdout, source.sentTo, place.wire()?.closed]).toEqual([130, '', [], 1]);
  });

  it('ends in good order when nobody reads its output any more', async () => {
    const source = new FakeSource('prod', hosts('web-1', 'db-9'), { 'db-9': 'silent' });
    const taken = () => Object.assign(new Error('broken pipe'), { code: 'EPIPE' });
    const result = await workplace([source]).run(['query', 'some_users', '--all', '--format', 'jsonl'], { taken });
    expect([result.code, result.stdout]).toEqual([3, '']);
  });
});

describe('a source that fails', () => {
  const auth = new Problem('auth', 'the token is refused');
  const gone = new Problem('unreachable', 'it is gone');

  it.each([
    ['hosts', auth, 6],
    ['hosts', gone, 7],
    ['launch', auth, 6],
    ['launch', gone, 7],
  ] as const)('at %s gives its code, and no answer', async (where, problem, code) => {
    const source = new FakeSource('prod', hosts('web-1'));
    source.fails = { [where]: problem };
    const result = await workplace([source]).run(['query', 'some_users', '--all']);
    expect([result.code, result.json()]).toEqual([code, { error: { kind: problem.kind, message: problem.message } }]);
    expect(result.stderr).toContain(`rollcall: ${problem.message}`);
  });

  it('keeps a query from being sent to the others: a name may be one of its hosts', async () => {
    const [up, down] = [new FakeSource('up', hosts('web-1')), new FakeSource('down')];
    down.fails = { hosts: gone };
    const place = workplace([up, down]);
    expect([(await place.run(['query', 'some_users', '--host', 'web-1'])).code, up.sentTo]).toEqual([7, []]);
    expect((await place.run(['query', 'some_users', '--host', 'web-1', '--source', 'up'])).code).toBe(0);
  });

  it('in the middle of a run keeps what was answered, and gives its code', async () => {
    const source = new FakeSource('prod', hosts('web-1', 'db-9'), { 'db-9': 'silent' });
    source.fails = { updates: auth };
    const result = await workplace([source]).run(['query', 'some_users', '--all']);
    expect(Object.keys(answer(result).results)).toEqual(['web-1']);
    expect([result.code, result.stderr]).toEqual([6, expect.stringContaining(auth.message)]);
  });

  it('by not answering is given up', async () => {
    const clock = new FakeClock();
    const source = new FakeSource('prod', hosts('web-1'));
    source.stalls = true;
    const asked = workplace([source]).run(['query', 'some_users', '--all'], { clock });
    await expect.poll(() => clock.sleeping).toBeGreaterThan(0);
    await clock.advance(45_000);
    const result = await asked;
    expect([result.code, result.stderr]).toEqual([7, expect.stringMatching(/Source 'prod' did not list its hosts within 45 s/)]);
  });
});

describe('an account that may query but not list hosts', () => {
  const uuid = '4C4C4544-0000-4000-8000-000000000001';
  const closed = () => {
    const source = new FakeSource('prod');
    source.fails = { hosts: new Problem('auth', 'may not list hosts; name them by uuid') };
    source.hostsByUuid = uuids =>
      uuids
        .filter(text => text.length === 36)
        .map(text => aHost(text.toUpperCase(), { source: 'prod', id: text.toLowerCase(), uuid: text }));
    return source;
  };

  it('can ask hosts by uuid', async () => {
    const source = closed();
    const result = await workplace([source]).run(['query', 'some_users', '--host', uuid]);
    expect([result.code, Object.keys(answer(result).results)]).toEqual([0, [uuid]]);
  });

  it.each([[['--host', 'web-1']], [['--host', uuid, '--host', 'web-1']], [['--all']], [['--host', uuid, '--platform', 'linux']]])(
    'is told why not, with 6, for %j',
    async flags => {
      const source = closed();
      const result = await workplace([source]).run(['query', 'some_users', ...flags]);
      expect([result.code, result.stderr, source.sentTo]).toEqual([6, expect.stringContaining('name them by uuid'), []]);
    },
  );
});

describe('--output', () => {
  it('writes the file whole, for its owner only, and nothing to stdout', async () => {
    const place = workplace([new FakeSource('prod', hosts('web-1'))]);
    const file = path.join(place.folder, 'out.json');
    writeFileSync(file, 'earlier', { mode: 0o644 });
    const result = await place.run(['query', 'some_users', '--all', '--output', file], { tty: 80 });
    expect([result.code, result.stdout, statSync(file).mode & 0o777]).toEqual([0, '', 0o600]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ results: { 'web-1': [{ username: 'root' }] } });
  });

  it('leaves nothing behind when the query fails', async () => {
    const source = new FakeSource('prod', hosts('web-1'));
    source.fails = { launch: new Problem('unreachable', 'gone') };
    const place = workplace([source]);
    const file = path.join(place.folder, 'out.json');
    expect((await place.run(['query', 'some_users', '--all', '--output', file])).code).toBe(7);
    expect(existsSync(file)).toBe(false);
  });
});
