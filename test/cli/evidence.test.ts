import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/core/evidence.ts';
import { aHost, aRawEvent } from '../helpers/model.ts';
import { FakeSource, workplace } from './harness.ts';

const SECRET = 'hunter2secret';

/** A workplace where a query was run on four hosts, one of each kind, and events came in. */
async function placeWithRun() {
  const hosts = ['web-1', 'web-2', 'db-1', 'old-1'].map(name => aHost(name));
  const source = new FakeSource('prod', hosts, {
    'web-1': [
      { username: 'root', cmdline: `curl --password ${SECRET}` },
      { username: '=cmd()', cmdline: null },
    ],
    'web-2': [],
    'db-1': { error: 'no such table: users' },
    'old-1': 'offline',
  });
  source.events = [1, 2].map(number =>
    aRawEvent({ dedupeKey: `e${number}`, source: 'prod', row: { port: String(number) }, raw: { said: `\u001b]0;x --password ${SECRET}` } }),
  );
  const place = workplace([source]);
  mkdirSync(place.configDir, { recursive: true });
  const sources = {
    prod: { kind: 'osctrl', base_url: 'https://osctrl.example:9002', environment: 'prod', secret: { env: 'OSCTRL_TOKEN' } },
  };
  writeFileSync(path.join(place.configDir, 'config.json'), JSON.stringify({ sources }));
  await place.run(['feed']);
  const query = await place.run(['query', 'some_users', '--all', '--timeout', '1']);
  const { run } = query.json() as { run: { id: string } };
  const out = path.join(place.folder, 'case-42');
  const export_ = (...argv: string[]) => place.run(['evidence', 'export', ...argv]);
  const verify = (...argv: string[]) => place.run(['evidence', 'verify', ...argv]);
  return { ...place, id: run.id, out, answer: query.json(), export: export_, verify };
}

const text = (...parts: string[]) => readFileSync(path.join(...parts), 'utf8');
const jsonLines = (...parts: string[]): Record<string, unknown>[] =>
  text(...parts)
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));

