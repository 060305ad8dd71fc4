import { describe, expect, it } from 'vitest';
import { parseTemplate, type TemplateSource } from '../../src/core/template.ts';

const limit = { name: 'limit', title: 'Rows', type: 'int', min: 1, max: 5, default: 2 };
const source = (meta: object = {}, over: Partial<TemplateSource> = {}): TemplateSource => ({
  name: 'users',
  meta: { title: 'Users', why: 'Who is known', platforms: ['linux'], params: [limit], cost: 'low', ...meta },
  sql: 'SELECT username FROM users LIMIT :limit;\n',
  sample: [{ username: 'root' }],
  ...over,
});

describe('parseTemplate', () => {
  it('fills in what may be left out and takes the closing semicolon off', () => {
    expect(parseTemplate(source())).toMatchObject({
      name: 'users',
      sql: 'SELECT username FROM users LIMIT :limit',
      params: [limit],
      attack: [],
      stack: [],
      volatile: [],
      key: [],
      secrets: [],
      sample: [{ username: 'root' }],
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
  });

  it('binds the digest to what is asked and with which parameters, not to the words around it', () => {
    const { digest } = parseTemplate(source());
    expect(parseTemplate(source({ title: 'Accounts', why: 'x', cost: 'high', stack: ['username'] })).digest).toBe(digest);
    expect(
      parseTemplate(source({ key: ['username'], secrets: ['username'], events: { publishers: ['a'], flags: ['--x=1'] } })).digest,
    ).toBe(digest);
    expect(parseTemplate(source({}, { sql: 'SELECT username FROM users LIMIT :limit' })).digest).toBe(digest);
    expect(parseTemplate(source({ params: [{ default: 2, type: 'int', max: 5, min: 1, title: 'Rows', name: 'limit' }] })).digest).toBe(
      digest,
    );
    expect(parseTemplate(source({}, { sql: 'SELECT uid FROM users LIMIT :limit' })).digest).not.toBe(digest);
    expect(parseTemplate(source({ params: [{ ...limit, max: 6 }] })).digest).not.toBe(digest);
  });

  it.each([
    ['an unknown field', { color: 'red' }],
    ['an unknown type of parameter', { params: [{ name: 'x', title: 'X', type: 'sql' }] }],
    ['an unknown field of a parameter', { params: [{ ...limit, step: 2 }] }],
    ['a parameter that cannot be a mark', { params: [{ ...limit, name: 'a-b' }] }],
    ['a number without a range', { params: [{ name: 'x', title: 'X', type: 'int' }] }],
    ['a choice without choices', { params: [{ name: 'x', title: 'X', type: 'enum', values: [] }] }],
    ['an unknown platform', { platforms: ['beos'] }],
    ['no platform', { platforms: [] }],
    ['something that is no technique', { attack: ['TA0001'] }],
    ['no reason', { why: '' }],
    ['events without what must be on', { events: { publishers: [], flags: ['--x=1'] } }],
    ['a flag that is none', { events: { publishers: ['a'], flags: ['-x; rm'] } }],
  ])('refuses %s', (_, meta) => {
    expect(() => parseTemplate(source(meta))).toThrow();
  });

  it('refuses a sample whose values are no text', () => {
    expect(() => parseTemplate(source({}, { sample: [{ pid: 1 }] }))).toThrow();
  });
});
