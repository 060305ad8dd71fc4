import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSettings, type SourceSettings } from '../../src/adapters/config-file.ts';
import { temporaryDirectory } from '../helpers/directories.ts';

const aSource = (over: Partial<SourceSettings> = {}): SourceSettings => ({
  name: 'prod',
  kind: 'osctrl',
  secret: { env: 'TOKEN' },
  caFile: undefined,
  insecure: false,
  own: { base_url: 'https://osctrl.example' },
  ...over,
});

/** A directory with this settings file. */
function written(text: string): { dir: string; file: string } {
  const dir = temporaryDirectory();
  const file = path.join(dir, 'config.json');
  writeFileSync(file, text);
  return { dir, file };
}

const withSources = (sources: unknown) => JSON.stringify({ sources });

describe('the settings file', () => {
  it('hands back what was added, in order, also to the next process', async () => {
    const dir = path.join(temporaryDirectory(), 'deep', 'config');
    const sources = [
      aSource({ name: 'z', caFile: '/etc/ca.pem', insecure: true, secret: { file: '/run/token' } }),
      aSource({ name: 'a.b-c_d', kind: 'direct', secret: undefined, own: { hostname: ['x', 'y'] } }),
    ];
    for (const source of sources) await openSettings(dir).add(source);
    expect(openSettings(dir).sources()).toEqual(sources);
    await openSettings(dir).remove('z');
    expect(openSettings(dir).sources()).toEqual([sources[1]]);
  });

  it('is for its owner only, and is not made by looking at it', async () => {
    const dir = path.join(temporaryDirectory(), 'config');
    expect(openSettings(dir).sources()).toEqual([]);
    expect(existsSync(dir)).toBe(false);
    await openSettings(dir).add(aSource());
    expect([statSync(dir).mode & 0o777, statSync(path.join(dir, 'config.json')).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('is narrowed to its owner when it is written', async () => {
    const { dir, file } = written('{}');
    await openSettings(dir).add(aSource());
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['no JSON', '{"sources": {', /it is no JSON/],
    ['a list', '[]', /is off:/],
    ['null', 'null', /is off:/],
    ['an unknown key', '{"surces": {}}', /surces/],
    ['an unknown kind', withSources({ prod: { kind: 'splunk' } }), /at sources\.prod\.kind/],
    ['a secret itself', withSources({ prod: { kind: 'osctrl', secret: 'hunter2' } }), /at sources\.prod\.secret: must be one of/],
    ['two places of a secret', withSources({ prod: { kind: 'osctrl', secret: { env: 'A', file: 'b' } } }), /at sources\.prod\.secret/],
    ['a flag that is a text', withSources({ prod: { kind: 'osctrl', insecure: 'no' } }), /at sources\.prod\.insecure/],
    ['a name that is none', withSources({ 'a b': { kind: 'osctrl' } }), /at sources\.a b: this is no name/],
    ['an inherited name', '{"sources": {"__proto__": {"kind": "osctrl"}}}', /at sources\.__proto__: this is no name/],
  ])('with %s is told of by field, and never overwritten', async (_what, text, words) => {
    const { dir, file } = written(text);
    const settings = openSettings(dir);
    for (const use of [async () => settings.sources(), () => settings.add(aSource()), () => settings.remove('prod')]) {
      const problem = await use().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(problem).toMatchObject({ kind: 'usage', message: expect.stringMatching(words) });
      expect(problem).toMatchObject({ message: expect.stringContaining(file) });
      expect(String(problem)).not.toContain('hunter2');
    }
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('leaves signals to the program that writes it', () => {
    const script = path.join(import.meta.dirname, 'children/add-source.ts');
    const { stdout } = spawnSync(process.execPath, [script, temporaryDirectory()], { encoding: 'utf8' });
    expect(stdout).toBe('[0,0,0,0,0]');
  });

  it('that cannot be read is told of', () => {
    const dir = temporaryDirectory();
    mkdirSync(path.join(dir, 'config.json'));
    expect(() => openSettings(dir).sources()).toThrow(
      expect.objectContaining({ kind: 'usage', message: expect.stringContaining('cannot be used') }),
    );
  });
});

describe('what else stands in the settings', () => {
  it('the calls on critical events are off, and keep what they were switched to beside the sources', async () => {
    const dir = path.join(temporaryDirectory(), 'config');
    expect(openSettings(dir).alarm()).toEqual({ bell: false, title: false });
    await openSettings(dir).add(aSource());
    await openSettings(dir).setAlarm({ bell: true, title: false });
    expect(openSettings(dir).alarm()).toEqual({ bell: true, title: false });
    await openSettings(dir).add(aSource({ name: 'second' }));
    expect(openSettings(dir).sources()).toHaveLength(2);
    expect(openSettings(dir).alarm().bell).toBe(true);
  });

  it('retention is what is written, in the words of prune; without it nothing is taken away', () => {
    expect(openSettings(temporaryDirectory()).retention()).toBeUndefined();
    const { dir } = written(JSON.stringify({ retention: { older_than: '30d', max_size: '2GB', keep: 'sev>=high status:open' } }));
    expect(openSettings(dir).retention()).toEqual({ maxAgeMs: 30 * 86_400_000, maxBytes: 2e9, keep: 'sev>=high status:open' });
    const age = written(JSON.stringify({ retention: { older_than: '12h' } }));
    expect(openSettings(age.dir).retention()).toEqual({ maxAgeMs: 43_200_000, maxBytes: undefined, keep: '' });
  });

  it.each([
    [{}, 'must say older_than, max_size or both'],
    [{ older_than: 'ages' }, 'must be a span'],
    [{ older_than: '0d' }, 'must be a span'],
    [{ max_size: '2' }, 'must be a size'],
    [{ older_than: '1d', keep: 'sev>=hihg' }, 'hihg'],
    [{ older_than: '1d', kepe: 'x' }, 'kepe'],
  ])('refuses retention %j by field', (retention, words) => {
    const { dir, file } = written(JSON.stringify({ retention }));
    expect(() => openSettings(dir).retention()).toThrow(words);
    expect(() => openSettings(dir).retention()).toThrow(`The settings file ${file} is off at retention`);
  });
});
