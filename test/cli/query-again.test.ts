import { describe, expect, it } from 'vitest';
import type { RunJson } from '../../src/core/aisoc.ts';
import { Problem } from '../../src/core/problem.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aHost } from '../helpers/model.ts';
import { FakeSource, workplace } from './harness.ts';

const hosts = (...names: string[]) => names.map(name => aHost(name));

/** A run in which web-1 answered, win-4 failed, and db-9 said nothing. */
async function partialRun() {
  const clock = new FakeClock();
  const source = new FakeSource('prod', hosts('web-1', 'win-4', 'db-9'), { 'win-4': { error: 'denied' }, 'db-9': 'silent' });
  const place = workplace([source]);
  const asked = place.run(['query', 'some_users', '--all', '--param', 'limit=7'], { clock });
  await expect.poll(() => source.sentTo.length).toBe(3);
  await clock.advance(60_000);
  const { run } = (await asked).json() as RunJson;
  source.sentTo.length = 0;
  source.behaviours.clear();
  const again = (...argv: string[]) => place.run(['query', '--run', run.id, ...argv], { clock });
  return { source, place, clock, run, again };
}

describe('query --run ID --missing', () => {
  it('asks those that failed or said nothing, and folds their answers into the same run', async () => {
    const { source, place, run, again } = await partialRun();
    const result = await again('--missing');
    const json = result.json() as RunJson;
    expect(source.sentTo.toSorted()).toEqual(['db-9', 'win-4']);
    expect(json).toMatchObject({ partial: false, errors: {}, timed_out_hosts: [], run: { id: run.id, answered: 3, targeted: 3 } });
    expect(Object.keys(json.results)).toEqual(['web-1', 'win-4', 'db-9']);
    expect([result.code, json.run.started_at]).toEqual([0, run.started_at]);
    expect((await place.run(['runs', run.id])).json()).toEqual(json);
    expect((await place.run(['runs'])).json()).toHaveLength(1);
  });

  it('says with its exit code what the whole run lacks, and tells it the same later', async () => {
    const { source, place, clock, run, again } = await partialRun();
    source.behaviours.set('win-4', 'silent').set('db-9', 'offline');
    const asked = again('--missing', '--timeout', '5');
    await expect.poll(() => source.sentTo.length).toBe(2);
    await clock.advance(5_000);
    const result = await asked;
    expect(result.json()).toMatchObject({ errors: {}, timed_out_hosts: ['win-4', 'db-9'], offline_hosts: ['db-9'], run: { answered: 1 } });
    expect(result.code).toBe(3);
    expect((await place.run(['runs', run.id])).json()).toEqual(result.json());
  });

  it('prints a run that lacks nothing, and asks nobody', async () => {
    const { source, place, again } = await partialRun();
    const whole = await again('--missing');
    source.sentTo.length = 0;
    const opened = place.wire()?.opened.length ?? 0;
    const result = await again('--missing');
    expect([result.code, result.stdout, source.sentTo]).toEqual([0, whole.stdout, []]);
    expect(place.wire()?.opened.slice(opened)).toEqual([expect.objectContaining({ sources: 'none' })]);
  });

  it('leaves out hosts that their source no longer knows, and says so', async () => {
    const { source, again } = await partialRun();
    source.listed = source.listed.filter(({ id }) => id !== 'db-9');
    const result = await again('--missing');
    expect([result.code, source.sentTo, result.stderr]).toEqual([
      3,
      ['win-4'],
      expect.stringMatching(/no.* any more, so not asked: db-9\n/i),
    ]);
    source.listed = source.listed.filter(({ id }) => id === 'web-1');
    expect(await again('--missing')).toMatchObject({ code: 2, stderr: expect.stringContaining('No source knows any of these hosts') });
  });

  it('shows in a dry run whom it would ask', async () => {
    const { source, again } = await partialRun();
    expect((await again('--missing', '--dry-run')).json()).toMatchObject({ targeted: 2, targets: ['win-4', 'db-9'], params: { limit: 7 } });
    expect(source.sentTo).toEqual([]);
  });

  it('gives the code of a source that fails', async () => {
    const { source, again } = await partialRun();
    source.fails = { hosts: new Problem('unreachable', 'it is gone') };
    expect(await again('--missing')).toMatchObject({ code: 7, stderr: expect.stringContaining('it is gone') });
  });
});

describe('query --run ID', () => {
  it('asks all hosts of the run anew, with its template and parameters', async () => {
    const { source, place, run, again } = await partialRun();
    const result = await again();
    expect(result.json()).toMatchObject({ run: { template: 'some_users', params: { limit: 7 }, targeted: 3, answered: 3 } });
    expect((result.json() as RunJson).run.id).not.toBe(run.id);
    expect([result.code, source.sentTo.length]).toEqual([0, 3]);
    expect((await place.run(['runs', run.id])).json()).toMatchObject({ run: { answered: 1, failed: 1, timed_out: 1 } });
  });

  it('needs --yes from a script for more than 25 hosts', async () => {
    const source = new FakeSource(
      'prod',
      Array.from({ length: 26 }, (_, n) => aHost(`web-${n}`)),
    );
    const place = workplace([source]);
    const { run } = (await place.run(['query', 'some_users', '--all', '--yes'])).json() as RunJson;
    expect(await place.run(['query', '--run', run.id])).toMatchObject({ code: 2, stderr: expect.stringContaining('Add --yes') });
    expect((await place.run(['query', '--run', run.id, '--yes'])).code).toBe(0);
  });

  it.each([
    ['with a template', ['query', 'some_users', '--run', 'x']],
    ['with hosts', ['query', '--run', 'x', '--host', 'web-1']],
    ['with parameters', ['query', '--run', 'x', '--missing', '--param', 'limit=1']],
    ['with a source', ['query', '--run', 'x', '--source', 'prod']],
    ['of an unknown id', ['query', '--run', 'x']],
    ['without its id', ['query', '--missing']],
    ['not given, and no template either', ['query', '--all']],
  ])('is refused with 2 %s', async (_what, argv) => {
    const source = new FakeSource('prod', hosts('web-1'));
    const result = await workplace([source]).run(argv);
    expect([result.code, result.stderr, source.sentTo]).toEqual([2, expect.stringMatching(/^rollcall: [^\n]+\n$/), []]);
  });
});
