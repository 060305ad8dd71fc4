import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { aHost, usersTemplate } from '../helpers/model.ts';
import { FakeSource, workplace } from './harness.ts';

const META = 'title: Ours\nwhy: Of this site\nplatforms: [linux]\ncost: low\n';
const SQL = 'SELECT uid, username FROM users';

function site(hosts: readonly string[] = ['web-1']) {
  const source = new FakeSource(
    'prod',
    hosts.map(name => aHost(name)),
  );
  const place = workplace([source]);
  const write = (name: string, sql: string) => {
    const folder = path.join(place.configDir, 'templates', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'template.yaml'), META);
    writeFileSync(path.join(folder, 'query.sql'), sql);
  };
  const policy = (text: string) => writeFileSync(path.join(place.folder, 'policy.yaml'), text, { mode: 0o644 });
  return { ...place, source, write, policy };
}

type Listed = { name: string; origin: string; state: string; reason: string };

describe('templates of a site', () => {
  it('are listed with where they come from and whether they may run', async () => {
    const place = site();
    place.write('ours', SQL);
    place.write('bad', 'DELETE FROM users');
    const list = (await place.run(['templates'])).json() as Listed[];
    expect(list.map(({ name, origin, state }) => [name, origin, state])).toEqual([
      ['bad', 'site', 'broken'],
      ['needs_path', 'shipped', 'approved'],
      ['ours', 'site', 'unapproved'],
      ['some_users', 'shipped', 'approved'],
    ]);
    expect(Object.keys(list[2] ?? {}).slice(-3)).toEqual(['origin', 'state', 'reason']);
    expect((await place.run(['templates'], { tty: 200 })).stdout).toMatch(/ours +unapproved: nobody has approved it/);
    expect((await place.run(['templates', 'bad'], { tty: 200 })).stdout).toMatch(/state +site, broken: .*not with SELECT/);
  });

  it('run once they were shown and approved', async () => {
    const place = site();
    place.write('ours', SQL);
    expect(await place.run(['query', 'ours', '--all'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('nobody has approved it'),
    });
    const approved = await place.run(['templates', 'approve', 'ours'], { tty: 80 });
    expect([approved.code, approved.stdout]).toEqual([0, expect.stringContaining(SQL)]);
    expect((await place.run(['query', 'ours', '--all'])).json()).toMatchObject({ run: { template: 'ours', sql: SQL, answered: 1 } });
    expect(place.source.sentTo).toEqual(['web-1']);
  });

  it('are approved with who, when and what, and the audit knows', async () => {
    const place = site();
    place.write('ours', SQL);
    const { digest, approval } = (await place.run(['templates', 'approve', 'ours'])).json() as Record<string, unknown>;
    expect(approval).toEqual({ digest, by: expect.stringMatching(/./), at: expect.stringMatching(/^\d{4}-.*Z$/) });
    const file = path.join(place.configDir, 'approved.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ours: approval });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const [line] = readFileSync(path.join(place.dataDir, 'audit.jsonl'), 'utf8').trim().split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({ action: 'approve template', template: 'ours', digest, user: expect.any(String) });
  });

  it('are refused once they are changed, until they are approved anew', async () => {
    const place = site();
    place.write('ours', SQL);
    await place.run(['templates', 'approve', 'ours']);
    place.write('ours', 'SELECT * FROM shadow');
    const refused = await place.run(['query', 'ours', '--all', '--format', 'json']);
    expect(refused.json()).toEqual({ error: { kind: 'AllowlistError', message: expect.stringContaining('was changed after') } });
    expect([refused.code, place.source.sentTo]).toEqual([5, []]);
    await place.run(['templates', 'approve', 'ours']);
    expect((await place.run(['query', 'ours', '--all'])).code).toBe(0);
  });

  it('do not take the name of a shipped one', async () => {
    const place = site();
    place.write('some_users', 'SELECT * FROM shadow');
    const refused = await place.run(['query', 'some_users', '--all']);
    expect([refused.code, refused.stderr, place.source.sentTo]).toEqual([5, expect.stringContaining('has the name of a shipped one'), []]);
    expect((await place.run(['templates', 'approve', 'some_users'])).code).toBe(5);
    expect((await place.run(['query', 'needs_path', '--all', '--param', 'path=/x'])).code).toBe(0);
  });

  it('are asked about at a terminal', async () => {
    const place = site();
    place.write('ours', SQL);
    const no = await place.run(['templates', 'approve', 'ours'], { tty: 80, stdinTTY: true, stdin: 'y\n' });
    expect([no.code, no.stderr]).toEqual([2, expect.stringMatching(/Type yes[\s\S]*Not approved/)]);
    expect((await place.run(['query', 'ours', '--all'])).code).toBe(5);
    expect((await place.run(['templates', 'approve', 'ours'], { tty: 80, stdinTTY: true, stdin: 'yes\n' })).code).toBe(0);
    expect(await place.run(['templates', 'approve', 'ours'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('approved already'),
    });
  });

  it.each([
    ['broken', 'bad', 5, /cannot be approved: .*not with SELECT/],
    ['shipped', 'needs_path', 2, /needs no approval/],
    ['unknown', 'nope', 5, /Unknown template 'nope'/],
  ])('are not approved when %s', async (_what, name, code, words) => {
    const place = site();
    place.write('bad', 'DELETE FROM users');
    expect(await place.run(['templates', 'approve', name])).toMatchObject({ code, stderr: expect.stringMatching(words) });
  });
});

describe('the policy of a machine', () => {
  it('says which templates may run', async () => {
    const place = site();
    place.policy(`templates:\n  some_users: ${usersTemplate.digest}\n`);
    expect((await place.run(['query', 'some_users', '--all'])).code).toBe(0);
    const refused = await place.run(['query', 'needs_path', '--all', '--param', 'path=/x']);
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('policy of this machine does not name it')]);
  });

  it('holds for site templates that were approved before', async () => {
    const place = site();
    place.write('ours', SQL);
    await place.run(['templates', 'approve', 'ours']);
    place.policy('site_templates: false\n');
    expect(await place.run(['query', 'ours', '--all'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('allows no site templates'),
    });
    expect((await place.run(['templates', 'approve', 'ours'])).code).toBe(5);
  });

  it('caps the hosts of every way to ask', async () => {
    const place = site(['web-1', 'web-2', 'web-3']);
    const { run } = (await place.run(['query', 'some_users', '--all'])).json() as { run: { id: string } };
    place.source.sentTo.length = 0;
    place.policy('max_hosts: 2\n');
    for (const argv of [
      ['some_users', '--all'],
      ['--run', run.id],
    ]) {
      expect(await place.run(['query', ...argv])).toMatchObject({
        code: 5,
        stderr: expect.stringContaining('allows 2 hosts at once, not 3'),
      });
    }
    expect(place.source.sentTo).toEqual([]);
    expect((await place.run(['query', 'some_users', '--all', '--exclude', 'web-3'])).code).toBe(0);
  });

  it('says from how many hosts on a word is needed', async () => {
    const place = site(['web-1', 'web-2']);
    place.policy('confirm_above: 1\n');
    expect(await place.run(['query', 'some_users', '--all'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('more than 1, so'),
    });
    expect((await place.run(['query', 'some_users', '--all', '--yes'])).code).toBe(0);
  });

  it('stops everything when it cannot be followed', async () => {
    const place = site();
    place.policy('max_host: 2\n');
    const result = await place.run(['query', 'some_users', '--all']);
    expect([result.code, result.stderr, place.source.sentTo]).toEqual([
      2,
      expect.stringMatching(/policy.*cannot be followed.*max_host/),
      [],
    ]);
  });
});
