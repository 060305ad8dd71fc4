import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as wiring from '../../src/cli/wire.ts';
import type { RunJson } from '../../src/core/aisoc.ts';
import { Problem } from '../../src/core/problem.ts';
import { FakeFleet } from '../fakes/fleet.ts';
import { startOsctrl, TOKEN } from '../fakes/osctrl.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aHost } from '../helpers/model.ts';
import { type CliOptions, FakeSource, workplace } from './harness.ts';

const hosts = (...names: string[]) => names.map(name => aHost(name));

const STEP = `
- id: triage
  name: "Who is known on the affected host"
  type: osquery_live_query
  params:
    backend: osctrl
    base_url: "https://osctrl.example"
    environment: production
    api_token: "{{ secrets.osctrl_token }}"
    template: some_users
    template_params:
      limit: 7
    target_hosts:
      - "{{ alert.host }}"
    timeout_seconds: 30
`;
const SECRET = { env: { ROLLCALL_SECRET_OSCTRL_TOKEN: 'osctrl-t0ken' } };

/** A workplace with a step file; `run` runs it. */
function stepPlace(text: string, source = new FakeSource('osctrl@osctrl.example', hosts('web-1', 'db-9'))) {
  const place = workplace([source]);
  const file = path.join(place.folder, 'step.yaml');
  writeFileSync(file, text);
  const run = (argv: readonly string[] = ['--var', 'alert.host=web-1'], options: CliOptions = SECRET) =>
    place.run(['run', file, ...argv], options);
  return { ...place, source, run, rollcall: place.run };
}

/** Where the secrets of steps are, besides the environment. */
function keepSecretsIn(place: { readonly configDir: string }, secrets: unknown) {
  mkdirSync(place.configDir, { recursive: true });
  writeFileSync(path.join(place.configDir, 'config.json'), JSON.stringify({ sources: {}, secrets }));
}

describe('run STEP.yaml', () => {
  it('asks the hosts of the step on its backend, and answers as query does', async () => {
    const place = stepPlace(STEP);
    const result = await place.run();
    expect(result.json()).toMatchObject({
      results: { 'web-1': [{ username: 'root' }] },
      partial: false,
      timed_out_hosts: [],
      run: { template: 'some_users', params: { limit: 7 }, source: 'osctrl@osctrl.example', targeted: 1 },
    });
    expect([result.code, place.source.sentTo]).toEqual([0, ['web-1']]);
    expect(place.wire()?.opened[0]?.sources).toEqual({
      source: {
        name: 'osctrl@osctrl.example',
        kind: 'osctrl',
        secret: undefined,
        caFile: undefined,
        insecure: false,
        own: { base_url: 'https://osctrl.example', environment: 'production' },
      },
      secret: 'osctrl-t0ken',
    });
  });

  it('waits as long as the step says, and ends with the code of query', async () => {
    const clock = new FakeClock();
    const place = stepPlace(STEP);
    place.source.behaviours.set('web-1', 'silent');
    const asked = place.run(undefined, { ...SECRET, clock });
    await expect.poll(() => place.source.sentTo.length).toBe(1);
    await clock.advance(29_000);
    await clock.advance(1_000);
    expect(await asked).toMatchObject({ code: 4, stderr: expect.stringContaining('timed out 1') });
  });

  it('takes names from an alert, and streams like query', async () => {
    const place = stepPlace(STEP.replace('"{{ alert.host }}"', '"{{ alert.hosts }}"'));
    const alert = path.join(place.folder, 'alert.json');
    writeFileSync(alert, JSON.stringify({ id: 7, hosts: ['web-1', 'DB-9'] }));
    const result = await place.run(['--alert', alert, '--format', 'jsonl']);
    expect(result.lines()).toEqual([
      expect.objectContaining({ host: 'web-1', state: 'rows' }),
      expect.objectContaining({ host: 'db-9', state: 'rows' }),
      { summary: expect.objectContaining({ partial: false }) },
    ]);
  });

  it('shows in a dry run what it would send', async () => {
    const place = stepPlace(STEP);
    expect((await place.run(['--var', 'alert.host=web-1', '--dry-run'])).json()).toMatchObject({ dry_run: true, targets: ['web-1'] });
    expect(place.source.sentTo).toEqual([]);
  });

  it('asks the lab, or a configured source, in place of the backend', async () => {
    const place = stepPlace(STEP, new FakeSource('prod', hosts('web-1')));
    expect((await place.run(['--var', 'alert.host=web-1', '--lab', '0'])).code).toBe(0);
    expect((await place.run(['--var', 'alert.host=web-1', '--source', 'prod'])).code).toBe(0);
    expect(place.wire()?.opened).toMatchObject([{ lab: 0 }, { sources: ['prod'] }]);
  });

  it('asks the configured endpoints where the backend is direct', async () => {
    const place = stepPlace(STEP.replace('backend: osctrl', 'backend: aisoc_direct'), new FakeSource('here', hosts('web-1')));
    expect(await place.run()).toMatchObject({ code: 2, stderr: expect.stringContaining('No direct endpoint is configured') });
    await place.rollcall(['source', 'add', 'direct', 'here']);
    const result = await place.run();
    expect([result.code, place.source.sentTo, result.stderr]).toEqual([0, ['web-1'], expect.stringContaining('base_url is not used')]);
  });
});

