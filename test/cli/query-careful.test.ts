/** What `query` does so that nobody is asked in vain, harmed or exposed: platforms, waves, earlier costs, secrets. */
import { describe, expect, it } from 'vitest';
import type { RunJson } from '../../src/core/aisoc.ts';
import { parseTemplate, type Template } from '../../src/core/template.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aHost, usersTemplate } from '../helpers/model.ts';
import { type Behaviour, FakeSource, workplace } from './harness.ts';

const costly: Template = { ...usersTemplate, cost: 'high' };
const history = parseTemplate({
  name: 'history',
  meta: { title: 'History', why: 'Who typed what', platforms: ['linux'], cost: 'low', secrets: ['command'] },
  sql: 'SELECT command FROM shell_history',
  sample: [],
});

const hosts = (...names: string[]) => names.map(name => aHost(name));
const many = (count: number) => Array.from({ length: count }, (_, n) => aHost(`web-${n}`));
const windows = (...names: string[]) => names.map(name => aHost(name, { platform: 'windows' }));

describe('hosts on which the template cannot run', () => {
  const mixed = () => new FakeSource('prod', [...hosts('web-1', 'web-2'), ...windows('win-1', 'win-2')]);

  it.each([[['--all']], [['--host', 'w*']]])('are left out of %j, which is said', async flags => {
    const source = mixed();
    const result = await workplace([source]).run(['query', 'some_users', ...flags]);
    expect(result.json()).toMatchObject({ partial: false, run: { targeted: 2, answered: 2 } });
    expect([result.code, source.sentTo]).toEqual([0, ['web-1', 'web-2']]);
    expect(result.stderr).toContain('2 hosts are not asked: some_users runs on linux only.');
  });

  it('are asked when they are named, so that everybody who was named is in the answer', async () => {
    const source = mixed();
    source.behaviours.set('win-1', { error: 'no such table: users' });
    const result = await workplace([source]).run(['query', 'some_users', '--host', 'WIN-1', '--host', 'web-*']);
    expect(result.json()).toMatchObject({ errors: { 'win-1': 'no such table: users' }, run: { targeted: 3 } });
    expect(result.stderr).toContain('Asked all the same, because they were named: win-1.');
  });

  it('are no hosts to ask, when there are no others', async () => {
    const source = mixed();
    const result = await workplace([source]).run(['query', 'some_users', '--platform', 'windows']);
    expect([result.code, source.sentTo]).toEqual([2, []]);
    expect(result.stderr).toContain('No host is left to ask: some_users runs on linux only. Nothing was sent.');
  });

  it('are tried where their platform is not known', async () => {
    const source = new FakeSource('prod', [aHost('odd-1', { platform: '' })]);
    expect((await workplace([source]).run(['query', 'some_users', '--all'])).json()).toMatchObject({ run: { targeted: 1 } });
  });
});

describe('a costly template', () => {
  const failing = (count: number): Record<string, Behaviour> =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`web-${n}`, { error: 'watchdog' }]));

  it('goes out in waves, which are told of as they begin', async () => {
    const source = new FakeSource('prod', many(30));
    const result = await workplace([source], [costly]).run(['query', 'some_users', '--all', '--yes']);
    expect(result.json()).toMatchObject({ partial: false, run: { targeted: 30, answered: 30, remote_id: 'remote-5,remote-25,remote-30' } });
    expect(result.stderr).toContain('asking 30 hosts on prod, in waves of 5, 20 and 5');
    expect(result.stderr).toContain('wave 2 of 3: 25 of 30 hosts asked');
  });

  it('that harms the first hosts does not reach the others: they are named, and the numbers add up', async () => {
    const source = new FakeSource('prod', many(30), failing(30));
    const place = workplace([source], [costly]);
    const result = await place.run(['query', 'some_users', '--all', '--yes']);
    const json = result.json() as RunJson;
    expect(source.sentTo).toHaveLength(5);
    expect(json.run).toMatchObject({ targeted: 30, answered: 0, failed: 5, timed_out: 25 });
    expect([json.partial, json.timed_out_hosts, json.not_asked_hosts]).toEqual([true, json.not_asked_hosts, expect.any(Array)]);
    expect(json.not_asked_hosts).toHaveLength(25);
    expect(result.code).toBe(3);
    expect(result.stderr).toContain('Stopped after wave 1 of 3: 25 not asked, for 3 of 5 hosts failed or stayed silent.');
    expect(result.stderr).toContain(`rollcall query --run ${json.run.id} --missing`);
    expect((await place.run(['runs', json.run.id])).json()).toEqual(json);

    source.behaviours.clear();
    const rest = await place.run(['query', '--run', json.run.id, '--missing', '--yes']);
    expect(rest.json()).toMatchObject({ partial: false, run: { targeted: 30, answered: 30 } });
    expect(rest.json()).not.toHaveProperty('not_asked_hosts');
  });

  it('prints every host once in jsonl, those that were not asked with no answer in time', async () => {
    const source = new FakeSource('prod', many(10), failing(10));
    const lines = (await workplace([source], [costly]).run(['query', 'some_users', '--all', '--format', 'jsonl'])).lines() as {
      state: string;
    }[];
    expect(
      lines
        .slice(0, -1)
        .map(({ state }) => state)
        .toSorted(),
    ).toEqual([...Array(5).fill('error'), ...Array(5).fill('timed_out')]);
  });

  it('says in a table who was not asked, and why', async () => {
    const source = new FakeSource('prod', many(10), failing(10));
    const { stdout } = await workplace([source], [costly]).run(['query', 'some_users', '--all'], { tty: 120, env: { NO_COLOR: '1' } });
    expect(stdout).toMatch(/web-9 +not asked +stopped after 3 of 5 hosts failed or stayed silent/);
    expect(stdout).toContain('answered 0 · errors 5 · timed out 5 (5 not asked) · of 10');
  });
});

