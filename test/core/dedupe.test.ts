import { describe, expect, it } from 'vitest';
import { contentKey, type Difference, dedupeKey, differenceKey } from '../../src/core/dedupe.ts';

const difference: Difference = {
  source: 'prod',
  host: 'h1',
  query: 'crontab',
  action: 'added',
  unixTime: 1_785_312_000,
  counter: 4,
  row: { path: '/etc/crontab', command: 'id' },
};

describe('differenceKey', () => {
  it('is the same for a resent line, whatever the order of its columns or the type of its numbers', () => {
    const resent = { ...difference, unixTime: '1785312000', counter: '4', row: { command: 'id', path: '/etc/crontab' } };
    expect(differenceKey(resent)).toBe(differenceKey(difference));
  });

  it.each<Partial<Difference>>([
    { source: 'test' },
    { host: 'h2' },
    { query: null },
    { query: 'cron' },
    { action: 'removed' },
    { unixTime: 1_785_312_001 },
    { counter: 5 },
    { counter: null },
    { row: { path: '/etc/crontab', command: 'id ' } },
    { row: { path: '/etc/crontab', command: null } },
    { row: { path: '/etc/crontab' } },
  ])('differs where the record does: %o', change => {
    expect(differenceKey({ ...difference, ...change })).not.toBe(differenceKey(difference));
  });

  it('puts what a host logs at one moment together, in the order of time', () => {
    const of = (change: Partial<Difference>) => differenceKey({ ...difference, ...change });
    const later = { unixTime: 1_785_312_001 };
    const keys = [of({}), of({ counter: 5 }), of({ host: 'h2' }), of(later), of({ ...later, host: 'h2' }), of({ unixTime: '1785312002' })];
    expect(keys.toSorted().map(key => keys.indexOf(key) >= 3)).toEqual([false, false, false, true, true, true]);
    expect(keys[0]?.slice(0, 11)).toBe(keys[1]?.slice(0, 11));
    expect(keys[0]?.slice(0, 11)).not.toBe(keys[2]?.slice(0, 11));
    expect(of({ unixTime: 'soon' })).toMatch(/^00000000[0-9a-f]{24}$/);
  });

  it('is 32 hexadecimal digits', () => {
    expect(differenceKey(difference)).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('contentKey', () => {
  const content = { source: 'prod', host: 'h1', query: 'os', row: { name: 'Ubuntu', version: '24.04' } };

  it('depends on what the row says and not on the order in which it says it', () => {
    expect(contentKey({ ...content, row: { version: '24.04', name: 'Ubuntu' } })).toBe(contentKey(content));
    expect(contentKey({ ...content, row: { name: 'Ubuntu', version: '24.10' } })).not.toBe(contentKey(content));
    expect(contentKey({ ...content, host: 'h2' })).not.toBe(contentKey(content));
  });

  it('puts the rows of one host and query together', () => {
    const other = contentKey({ ...content, row: { name: 'Debian', version: '13' } });
    expect(other.slice(0, 6)).toBe(contentKey(content).slice(0, 6));
    expect(contentKey({ ...content, query: 'users' }).slice(0, 6)).not.toBe(other.slice(0, 6));
  });

  it('tells a cell from a name', () => {
    expect(contentKey({ ...content, row: { a: 'b', c: 'd' } })).not.toBe(contentKey({ ...content, row: { a: 'c', b: 'd' } }));
  });
});

describe('dedupeKey', () => {
  it('lets no part run into the next', () => {
    expect(dedupeKey(['ab', 'c'])).not.toBe(dedupeKey(['a', 'bc']));
    expect(dedupeKey(['a","b'])).not.toBe(dedupeKey(['a', 'b']));
    expect(dedupeKey([null])).not.toBe(dedupeKey(['null']));
  });
});
