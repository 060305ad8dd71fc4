import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSettings } from '../../src/adapters/config-file.ts';
import { readOwnSettings } from '../../src/cli/source-settings.ts';
import { Problem } from '../../src/core/problem.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { FakeSource, workplace } from './harness.ts';

const OSCTRL = ['source', 'add', 'osctrl', 'prod', '--base-url', 'https://osctrl.example:9002/', '--environment', 'dev'];
const FLEET = ['source', 'add', 'fleetdm', 'fleet', '--base-url', 'https://fleet.example'];

const settingsOf = (place: ReturnType<typeof workplace>) => JSON.parse(readFileSync(path.join(place.configDir, 'config.json'), 'utf8'));

describe('source add', () => {
  it('keeps an osctrl environment, with the place of its token', async () => {
    const place = workplace();
    const ca = path.join(place.folder, 'ca.pem');
    writeFileSync(ca, 'a CA');
    const result = await place.run([...OSCTRL, '--token-env', 'OSCTRL_TOKEN', '--ca-file', ca, '--poll-interval', '60']);
    expect([result.code, result.stdout, result.stderr]).toEqual([0, '', expect.stringContaining('rollcall source test prod')]);
    expect(settingsOf(place)).toEqual({
      sources: {
        prod: {
          kind: 'osctrl',
          base_url: 'https://osctrl.example:9002/',
          environment: 'dev',
          poll_interval_seconds: 60,
          secret: { env: 'OSCTRL_TOKEN' },
          ca_file: ca,
        },
      },
    });
    expect(statSync(path.join(place.configDir, 'config.json')).mode & 0o777).toBe(0o600);
    expect(statSync(place.configDir).mode & 0o777).toBe(0o700);
  });

  it('keeps a FleetDM server with a token or an account', async () => {
    const place = workplace();
    expect((await place.run([...FLEET, '--team-id', '3', '--token-command', 'pass fleet'])).code).toBe(0);
    const account = FLEET.with(3, 'other');
    expect((await place.run([...account, '--email', 'ir@example.com', '--password-env', 'FLEET_PASSWORD'])).code).toBe(0);
    expect(settingsOf(place).sources).toEqual({
      fleet: { kind: 'fleetdm', base_url: 'https://fleet.example', team_id: 3, secret: { command: 'pass fleet' } },
      other: { kind: 'fleetdm', base_url: 'https://fleet.example', email: 'ir@example.com', secret: { env: 'FLEET_PASSWORD' } },
    });
  });

  it('keeps a direct endpoint, its files by absolute path', async () => {
    const place = workplace();
    const flags = ['--listen', '127.0.0.1:9443', '--hostname', 'jump', '--hostname', 'jump.example', '--enroll-secret-file', 'secret.txt'];
    expect((await place.run(['source', 'add', 'direct', 'here', ...flags])).code).toBe(0);
    expect(settingsOf(place).sources.here).toEqual({
      kind: 'direct',
      listen: '127.0.0.1:9443',
      hostname: ['jump', 'jump.example'],
      enroll_secret_file: path.resolve('secret.txt'),
    });
  });

  it('makes entries that the connectors read', async () => {
    const place = workplace();
    await place.run([...OSCTRL, '--token-env', 'T']);
    await place.run([...FLEET, '--token-env', 'T', '--team-id', '0']);
    await place.run(['source', 'add', 'direct', 'here']);
    const file = openSettings(place.configDir);
    const read = file.sources().map(source => readOwnSettings(source, file.path));
    expect(read.map(({ module }) => module.kind)).toEqual(['osctrl', 'fleetdm', 'direct']);
    expect(read[0]?.settings).toMatchObject({ base_url: 'https://osctrl.example:9002', environment: 'dev', poll_interval_seconds: 300 });
  });

  it.each([
    ['no token', OSCTRL, /--token-env, --token-file, --token-command/],
    ['two tokens', [...OSCTRL, '--token-env', 'A', '--token-file', 'b'], /A secret is needed/],
    ['an empty token variable', [...OSCTRL, '--token-env', ''], /empty/],
    ['an account without its password', [...FLEET, '--email', 'a@b'], /--email with --password-env/],
    ['a password without its account', [...FLEET, '--password-env', 'P'], /--email with --password-env/],
    ['an account and a token', [...FLEET, '--email', 'a@b', '--password-env', 'P', '--token-env', 'T'], /A secret is needed/],
    ['an address that is none', [...OSCTRL.with(5, 'osctrl.example'), '--token-env', 'T'], /--base-url: must be an http\(s\) address/],
    ['an address with a password', [...OSCTRL.with(5, 'https://u:p@x'), '--token-env', 'T'], /--base-url/],
    [
      'plain HTTP beyond this machine',
      [...OSCTRL.with(5, 'http://osctrl.example'), '--token-env', 'T'],
      /--base-url: http:\/\/.*in the clear/,
    ],
    [
      'a poll interval that is no number',
      [...OSCTRL, '--token-env', 'T', '--poll-interval', '5m'],
      /--poll-interval must be a whole number/,
    ],
    [
      'a CA file that is not there',
      [...OSCTRL, '--token-env', 'T', '--ca-file', '/nowhere/ca.pem'],
      /CA file \/nowhere\/ca\.pem cannot be read/,
    ],
    ['a CA that is not to be used', [...OSCTRL, '--token-env', 'T', '--ca-file', 'x', '--insecure'], /exclude each other/],
    ['an address that is no address', ['source', 'add', 'direct', 'here', '--listen', 'everywhere'], /--listen: must be ADDRESS:PORT/],
    ['a name that is none', [...OSCTRL.with(3, '../x'), '--token-env', 'T'], /no name for a source/],
    ['the name of the lab', [...OSCTRL.with(3, 'lab'), '--token-env', 'T'], /built-in lab/],
  ])('refuses %s with 2 and adds nothing', async (_what, argv, words) => {
    const place = workplace();
    const result = await place.run(argv);
    expect([result.code, result.stderr]).toEqual([2, expect.stringMatching(words)]);
    expect(openSettings(place.configDir).sources()).toEqual([]);
  });

  it('allows plain HTTP to this machine, and elsewhere with --insecure and a warning', async () => {
    const place = workplace();
    expect((await place.run([...OSCTRL.with(5, 'http://127.0.0.1:9002'), '--token-env', 'T'])).code).toBe(0);
    const insecure = await place.run([
      ...OSCTRL.with(3, 'far').with(5, 'http://osctrl.example'),
      '--token-env',
      'T',
      '--insecure',
      '--quiet',
    ]);
    expect([insecure.code, insecure.stderr]).toEqual([0, expect.stringContaining("'far' is not verified")]);
  });

  it('refuses a name that is taken', async () => {
    const place = workplace();
    await place.run([...OSCTRL, '--token-env', 'T']);
    expect(await place.run([...FLEET.with(3, 'prod'), '--token-env', 'T'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("a source 'prod' already"),
    });
  });
});

describe('source list and remove', () => {
  it('show where a secret is and forget a source', async () => {
    const place = workplace();
    await place.run([...OSCTRL, '--token-env', 'OSCTRL_TOKEN']);
    await place.run(['source', 'add', 'direct', 'here']);
    expect((await place.run(['source', 'list'])).json()).toEqual([
      {
        name: 'prod',
        kind: 'osctrl',
        settings: { base_url: 'https://osctrl.example:9002/', environment: 'dev' },
        secret: { env: 'OSCTRL_TOKEN' },
        ca_file: null,
        insecure: false,
      },
      { name: 'here', kind: 'direct', settings: {}, secret: null, ca_file: null, insecure: false },
    ]);
    expect((await place.run(['source', 'list'], { tty: 100 })).stdout).toContain('env OSCTRL_TOKEN');
    expect((await place.run(['source', 'remove', 'prod'])).code).toBe(0);
    expect(await place.run(['source', 'remove', 'prod'])).toMatchObject({ code: 2, stderr: expect.stringContaining('Known: here') });
    expect((await place.run(['source', 'list'])).json()).toMatchObject([{ name: 'here' }]);
  });

  it('name file and field of settings that are off, and leave them as they are', async () => {
    const place = workplace();
    await place.run([...OSCTRL, '--token-env', 'T']);
    const file = path.join(place.configDir, 'config.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"osctrl"', '"osquery"'));
    const broken = readFileSync(file, 'utf8');
    for (const argv of [
      ['source', 'list'],
      ['source', 'remove', 'prod'],
      ['source', 'add', 'direct', 'here'],
    ]) {
      const result = await place.run(argv);
      expect([result.code, result.stderr]).toEqual([2, expect.stringMatching(/config\.json is off at sources\.prod\.kind/)]);
    }
    expect(readFileSync(file, 'utf8')).toBe(broken);
  });
});

