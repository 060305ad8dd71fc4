import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../src/core/filter.ts';
import { completions } from '../../src/core/filter-completions.ts';

const SEEN: Readonly<Record<string, readonly string[]>> = { host: ['web-1', 'db-1', 'mia web'], table: ['crontab'] };
const at = (marked: string) => {
  const cursor = marked.indexOf('|');
  return completions(marked.replace('|', ''), cursor, field => SEEN[field] ?? []);
};
const texts = (marked: string) => at(marked).items.map(({ text }) => text);

describe('completions', () => {
  it.each<[string, string[]]>([
    ['s|', ['sev>=', 'source:', 'since:', 'status:']],
    ['-ta|', ['-table:']],
    ['x ho|', ['host:']],
    ['severity|', ['sev>=']],
    ['sev>=h|', ['sev>=high']],
    ['sev:|', ['sev:info', 'sev:low', 'sev:medium', 'sev:high', 'sev:critical']],
    ['host:web|', ['host:web-1', 'host:"mia web"']],
    ['!host:"mia|', ['!host:"mia web"']],
    ['table:|', ['table:crontab']],
    ['status:o|', ['status:open']],
    ['nope:x|', []],
    ['"quoted|', []],
    ['zzz|', []],
  ])('%s', (marked, expected) => {
    const found = texts(marked);
    expect(found.slice(0, Math.max(1, expected.length))).toEqual(expected);
  });

  it('offers every field where nothing is typed', () => {
    const { items } = at('sev>=high |');
    expect(items.length).toBeGreaterThanOrEqual(15);
    expect(items.every(({ kind, help }) => kind === 'field' && help !== '')).toBe(true);
    expect(items.map(({ text }) => text)).toEqual(expect.arrayContaining(['host:', 'attack:', 'col:', 'new:', 'since:']));
  });

  it('replaces the whole word, from the part before the cursor', () => {
    expect(at('a host:we|b-9 z')).toMatchObject({ from: 2, to: 12, items: [{ text: 'host:web-1' }, { text: 'host:"mia web"' }] });
    expect(at('a  |')).toMatchObject({ from: 3, to: 3 });
  });

  it('gives values that the filter takes', () => {
    for (const field of ['sev:', 'status:', 'new:', 'action:', 'kind:']) {
      for (const text of texts(`${field}|`)) expect(() => parseFilter(text)).not.toThrow();
    }
  });

  it('does not grow with the values seen', () => {
    expect(completions('host:', 5, () => Array.from({ length: 5_000 }, (_, n) => `web-${n}`)).items).toHaveLength(50);
  });
});
