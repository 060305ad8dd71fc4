import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSettings, type SourceSettings } from '../../src/adapters/config-file.ts';
import { createSourceAdmin } from '../../src/cli/source-admin.ts';
import type { Connector } from '../../src/core/ports.ts';
import { temporaryDirectory } from '../helpers/directories.ts';

const report = { version: 'osctrl head', account: 'ann', can: ['run live queries'], cannot: [], remarks: [] };
const draft = {
  kind: 'osctrl',
  name: 'prod',
  values: { 'base-url': 'https://osctrl.example:9002/', environment: 'dev', 'token-env': 'TOKEN', insecure: '' },
} as const;

let dir: string;
let connected: SourceSettings[];
let opened: string[];
let closed: number;
beforeEach(() => {
  dir = temporaryDirectory();
  connected = [];
  opened = [];
  closed = 0;
});

function admin() {
  const connect = (source: SourceSettings): Connector => {
    connected.push(source);
    return {
      id: source.name,
      kind: source.kind,
      check: async () => report,
      hosts: async function* () {
        yield [];
      },
      feeds: [],
      close: async () => {
        closed += 1;
      },
    };
  };
  return createSourceAdmin({ settings: openSettings(dir), connect, open: connector => opened.push(connector.id) });
}
const { signal } = new AbortController();
const file = () => path.join(dir, 'config.json');

describe('a source added from the console', () => {
  it('has a form for every kind, with the flags of the command as fields', () => {
    const forms = admin().forms;
    expect(forms.map(({ kind }) => kind)).toEqual(['osctrl', 'fleetdm', 'direct']);
    const fields = forms[0]?.fields ?? [];
    expect(fields.find(({ name }) => name === 'base-url')).toMatchObject({ required: true, type: 'text' });
    expect(fields.find(({ name }) => name === 'insecure')).toMatchObject({ required: false, type: 'switch' });
  });

  it('is tested as it would be used, and nothing is saved by that', async () => {
    expect(await admin().test(draft, signal)).toEqual(report);
    expect(connected).toMatchObject([{ name: 'prod', kind: 'osctrl', insecure: true, secret: { env: 'TOKEN' } }]);
    expect(closed).toBe(1);
    expect(existsSync(file())).toBe(false);
    expect(opened).toEqual([]);
  });

  it('is saved without its secret, and opened at once', async () => {
    await admin().save(draft);
    const saved = JSON.parse(readFileSync(file(), 'utf8'));
    expect(saved.sources.prod).toMatchObject({ kind: 'osctrl', environment: 'dev', secret: { env: 'TOKEN' } });
    expect(opened).toEqual(['prod']);
  });

  it.each([
    ['a missing address', { ...draft, values: { environment: 'dev', 'token-env': 'TOKEN' } }, /--base-url must be given/],
    ['no secret', { ...draft, values: { 'base-url': 'https://osctrl.example', environment: 'dev' } }, /secret is needed/],
    [
      'plain http beyond this machine',
      { ...draft, values: { 'base-url': 'http://osctrl.example', environment: 'dev', 'token-env': 'TOKEN' } },
      /in the clear/,
    ],
    ['the name of the lab', { ...draft, name: 'lab' }, /built-in lab/],
  ])('with %s is refused in words', async (_what, wrong, words) => {
    await expect(admin().test(wrong, signal)).rejects.toThrow(words);
    expect(connected).toEqual([]);
  });

  it('cannot take the name of another', async () => {
    await admin().save(draft);
    await expect(admin().test(draft, signal)).rejects.toThrow(/called 'prod' already/);
  });
});
