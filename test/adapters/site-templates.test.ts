import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readApprovals, recordApproval } from '../../src/adapters/approvals.ts';
import { readPolicy } from '../../src/adapters/policy-file.ts';
import { readSiteTemplates } from '../../src/adapters/template-dir.ts';
import { NO_POLICY } from '../../src/core/policy.ts';
import { temporaryDirectory } from '../helpers/directories.ts';

const META = 'title: Ours\nwhy: Of this site\nplatforms: [linux, windows]\ncost: low\n';

/** A config directory with template folders: file by file, by name. */
function configWith(folders: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const config = temporaryDirectory();
  for (const [name, files] of Object.entries(folders)) {
    const folder = path.join(config, 'templates', name);
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
  }
  return config;
}

const one = async (files: Readonly<Record<string, string>>, name = 'ours') => (await readSiteTemplates(configWith({ [name]: files })))[0];

describe('templates of a site', () => {
  it('are folders like the shipped ones, by name', async () => {
    const sql = "SELECT name, regex_match(path, '/x', 0) AS x FROM processes WHERE pid > :pid LIMIT 5;\n";
    const params = 'params:\n  - {name: pid, title: Above, type: int, min: 0, max: 9, default: 1}\n';
    const config = configWith({
      b_last: { 'template.yaml': META, 'query.sql': 'SELECT 1', 'sample.json': '[{"1": "1"}]' },
      a_first: { 'template.yaml': META + params, 'query.sql': sql },
      '.git': {},
    });
    writeFileSync(path.join(config, 'templates', 'README'), 'no template');
    const read = await readSiteTemplates(config);
    expect(read).toEqual([
      {
        name: 'a_first',
        template: expect.objectContaining({ title: 'Ours', params: [expect.objectContaining({ name: 'pid' })], sample: [] }),
      },
      { name: 'b_last', template: expect.objectContaining({ sql: 'SELECT 1', digest: expect.stringMatching(/^sha256:/) }) },
    ]);
    expect(await readSiteTemplates(temporaryDirectory())).toEqual([]);
  });

  it.each([
    ['no query', { 'template.yaml': META }, /^query\.sql: .*no such file/],
    ['no YAML', { 'template.yaml': 'title: [', 'query.sql': 'SELECT 1' }, /^template\.yaml: /],
    ['a field that is off', { 'template.yaml': META.replace('low', 'cheap'), 'query.sql': 'SELECT 1' }, /^template\.yaml: cost: /],
    ['a key that is none', { 'template.yaml': `${META}sql: SELECT 1\n`, 'query.sql': 'SELECT 1' }, /sql/],
    ['a sample that is none', { 'template.yaml': META, 'query.sql': 'SELECT 1', 'sample.json': '{' }, /^sample\.json: /],
    ['a statement that writes', { 'template.yaml': META, 'query.sql': 'DROP TABLE users' }, /refused.*"DROP"/],
    ['a column that osquery lacks', { 'template.yaml': META, 'query.sql': 'SELECT nonesuch FROM users' }, /tables on linux \(.*nonesuch/],
    ['a table that a platform lacks', { 'template.yaml': META, 'query.sql': 'SELECT * FROM crontab' }, /tables on windows \(.*crontab/],
    ['a syntax that is none', { 'template.yaml': META, 'query.sql': 'SELECT FROM WHERE users' }, /./],
  ])('are broken with %s', async (_what, files, words) => {
    expect(await one(files as Readonly<Record<string, string>>)).toMatchObject({ name: 'ours', broken: expect.stringMatching(words) });
  });

  it('are broken under a name that no template has', async () => {
    expect(await one({ 'template.yaml': META, 'query.sql': 'SELECT 1' }, 'Ours-2')).toMatchObject({
      template: undefined,
      broken: expect.stringMatching(/^its name must be/),
    });
  });

  it('do not spoil each other', async () => {
    const read = await readSiteTemplates(configWith({ bad: {}, good: { 'template.yaml': META, 'query.sql': 'SELECT 1' } }));
    expect(read.map(({ broken }) => broken === undefined)).toEqual([false, true]);
  });

  it('have a digest of their SQL and parameters', async () => {
    const digests = await Promise.all(
      ['SELECT 1', 'SELECT 2', 'SELECT 1'].map(async sql => (await one({ 'template.yaml': META, 'query.sql': sql }))?.template?.digest),
    );
    expect([digests[0] === digests[2], digests[0] === digests[1]]).toEqual([true, false]);
  });
});

describe('approvals', () => {
  const approval = { digest: `sha256:${'a'.repeat(64)}`, by: 'ada', at: '2026-11-21T03:00:00.000Z' };

  it('are kept beside each other, for their owner only', () => {
    const config = path.join(temporaryDirectory(), 'config');
    expect(readApprovals(config)).toEqual(new Map());
    recordApproval(config, 'one', approval);
    recordApproval(config, 'two', approval);
    recordApproval(config, 'one', { ...approval, by: 'eve' });
    expect(readApprovals(config)).toEqual(
      new Map([
        ['one', { ...approval, by: 'eve' }],
        ['two', approval],
      ]),
    );
    expect(statSync(path.join(config, 'approved.json')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['others may write to them', '{}', 0o622, /others may write/],
    ['they are no JSON', '{', 0o600, /cannot be read/],
    ['they are something else', '{"one": true}', 0o600, /not understood/],
  ])('do not count when %s', (_what, text, mode, words) => {
    const config = temporaryDirectory();
    writeFileSync(path.join(config, 'approved.json'), text);
    chmodSync(path.join(config, 'approved.json'), mode);
    expect(readApprovals(config)).toMatch(words);
    expect(() => recordApproval(config, 'one', approval)).toThrow(/Nothing was approved/);
  });
});

describe('the policy of a machine', () => {
  const self = process.getuid?.() ?? 0;
  function policyFile(text: string) {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    const file = path.join(directory, 'policy.yaml');
    writeFileSync(file, text, { mode: 0o644 });
    return { file, directory, place: { file, owner: self } };
  }

  it('is read from its file, and there need not be one', () => {
    const { place, directory } = policyFile('max_hosts: 7 # the site is small\n');
    expect(readPolicy(place)).toEqual({ ...NO_POLICY, maxHosts: 7 });
    expect(readPolicy({ file: path.join(directory, 'none', 'policy.yaml'), owner: self })).toEqual(NO_POLICY);
    expect(readPolicy({ file: path.join(directory, 'other.yaml'), owner: self })).toEqual(NO_POLICY);
  });

  it('is not followed when somebody else owns it', () => {
    const { file } = policyFile('');
    expect(() => readPolicy({ file, owner: self + 1 })).toThrow(/belongs to user \d+, not to user/);
    if (self !== 0) expect(() => readPolicy({ file, owner: 0 })).toThrow(/not to root/);
  });

  it.each([
    ['it', 0o666, 0o755],
    ['its directory', 0o644, 0o777],
  ])('is not followed when others may write to %s', (what, fileMode, directoryMode) => {
    const { file, directory, place } = policyFile('');
    chmodSync(file, fileMode);
    chmodSync(directory, directoryMode);
    expect(() => readPolicy(place)).toThrow(new RegExp(`others may write to ${what} \\(mode`));
  });

  it('is not passed over when it was taken away from a directory that is open to others', () => {
    const { directory } = policyFile('');
    chmodSync(directory, 0o777);
    expect(() => readPolicy({ file: path.join(directory, 'gone.yaml'), owner: self })).toThrow(/others may write to its directory/);
  });

  it.each([
    ['no YAML', 'max_hosts: [', /is no YAML/],
    ['an unknown key', 'maxhosts: 4', /maxhosts/],
    ['a text', 'allow everything', /expected object/],
  ])('is told of by field when it is %s', (_what, text, words) => {
    expect(() => readPolicy(policyFile(text).place)).toThrow(words);
  });

  it('is not passed over when it cannot be read', () => {
    const { directory } = policyFile('');
    const loop = path.join(directory, 'loop.yaml');
    symlinkSync(loop, loop);
    expect(() => readPolicy({ file: loop, owner: self })).toThrow(/cannot be read/);
  });
});