describe('evidence export', () => {
  it('writes a bundle of a run that says everything that the run said', async () => {
    const { id, out, answer, export: exportRun } = await placeWithRun();
    const { code, json } = await exportRun(id, '--output', out);
    expect(code).toBe(0);
    const files = [
      'MANIFEST',
      'README.txt',
      'about.json',
      'query.sql',
      'roll.csv',
      'roll.jsonl',
      'rows.csv',
      'rows.jsonl',
      'run.json',
      'template.json',
    ];
    expect(readdirSync(out).sort()).toEqual(files);
    expect(json()).toMatchObject({ path: out, rows: 2, events: 0, masked: null, manifest: `sha256:${sha256(text(out, 'MANIFEST'))}` });
    expect(JSON.parse(text(out, 'run.json'))).toEqual(answer);
    expect(jsonLines(out, 'rows.jsonl')[0]).toEqual({
      host: 'web-1',
      host_id: 'web-1',
      source: 'prod',
      row: { username: 'root', cmdline: `curl --password ${SECRET}` },
    });
    expect(text(out, 'rows.csv')).toContain("'=cmd()");
    expect(jsonLines(out, 'roll.jsonl').map(({ host, state, rows }) => [host, state, rows])).toEqual([
      ['web-1', 'rows', 2],
      ['web-2', 'no_rows', 0],
      ['db-1', 'error', 0],
      ['old-1', 'offline', 0],
    ]);
    expect(text(out, 'query.sql')).toContain('SELECT username FROM users LIMIT 10');
  });

  it('says who made it, from what, and what osquery is not', async () => {
    const { id, out, export: exportRun } = await placeWithRun();
    await exportRun(id, '--output', out);
    expect(JSON.parse(text(out, 'about.json'))).toMatchObject({
      made_by: 'mia',
      masked: null,
      run: { id, template: 'some_users', targeted: 4, template_is_unchanged: true },
      sources: [{ name: 'prod', kind: 'osctrl', address: 'https://osctrl.example:9002', environment: 'prod', tls: 'verified' }],
    });
    expect(text(out, 'about.json')).not.toContain('OSCTRL_TOKEN');
    const readme = text(out, 'README.txt');
    for (const words of ['no image of memory', 'sha256sum -c MANIFEST', 'Nothing is masked', 'Made by mia'])
      expect(readme.replaceAll('\n', ' ')).toContain(words);
    expect(Math.max(...readme.split('\n').map(line => line.length))).toBeLessThanOrEqual(100);
  });

  it('is for its owner only, and leaves no half-made bundle beside it', async () => {
    const { id, out, folder, export: exportRun } = await placeWithRun();
    await exportRun(id, '--output', out);
    expect(statSync(out).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(out)) expect(statSync(path.join(out, name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter(name => name.startsWith('.'))).toEqual([]);
  });

  it('masks secrets where it is asked to, and counts each once', async () => {
    const { id, out, export: exportRun } = await placeWithRun();
    const { json } = await exportRun(id, '--events', 'table:listening_ports', '--mask', '--output', out);
    expect(json()).toMatchObject({ masked: 3, events: 2 });
    for (const name of readdirSync(out)) expect(text(out, name), name).not.toContain(SECRET);
    expect(text(out, 'README.txt')).toContain('3 places that looked like a password');
  });

  it('takes events with their raw records and what was decided on them', async () => {
    const { out, run, export: exportEvents } = await placeWithRun();
    const [first] = (await run(['feed', '--format', 'jsonl'])).lines() as { id: string }[];
    await run(['triage', first?.id ?? '', '--state', 'tp', '--comment', 'seen before']);
    expect((await exportEvents('--events', 'host:web-1', '--output', out)).code).toBe(0);
    const events = jsonLines(out, 'events.jsonl');
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({
      id: first?.id,
      raw: { said: `\u001b]0;x --password ${SECRET}` },
      triage_history: [{ who: 'mia', state: 'true_positive', comment: 'seen before' }],
    });
    expect(text(out, 'events.jsonl')).not.toContain('\u001b');
  });

  it('audits the hash of the list before the bundle takes its name', async () => {
    const place = await placeWithRun();
    await place.export(place.id, '--output', place.out);
    const audited = place.wire()?.audited.at(-1);
    expect(audited).toMatchObject({
      action: 'evidence',
      run: place.id,
      path: place.out,
      manifest: `sha256:${sha256(text(place.out, 'MANIFEST'))}`,
    });
  });

  it('takes along the lines of the audit log that tell of the run, and how the log stands', async () => {
    const place = await placeWithRun();
    const line = JSON.stringify({ seq: 1, prev: '0'.repeat(64), action: 'launch', run: place.id });
    const other = JSON.stringify({ seq: 2, prev: sha256(line), action: 'launch', run: 'other' });
    writeFileSync(path.join(place.dataDir, 'audit.jsonl'), `${line}\n${other}\n`);
    await place.export(place.id, '--output', place.out);
    expect(text(place.out, 'audit.jsonl')).toBe(`${line}\n`);
    expect(JSON.parse(text(place.out, 'about.json')).audit).toEqual({
      lines_here: 1,
      lines_in_log: 2,
      chain: '2 lines, each follows from the one before it',
      head: `sha256:${sha256(other)}`,
    });
  });

  it.each([
    ['nothing to export', [], /Evidence of what/],
    ['a run that is none', ['nope', '--output', 'x'], /no run 'nope'/],
    ['no place', ['RUN'], /needs a place: --output/],
    ['events of which there are none', ['--events', 'host:nobody', '--output', 'x'], /nothing to export/],
    ['a filter that is none', ['--events', 'sev>=odd', '--output', 'x'], /sev/],
    ['a time without events', ['RUN', '--since', '1h', '--output', 'x'], /--events/],
    ['a directory that is not there', ['RUN', '--output', '/nowhere/at/all/x'], /No bundle can be made at/],
  ])('refuses %s with 2', async (_what, argv, words) => {
    const place = await placeWithRun();
    const result = await place.export(...argv.map(word => (word === 'RUN' ? place.id : word === 'x' ? place.out : word)));
    expect([result.code, result.stderr]).toEqual([2, expect.stringMatching(words)]);
    expect(existsSync(place.out)).toBe(false);
  });

  it.each(['case-42', 'case-42.tar'])('writes nothing over what is at %s already', async name => {
    const { id, folder, export: exportRun } = await placeWithRun();
    const target = path.join(folder, name);
    if (name.endsWith('.tar')) writeFileSync(target, 'precious');
    else {
      mkdirSync(target);
      writeFileSync(path.join(target, 'precious'), '');
    }
    const { code, stderr } = await exportRun(id, '--output', target);
    expect([code, stderr]).toEqual([2, expect.stringContaining('never written over')]);
    expect(statSync(target).isFile() ? text(target) : readdirSync(target)).toEqual(name.endsWith('.tar') ? 'precious' : ['precious']);
  });

  it('fills a directory that is empty', async () => {
    const { id, out, export: exportRun, verify } = await placeWithRun();
    mkdirSync(out);
    expect((await exportRun(id, '--output', out)).code).toBe(0);
    expect((await verify(out)).code).toBe(0);
  });
});

describe('evidence verify', () => {
  it.each(['case-42', 'case-42.tar'])('finds %s as it was made', async name => {
    const { id, folder, export: exportRun, verify } = await placeWithRun();
    const target = path.join(folder, name);
    await exportRun(id, '--output', target);
    const { code, json } = await verify(target);
    const { files, ...verdict } = json() as { files: { state: string }[] };
    expect([code, new Set(files.map(({ state }) => state))]).toEqual([0, new Set(['good'])]);
    expect(verdict).toMatchObject({ good: true, faults: [], as_noted: null, audited: null });
  });

  it.each<[string, (out: string) => void, string]>([
    ['a changed file', out => appendFileSync(path.join(out, 'rows.csv'), 'x'), 'changed   rows.csv'],
    ['a missing file', out => rmSync(path.join(out, 'rows.csv')), 'missing   rows.csv'],
    ['a file that was put in', out => writeFileSync(path.join(out, 'more.csv'), ''), 'unlisted  more.csv'],
    [
      'a file in a folder that was put in',
      out => {
        mkdirSync(path.join(out, 'a'));
        writeFileSync(path.join(out, 'a', 'b'), '');
      },
      'unlisted  a/b',
    ],
    [
      'a link in the place of a file',
      out => {
        rmSync(path.join(out, 'rows.csv'));
        symlinkSync('rows.jsonl', path.join(out, 'rows.csv'));
      },
      'changed   rows.csv',
    ],
    ['a line in the list that is none', out => appendFileSync(path.join(out, 'MANIFEST'), 'hello\n'), 'MANIFEST is damaged'],
  ])('ends with 1 at %s', async (_what, tamper, words) => {
    const { id, out, export: exportRun, verify } = await placeWithRun();
    await exportRun(id, '--output', out);
    tamper(out);
    const { code, stdout } = await verify(out, '--format', 'table');
    expect([code, stdout]).toEqual([1, expect.stringContaining(words)]);
    expect(stdout).toContain('NOT GOOD');
  });

  it('sees that the list itself was replaced, by the hash that was noted', async () => {
    const { id, out, export: exportRun, verify } = await placeWithRun();
    const { manifest } = (await exportRun(id, '--output', out)).json() as { manifest: string };
    expect((await verify(out, '--manifest', manifest)).code).toBe(0);
    writeFileSync(path.join(out, 'rows.csv'), '');
    const list = text(out, 'MANIFEST').replace(/^\w+ {2}rows.csv$/m, `${sha256('')}  rows.csv`);
    writeFileSync(path.join(out, 'MANIFEST'), list);
    expect((await verify(out)).code).toBe(0);
    const { code, stdout } = await verify(out, '--manifest', manifest, '--format', 'table');
    expect([code, stdout]).toEqual([1, expect.stringContaining('NOT the hash that was noted')]);
  });

  it('finds the hash in the audit log of this machine', async () => {
    const { id, out, dataDir, export: exportRun, verify } = await placeWithRun();
    const { manifest } = (await exportRun(id, '--output', out)).json() as { manifest: string };
    const line = { seq: 1, time: '2026-11-21T03:00:00.000Z', prev: '0'.repeat(64), action: 'evidence', user: 'mia', manifest };
    writeFileSync(path.join(dataDir, 'audit.jsonl'), `${JSON.stringify(line)}\n`);
    expect((await verify(out)).json()).toMatchObject({ audited: { line: 1, at: '2026-11-21T03:00:00.000Z', by: 'mia' } });
  });

  it.each<[string, (folder: string) => string]>([
    ['nothing', folder => path.join(folder, 'nowhere')],
    ['a directory without a list', folder => folder],
    [
      'a file that is no archive',
      folder => {
        const file = path.join(folder, 'x.tar');
        writeFileSync(file, 'x'.repeat(2_000));
        return file;
      },
    ],
  ])('ends with 2 at %s', async (_what, make) => {
    const { folder, verify } = await placeWithRun();
    const { code, stderr } = await verify(make(folder));
    expect([code, stderr]).toEqual([2, expect.stringContaining('is no evidence bundle')]);
  });

  const tools = spawnSync('sha256sum', ['--version']).status === 0 && spawnSync('tar', ['--version']).status === 0;
  it.skipIf(!tools)('is not needed: tar and sha256sum do it too', async () => {
    const { id, folder, export: exportRun } = await placeWithRun();
    await exportRun(id, '--output', path.join(folder, 'case-42.tar'));
    expect(spawnSync('tar', ['xf', 'case-42.tar'], { cwd: folder }).status).toBe(0);
    const check = () => spawnSync('sha256sum', ['-c', 'MANIFEST'], { cwd: path.join(folder, 'case-42') }).status;
    expect(check()).toBe(0);
    appendFileSync(path.join(folder, 'case-42', 'roll.csv'), 'x');
    expect(check()).toBe(1);
  });
});