describe('secrets', () => {
  const unset = { env: {} };

  it('come from a file of names, for its owner only', async () => {
    const place = stepPlace(STEP);
    const file = path.join(place.folder, 'secrets.yaml');
    writeFileSync(file, 'other: x\nosctrl_token: from-the-file\n', { mode: 0o600 });
    keepSecretsIn(place, { file });
    expect((await place.run(undefined, unset)).code).toBe(0);
    expect(place.wire()?.opened.at(-1)?.sources).toMatchObject({ secret: 'from-the-file' });
    await place.run();
    expect(place.wire()?.opened.at(-1)?.sources).toMatchObject({ secret: 'osctrl-t0ken' });
    await place.rollcall(['source', 'add', 'direct', 'here']);
    expect((await place.run(undefined, unset)).code).toBe(0);

    writeFileSync(path.join(place.folder, 'open.yaml'), 'osctrl_token: from-the-file\n', { mode: 0o644 });
    keepSecretsIn(place, { file: path.join(place.folder, 'open.yaml') });
    expect(await place.run(undefined, unset)).toMatchObject({ code: 2, stderr: expect.stringMatching(/others may read it/) });

    writeFileSync(file, 'osctrl_token: "from-the-file\n');
    keepSecretsIn(place, { file });
    const broken = await place.run(undefined, unset);
    expect([broken.code, broken.stderr, broken.stderr.includes('from-the-file')]).toEqual([
      2,
      expect.stringContaining('is no YAML'),
      false,
    ]);
  });

  it('come from a command that is told the name', async () => {
    const place = stepPlace(STEP);
    keepSecretsIn(place, { command: 'printf "%s-by-command" "$1"' });
    expect((await place.run(undefined, { env: { PATH: process.env.PATH ?? '' } })).code).toBe(0);
    expect(place.wire()?.opened.at(-1)?.sources).toMatchObject({ secret: 'osctrl_token-by-command' });
    keepSecretsIn(place, { command: 'exit 3' });
    expect(await place.run(undefined, { env: { PATH: process.env.PATH ?? '' } })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/secrets\.osctrl_token \}\} has no value: its command ended with 3/),
    });
  });
});

