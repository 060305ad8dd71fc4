import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { brokenLine, readSiteRules } from '../../src/adapters/rule-files.ts';
import { temporaryDirectory } from '../helpers/directories.ts';

let config: string;
beforeEach(() => {
  config = temporaryDirectory();
  mkdirSync(path.join(config, 'rules'));
});
const write = (name: string, text: string) => writeFileSync(path.join(config, 'rules', name), text);

const GOOD = `- id: odd-user
  title: Odd user
  why: To test
  at_least: high
  table: users
  when: { username: odd }
  matches: { row: { username: odd } }
  spares: { row: { username: even } }
`;

describe('readSiteRules', () => {
  it('reads the files by name, and nothing where there is no folder', () => {
    write('b.yaml', GOOD);
    write('a.yml', '- { id: odd-user, off: true }');
    write('notes.txt', 'not a rule');
    const { files, broken } = readSiteRules(config);
    expect(files.map(({ file, entries }) => [path.basename(file), entries.map(({ id }) => id)])).toEqual([
      ['a.yml', ['odd-user']],
      ['b.yaml', ['odd-user']],
    ]);
    expect(broken).toEqual([]);
    expect(readSiteRules(path.join(config, 'nowhere'))).toEqual({ files: [], broken: [] });
  });

  it.each([
    ['no YAML', '- id: [', 1, /./],
    ['a wrong value', GOOD.replace('high', 'hgh'), 4, /at_least: .*critical/],
    [
      'a wrong value deep inside',
      GOOD.replace('{ username: odd }', '\n    username:\n      regex: (a+)+'),
      8,
      /when\.username\.regex: .*no end/,
    ],
    ['a missing key', `${GOOD}${GOOD.replace('odd-user', 'other').replace('  title: Odd user\n', '')}`, 9, /title/],
    ['no list', 'id: x', 1, /is a list/],
    [
      'aliases that grow without end',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]`,
      1,
      /./,
    ],
  ])('tells file, line and reason of %s, and goes on with the others', (_, text, line, reason) => {
    write('bad.yaml', text);
    write('good.yaml', GOOD);
    const { files, broken } = readSiteRules(config);
    expect(files).toHaveLength(1);
    expect(broken).toEqual([{ file: path.join(config, 'rules', 'bad.yaml'), line, reason: expect.stringMatching(reason) }]);
    expect(broken.map(brokenLine)[0]).toMatch(/bad\.yaml:\d+: ./);
  });
});