describe('source test', () => {
  it('says what the account may do', async () => {
    const place = workplace([new FakeSource('prod')]);
    const json = await place.run(['source', 'test', 'prod']);
    expect([json.code, json.json()]).toEqual([
      0,
      { source: 'prod', ok: true, version: 'osctrl 9', account: 'ir', can: ['list hosts'], cannot: ['cancel'], remarks: ['clock is off'] },
    ]);
    const { stdout } = await place.run(['source', 'test', 'prod'], { tty: 80 });
    expect(stdout).toBe(
      'source    prod: reached\nversion   osctrl 9\naccount   ir\ncan       list hosts\ncannot    cancel\nremark    clock is off\n',
    );
  });

  it.each([
    ['usage', 2],
    ['auth', 6],
    ['unreachable', 7],
  ] as const)('ends with the code of what is wrong: %s', async (kind, code) => {
    const source = new FakeSource('prod');
    source.fails = { check: new Problem(kind, 'so it is') };
    const result = await workplace([source]).run(['source', 'test', 'prod']);
    expect([result.code, result.stderr]).toEqual([code, 'rollcall: so it is\n']);
  });

  it('gives up on a source that does not answer', async () => {
    const clock = new FakeClock();
    const source = new FakeSource('prod');
    source.stalls = true;
    const test = workplace([source]).run(['source', 'test', 'prod'], { clock });
    await expect.poll(() => clock.sleeping).toBeGreaterThan(0);
    await clock.advance(45_000);
    expect(await test).toMatchObject({ code: 7, stderr: expect.stringContaining('did not answer within 45 s') });
  });
});
