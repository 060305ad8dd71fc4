import { describe, expect, it } from 'vitest';
import { type Approvals, allowlistOf, type SiteTemplate } from '../../src/core/allowlist.ts';
import { approve, findTemplate } from '../../src/core/launch-policy.ts';
import { forbids, NO_POLICY, type Policy, parsePolicy, permitHosts } from '../../src/core/policy.ts';
import { AllowlistError } from '../../src/core/problem.ts';
import { siteTemplateFault } from '../../src/core/site-template.ts';
import { parseTemplate, type Template } from '../../src/core/template.ts';
import { usersTemplate } from '../helpers/model.ts';

const NAMED = { [usersTemplate.name]: usersTemplate.digest };

function site(sql = 'SELECT name FROM processes', over: Partial<Template> = {}): Template {
  const meta = { title: 'Ours', why: 'Of this site', platforms: ['linux'], cost: 'low' };
  return { ...parseTemplate({ name: 'ours', meta, sql, sample: [] }), ...over };
}

describe('a policy', () => {
  it('is read as written', () => {
    const policy = parsePolicy({ templates: NAMED, site_templates: false, max_hosts: 500, confirm_above: 10 });
    expect(policy).toEqual({ templates: NAMED, siteTemplates: false, maxHosts: 500, confirmAbove: 10 });
    expect([parsePolicy({}), parsePolicy(null)]).toEqual([NO_POLICY, NO_POLICY]);
  });

  it.each([
    ['a mistyped key', { max_host: 5 }, /max_host/],
    ['no number', { max_hosts: 'many' }, /^max_hosts: /],
    ['no hosts at all', { max_hosts: 0 }, /^max_hosts: /],
    ['half a digest', { templates: { some_users: 'sha256:12' } }, /^templates\.some_users: must be sha256/],
    ['a list', [], /expected object/],
  ])('is refused for %s', (_what, value, words) => {
    expect(parsePolicy(value)).toEqual({ problem: expect.stringMatching(words) });
  });

  it('says which templates may run, by name and digest', () => {
    const only: Policy = { ...NO_POLICY, templates: NAMED };
    expect(forbids(only, usersTemplate, 'shipped')).toBeUndefined();
    expect(forbids(only, { ...usersTemplate, digest: `sha256:${'0'.repeat(64)}` }, 'shipped')).toMatch(/another digest/);
    expect(forbids(only, site(), 'site')).toMatch(/does not name it/);
    expect(forbids(only, { name: 'constructor', digest: '' }, 'shipped')).toMatch(/does not name it/);
    expect(forbids({ ...NO_POLICY, siteTemplates: false }, site(), 'site')).toMatch(/no site templates/);
    expect(forbids({ ...NO_POLICY, siteTemplates: false }, usersTemplate, 'shipped')).toBeUndefined();
  });

  it('caps the hosts of a launch', () => {
    const policy = { ...NO_POLICY, maxHosts: 2 };
    permitHosts(policy, 2);
    expect(() => permitHosts(policy, 3)).toThrow(AllowlistError);
    expect(() => permitHosts(policy, 3)).toThrow(/allows 2 hosts at once, not 3/);
    permitHosts(NO_POLICY, 1_000_000);
  });
});

describe('the allowlist', () => {
  const digestOf = (approvals: Approvals, template: SiteTemplate = { name: 'ours', template: site() }, policy = NO_POLICY) =>
    allowlistOf([usersTemplate], [template], approvals, policy);
  const approved = (digest: string) => new Map([['ours', { digest, by: 'ada', at: '2026-11-21T03:00:00.000Z' }]]);

  it.each([
    ['unapproved', new Map(), undefined, /nobody has approved it.*templates approve ours/],
    ['unapproved', 'the file is open to others', undefined, /approvals are not known \(the file is open/],
    ['changed', approved('sha256:else'), undefined, /changed after ada approved it at 2026-11-21/],
    ['broken', approved(site().digest), { name: 'ours', template: site(), broken: 'It is more than one statement.' }, /more than one/],
    ['broken', new Map(), { name: 'ours', template: undefined, broken: 'query.sql: no such file' }, /query\.sql/],
    ['shadows', new Map(), { name: 'some_users', template: site('SELECT 1', { name: 'some_users' }) }, /has the name of a shipped one/],
  ] as const)('holds a site template that is %s back, and says why', (state, approvals, template, words) => {
    const list = digestOf(approvals, template);
    const entry = list.listed.find(({ origin }) => origin === 'site');
    expect(entry).toMatchObject({ state, reason: expect.stringMatching(words) });
    expect(() => approve(list.templates, { template: entry?.name ?? '', params: {} }, 0, list.refused)).toThrow(/is refused: /);
    expect(() => findTemplate(list.templates, entry?.name ?? '', list.refused)).toThrow(AllowlistError);
  });

  it('lets an approved one run, as it was approved', () => {
    const list = digestOf(approved(site().digest));
    expect(list.templates.map(({ name }) => name)).toEqual(['ours', 'some_users']);
    expect(list.listed.every(({ state }) => state === 'approved')).toBe(true);
    expect(approve(list.templates, { template: 'ours', params: {} }, 0, list.refused).sql).toBe('SELECT name FROM processes');
  });

  it('follows the policy whoever approved what', () => {
    const list = digestOf(approved(site().digest), undefined, { ...NO_POLICY, siteTemplates: false, templates: {} });
    expect(list.templates).toEqual([]);
    expect(list.listed.map(({ state }) => state)).toEqual(['forbidden', 'forbidden']);
    expect([...list.refused.keys()].sort()).toEqual(['ours', 'some_users']);
  });
});

describe('a template of a site', () => {
  const limit = { name: 'limit', title: 'At most', type: 'int', min: 1, max: 9 } as const;

  it('is sound when it only reads and its marks have parameters', () => {
    expect(siteTemplateFault(site('SELECT name FROM processes LIMIT :limit', { params: [{ ...limit, default: 3 }] }))).toBeUndefined();
  });

  it.each([
    ['writes', site('DELETE FROM users'), /not with SELECT/],
    ['is two statements', site('SELECT 1; SELECT 2'), /more than one statement/],
    ['asks other machines', site("SELECT * FROM curl WHERE url = 'http://x'"), /curl/],
    ['has a mark without a parameter', site('SELECT name FROM processes LIMIT :limit'), /:limit/],
    ['has a parameter without a mark', site(undefined, { params: [limit] }), /does not use parameter/],
    ['has a parameter twice', site('SELECT :limit', { params: [limit, limit] }), /'limit' stands twice/],
    ['has a default that is none', site('SELECT :limit', { params: [{ ...limit, default: 10 }] }), /default of parameter 'limit' must be/],
  ])('is not when it %s', (_what, template, words) => {
    expect(siteTemplateFault(template)).toMatch(words);
  });
});
