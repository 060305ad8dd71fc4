import { describe, expect, it } from 'vitest';
import { badFilterName, forgetFilter, namedFilter, savedFilters, saveFilter } from '../../src/core/saved-filters.ts';
import { pairsInMemory } from '../../src/ui/pairs.ts';

describe('saved filters', () => {
  it('are listed by name, replaced and forgotten', () => {
    const store = pairsInMemory();
    saveFilter(store, { name: 'web', filter: 'host:web-*' });
    saveFilter(store, { name: 'cron', filter: 'table:crontab' });
    saveFilter(store, { name: 'web', filter: 'host:web-1' });
    expect(savedFilters(store)).toEqual([
      { name: 'cron', filter: 'table:crontab' },
      { name: 'web', filter: 'host:web-1' },
    ]);
    forgetFilter(store, 'cron');
    expect(savedFilters(store)).toHaveLength(1);
  });

  it('stand for their expression by @name; anything else stands for itself', () => {
    const store = pairsInMemory();
    expect(() => namedFilter(store, '@web')).toThrow('There is no saved filter @web (none is saved).');
    saveFilter(store, { name: 'web', filter: 'host:web-*' });
    expect(namedFilter(store, '@web')).toBe('host:web-*');
    expect(namedFilter(store, 'sev>=high')).toBe('sev>=high');
    expect(() => namedFilter(store, '@wbe')).toThrow('(there are @web)');
  });

  it.each(['', 'a b', '@x', 'x'.repeat(41), 'a/b'])('have no name like %j', name => {
    expect(badFilterName(name)).toBeDefined();
    expect(() => saveFilter(pairsInMemory(), { name, filter: 'x' })).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});