describe('a step that is off', () => {
  it.each([
    ['a secret that is nowhere', STEP, ['--var', 'alert.host=web-1'], {}, /\{\{ secrets\.osctrl_token \}\}.*ROLLCALL_SECRET_OSCTRL_TOKEN/],
    ['a name without a value', STEP, [], SECRET.env, /\{\{ alert\.host \}\}/],
    ['a name without a value, in the lab', STEP, ['--lab', '0'], SECRET.env, /\{\{ alert\.host \}\}/],
    ['no step of ours', 'id: p\nsteps:\n  - type: notify\n', [], {}, /no step of type osquery_live_query/],
    ['no YAML', 'api_token: [hunter2\n', [], {}, /^(?!.*hunter2).*is no YAML/],
    ['an alert that is not there', STEP, ['--alert', '/nowhere/alert.json'], {}, /The alert .* cannot be read/],
    [
      'an address that is none',
      STEP.replace('https://osctrl', 'ftp://osctrl'),
      ['--var', 'alert.host=web-1'],
      SECRET.env,
      /params\.base_url/,
    ],
    ['a token in the clear', STEP.replace('https://osctrl', 'http://osctrl'), ['--var', 'alert.host=web-1'], SECRET.env, /in the clear/],
    ['an unknown host', STEP, ['--var', 'alert.host=nope'], SECRET.env, /'nope'/],
  ])('by %s ends with 2, and nothing is sent', async (_what, text, argv, env, words) => {
    const place = stepPlace(text);
    const result = await place.run(argv, { env });
    expect(result.json()).toEqual({ error: { kind: 'usage', message: expect.stringMatching(words) } });
    expect([result.code, place.source.sentTo]).toEqual([2, []]);
  });

  it.each([
    ['an unknown template', STEP.replace('some_users', 'nope')],
    ['a parameter that is none', STEP.replace('limit: 7', 'limit: 7e9')],
  ])('by %s ends with 5, before anything is opened', async (_what, text) => {
    const place = stepPlace(text);
    const result = await place.run();
    expect([result.code, result.json(), place.wire()?.opened]).toMatchObject([5, { error: { kind: 'AllowlistError' } }, []]);
  });

  it('needs --yes from a script for more than 25 hosts', async () => {
    const names = Array.from({ length: 26 }, (_, n) => `web-${n}`);
    const place = stepPlace(
      STEP.replace('"{{ alert.host }}"', `[${names.join(', ')}]`),
      new FakeSource('osctrl@osctrl.example', hosts(...names)),
    );
    expect(await place.run([])).toMatchObject({ code: 2, stderr: expect.stringContaining('Add --yes') });
    expect((await place.run(['--yes'])).code).toBe(0);
  });
});

describe('a playbook with several steps', () => {
  const second = STEP.replace('id: triage', 'id: second').replace('"{{ alert.host }}"', 'db-9');
  const argv = ['--var', 'alert.host=web-1'];

  it('prints one answer a line, in order', async () => {
    const place = stepPlace(STEP + second);
    const result = await place.run(argv);
    const lines = result.lines() as (RunJson & { step: string })[];
    expect(lines.map(({ step, results }) => [step, Object.keys(results)])).toEqual([
      ['triage', ['web-1']],
      ['second', ['db-9']],
    ]);
    expect([result.code, place.source.sentTo]).toEqual([0, ['web-1', 'db-9']]);
  });

  it('ends with its worst code', async () => {
    const place = stepPlace(STEP + second);
    place.source.behaviours.set('web-1', 'offline');
    expect((await place.run(argv)).code).toBe(4);
  });

  it.each([
    ['', 1],
    ['  on_failure: continue\n', 2],
  ])('stops at a step that fails, unless that says otherwise (%j)', async (onFailure, tried) => {
    const place = stepPlace(STEP + onFailure + second);
    place.source.fails = { launch: new Problem('auth', 'the token is refused') };
    const result = await place.run(argv);
    expect(result.lines()).toEqual(
      ['triage', 'second'].slice(0, tried).map(step => ({ error: { kind: 'auth', message: 'the token is refused' }, step })),
    );
    expect([result.code, result.stderr]).toEqual([6, expect.stringContaining("step 'triage': the token is refused")]);
  });

  it('keeps what was answered in the output file when a later step fails', async () => {
    const place = stepPlace(STEP + second.replace('db-9', 'nope'));
    const out = path.join(place.folder, 'out.jsonl');
    expect((await place.run([...argv, '--output', out])).code).toBe(2);
    expect(readFileSync(out, 'utf8').trim().split('\n')).toHaveLength(2);
  });

  it('prints what was answered when it is interrupted, and goes no further', async () => {
    const stop = new AbortController();
    const place = stepPlace(STEP.replace('"{{ alert.host }}"', '[web-1, db-9]') + second);
    place.source.behaviours.set('db-9', 'silent');
    const asked = place.run([], { ...SECRET, signal: stop.signal });
    await expect.poll(() => place.source.answered).toBe(true);
    stop.abort();
    const result = await asked;
    expect(result.lines()).toEqual([expect.objectContaining({ step: 'triage', timed_out_hosts: ['db-9'] })]);
    expect([result.code, place.source.sentTo]).toEqual([130, ['web-1', 'db-9']]);
  });

  it('checks all of them before the first is sent', async () => {
    const place = stepPlace(STEP + second.replace('db-9', '"{{ alert.other }}"'));
    expect(await place.run(argv)).toMatchObject({ code: 2, stderr: expect.stringContaining('alert.other') });
    const unknown = stepPlace(STEP + second.replace('some_users', 'nope'));
    expect((await unknown.run(argv)).code).toBe(5);
    expect([...place.source.sentTo, ...unknown.source.sentTo]).toEqual([]);
  });

  it('shows tables under the names of the steps, and is no CSV', async () => {
    const place = stepPlace(STEP + second);
    expect((await place.run([...argv, '--format', 'table'])).stdout).toMatch(/^triage\n[\s\S]*web-1[\s\S]*\nsecond\n[\s\S]*db-9/);
    expect(await place.run([...argv, '--format', 'csv'])).toMatchObject({ code: 2, stderr: expect.stringContaining('several steps') });
  });
});