describe('before it asks for the number of hosts', () => {
  it('says in which waves the query goes out, and when they stop', async () => {
    const source = new FakeSource('prod', many(30));
    const { stderr } = await workplace([source], [costly]).run(['query', 'some_users', '--all'], { stdinTTY: true, stdin: '30\n' });
    expect(stderr).toMatch(/It goes out in waves of 5, 20 and 5\. Each begins once 8 in 10[^\n]+\nThis goes to 30 hosts/);
  });
});

describe('a dry run', () => {
  it('says in which waves it would go out, and what earlier runs cost', async () => {
    const clock = new FakeClock();
    const source = new FakeSource('prod', many(12), { 'web-11': 'silent' });
    const place = workplace([source], [costly]);
    const before = await place.run(['query', 'some_users', '--all', '--dry-run'], { clock });
    expect(before.json()).toMatchObject({ dry_run: true, targeted: 12, cost: 'high', waves: [5, 7], earlier: null });
    const asked = place.run(['query', 'some_users', '--all'], { clock });
    await expect.poll(() => source.sentTo.length).toBe(12);
    await clock.advance(60_000);
    await asked;
    const after = await place.run(['query', 'some_users', '--all', '--dry-run'], { clock });
    expect(after.json()).toMatchObject({ earlier: { runs: 1, hosts: 12, median_rows: 1, timed_out: 1, denylisted: 0 } });
    const table = await place.run(['query', 'some_users', '--all', '--dry-run'], { clock, tty: 120, env: { NO_COLOR: '1' } });
    expect(table.stdout).toContain('It goes out in waves of 5 and 7.');
    expect(table.stdout).toMatch(/Earlier: 1 run, 12 hosts: half answered within [\d.]+s, 1 row each; 1 timed out\./);
    expect(source.sentTo).toHaveLength(12);
  });
});

describe('secrets in answers', () => {
  const typed = 'mysql --password=hunter2hunter2';
  const place = () => workplace([new FakeSource('prod', hosts('web-1'), { 'web-1': [{ command: typed }] })], [history]);

  it('are masked in a table, which says so, unless they are asked for', async () => {
    const screen = { tty: 120, env: { NO_COLOR: '1' } };
    const work = place();
    const masked = await work.run(['query', 'history', '--all'], screen);
    expect(masked.stdout).not.toContain('hunter2');
    expect(masked.stderr).toContain('1 secret is masked: --unmasked shows the rows as they came.');
    const shown = await work.run(['query', 'history', '--all', '--unmasked'], screen);
    expect([shown.stdout.includes(typed), shown.stderr.includes('masked')]).toEqual([true, false]);
    const [run] = (await work.run(['runs', '--format', 'json'])).json() as { id: string }[];
    expect((await work.run(['runs', run?.id ?? ''], screen)).stdout).not.toContain('hunter2');
    expect((await work.run(['runs', run?.id ?? '', '--unmasked'], screen)).stdout).toContain(typed);
  });

  it.each(['json', 'jsonl', 'csv'])('are kept in %s: that is evidence', async format => {
    const { stdout } = await place().run(['query', 'history', '--all', '--format', format]);
    expect(stdout).toContain('hunter2hunter2');
  });
});
