import { describe, expect, it } from 'vitest';
import { kindOf, type Offer, offersFor } from '../../screens/pivot/select.ts';
import { parseTemplate } from '../../src/core/template.ts';
import { openOnPaper } from '../helpers/frames.tsx';
import { aHost } from '../helpers/model.ts';

const SHA = 'a'.repeat(64);
const template = (name: string, param: Record<string, unknown>) =>
  parseTemplate({
    name,
    meta: { title: name, why: name, platforms: ['linux'], params: [{ title: 'x', ...param }], cost: 'low' },
    sql: `SELECT pid FROM processes WHERE path = :${String(param.name)}`,
    sample: [],
  });
const templates = [
  template('by_hash', { name: 'sha256', type: 'sha256' }),
  template('by_ip', { name: 'ip', type: 'ip' }),
  template('by_path', { name: 'path', type: 'path' }),
  template('by_pid', { name: 'pid', type: 'int', min: 1, max: 4_194_304 }),
  template('by_name', { name: 'name', type: 'text', maxLength: 64 }),
  template('by_user', { name: 'user', type: 'text', maxLength: 64 }),
];
const nameOf = (offer: Offer) => (offer.kind === 'query' ? offer.template.name : 'the file');
const web1 = aHost('web-1');
const fleet = [web1, aHost('web-2')];

it.each([
  ['sha256', SHA, 'sha256'],
  ['remote_address', '203.0.113.9', 'ip'],
  ['remote_address', 'fe80::1', 'ip'],
  ['path', '/tmp/x', 'path'],
  ['path', String.raw`C:\Windows\x.exe`, 'path'],
  ['pid', '4321', 'pid'],
  ['parent', '1', 'pid'],
  ['username', 'mallory', 'user'],
  ['name', 'nc', 'name'],
  ['cmdline', 'nc -l', undefined],
  ['size', '4321', undefined],
  ['path', '/', undefined],
])('%s = %s is a %s', (column, value, kind) => {
  expect(kindOf(column, value)).toBe(kind);
});

describe('a row', () => {
  const row = { pid: '77', name: 'nc', path: '/tmp/nc', remote_address: '203.0.113.9', local_address: '0.0.0.0', sha256: SHA };

  it('offers every template that takes one of its values, here and everywhere, the value under the cursor first', () => {
    const offers = offersFor({ row, column: 'path', host: web1 }, templates, fleet);
    expect(offers.slice(0, 2)).toMatchObject([
      { template: { name: 'by_path' }, params: { path: '/tmp/nc' }, where: 'web-1' },
      { template: { name: 'by_path' }, params: { path: '/tmp/nc' }, where: 'all 2 hosts' },
    ]);
    expect(new Set(offers.map(nameOf))).toEqual(new Set(['by_path', 'by_pid', 'by_name', 'by_ip', 'by_hash']));
  });

  it('asks about an account where accounts are asked for, and about a program where they are not', () => {
    const logIn = { username: 'mallory', tty: 'pts/1' };
    expect(new Set(offersFor({ row: logIn, column: undefined, host: web1 }, templates, fleet).map(nameOf))).toEqual(new Set(['by_user']));
  });

  it('does not look for a pid of one host on others, nor for an address that is no one’s', () => {
    const offers = offersFor({ row, column: undefined, host: web1 }, templates, fleet);
    expect(offers.filter(offer => nameOf(offer) === 'by_pid').map(({ where }) => where)).toEqual(['web-1']);
    expect(offers.filter(({ column }) => column === 'local_address')).toEqual([]);
  });

  it('offers the file itself after the templates that take its path, where its host can be asked for it', () => {
    const pivot = { row, column: 'path', host: web1 };
    const offers = offersFor(pivot, templates, fleet, (host, file) => host === web1 && file === '/tmp/nc');
    expect(offers.map(nameOf).slice(0, 3)).toEqual(['by_path', 'by_path', 'the file']);
    expect(offers.find(({ kind }) => kind === 'carve')).toMatchObject({ value: '/tmp/nc', hosts: [web1] });
    expect(offersFor(pivot, templates, fleet).map(nameOf)).not.toContain('the file');
  });

  it('leads to the launcher with everything filled in', async () => {
    const paper = await openOnPaper({
      screen: 'pivot',
      columns: 100,
      engine: {
        templates,
        hosts: () => fleet,
        preview: () => {
          throw new Error('not now');
        },
      },
    });
    paper.state.observer.hosts('lab', fleet, true);
    paper.ui.go('pivot', { row, column: 'remote_address', host: web1 });
    await paper.press('j', 'enter');
    expect(paper.frame()).toContain('[3 Launch]');
    expect(paper.frame()).toMatch(/ip +203\.0\.113\.9/);
    expect(paper.frame()).toContain('On 2 hosts');
    await paper.press('-');
    expect(paper.frame()).toContain('Follow a value of web-1');
  });

  it('without anything to follow says what could be', async () => {
    const paper = await openOnPaper({ screen: 'pivot', engine: { templates } });
    expect(paper.frame()).toContain('No template takes a value of this row.');
  });
});