describe('over the servers', () => {
  const wire = async () => wiring;
  /** Everything that was written below the data directory. */
  const written = (dir: string) =>
    readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .map(name => path.join(dir, name))
      .filter(file => statSync(file).isFile())
      .map(file => readFileSync(file, 'latin1'))
      .join('\n');

  it('runs the documented osctrl step, with the token in no output and no file', async () => {
    const osctrl = await startOsctrl();
    onTestFinished(() => osctrl.close());
    osctrl.world.addNode('web-1');
    osctrl.world.addNode('web-2');
    const text = STEP.replace('https://osctrl.example', osctrl.url).replace('production', 'dev').replace('some_users', 'running_processes');
    const place = stepPlace(text);
    const env = { ROLLCALL_SECRET_OSCTRL_TOKEN: TOKEN };
    const result = await place.run(['--var', 'alert.host=WEB-1'], { env, wire });
    expect(result.json()).toMatchObject({ partial: false, results: { 'web-1': [expect.any(Object)] }, run: { targeted: 1, answered: 1 } });
    const posted = osctrl.requests.filter(({ method }) => method === 'POST').map(({ body }) => body);
    expect(posted).toEqual([expect.objectContaining({ uuid_list: [osctrl.world.nodes[0]?.uuid] })]);
    expect(result.code).toBe(0);
    expect(result.stdout + result.stderr + written(place.dataDir)).not.toContain(TOKEN);

    const refused = await place.run(['--var', 'alert.host=web-1'], { env: { ROLLCALL_SECRET_OSCTRL_TOKEN: 'not-the-t0ken' }, wire });
    expect([refused.code, (refused.stdout + refused.stderr + written(place.dataDir)).includes('not-the-t0ken')]).toEqual([6, false]);
  });

  it('runs the documented Fleet step with an account', async () => {
    const fleet = await FakeFleet.start();
    onTestFinished(() => fleet.close());
    fleet.addHost('web-1');
    const account = fleet.users[0];
    const text = STEP.replace('backend: osctrl', 'backend: fleetdm')
      .replace('https://osctrl.example', fleet.url)
      .replace(/api_token: .*/, `username: ${account?.email}\n    password: "{{ secrets.fleet_password }}"`)
      .replace('some_users', 'running_processes');
    const place = stepPlace(text);
    const env = { ROLLCALL_SECRET_FLEET_PASSWORD: account?.password ?? '' };
    const result = await place.run(['--var', 'alert.host=web-1'], { env, wire });
    expect(result.json()).toMatchObject({ results: { 'web-1': [{ name: 'sshd' }] }, run: { answered: 1 } });
    expect([result.code, (result.stdout + result.stderr + written(place.dataDir)).includes(account?.password ?? '?')]).toEqual([0, false]);
  });
});
