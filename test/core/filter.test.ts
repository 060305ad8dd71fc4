import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../src/core/filter.ts';
import { compileFilter, filterTerm, type Vocabulary } from '../../src/core/filter-language.ts';
import { judge } from '../../src/core/judge.ts';
import type { FeedEvent, RawEvent } from '../../src/core/model.ts';
import { Problem } from '../../src/core/problem.ts';
import { aRawEvent } from '../helpers/model.ts';

const event = (over: Partial<RawEvent> = {}): FeedEvent => judge(aRawEvent(over), 0);
const listener = event({ row: { port: '4444', path: '/tmp/.x/NC', cmdline: 'nc -l "4444"', gone: null } });
const cron = event({ tables: ['crontab'], queryName: 'nightly cron', title: 'crontab added: id', hostname: 'db-1', source: 'prod' });

const matches = (expression: string, item = listener) => parseFilter(expression).match(item);
const problem = (expression: string): Problem => {
  try {
    parseFilter(expression);
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown;
  }
  throw new Error(`'${expression}' was accepted`);
};

describe('parseFilter', () => {
  it.each([
    '',
    '   ',
    'sev>=medium',
    'sev:medium',
    'sev=medium',
    'sev<high',
    'sev<=critical',
    'sev>low',
    'SEVERITY:MEDIUM',
    'host:web-1',
    'host:WEB-*',
    'host:web-?',
    'table:listening_ports',
    'table:*_ports',
    'source:lab',
    '4444',
    'nc',
    '/TMP/.x',
    '"nc -l"',
    '"added: "',
    '-sev>=high',
    '!host:db-*',
    '-nothing',
    'host:"web-1"',
    'sev>=low host:web-* table:listening_ports nc -tcp',
    '0.0.0.0:4444',
    '-C:\\x',
  ])('lets a listener through for %j', expression => {
    expect(matches(expression)).toBe(true);
  });

  it.each([
    'sev>=high',
    'sev<medium',
    'host:web',
    'host:db-*',
    'table:ports',
    'source:prod',
    'zzz',
    '-nc',
    '!"nc -l"',
    'nc zzz',
    '-host:web-1',
    '.x.NC',
  ])('holds a listener back for %j', expression => {
    expect(matches(expression)).toBe(false);
  });

  it('looks for words in hostname, title, query, table and values', () => {
    for (const word of ['db-1', 'added', 'NIGHTLY', 'crontab', '"nightly cron"', '4444']) expect(matches(word, cron)).toBe(true);
  });

  it('finds no table where there is none', () => {
    expect(matches('table:*', event({ tables: [] }))).toBe(false);
    expect(matches('-table:crontab', event({ tables: [] }))).toBe(true);
  });

  it('takes a quoted word that looks like a term as text', () => {
    expect(matches('"sev>=high"')).toBe(false);
    expect(matches('"host:web"', event({ title: 'see host:web here' }))).toBe(true);
  });

  it('tells its terms apart', () => {
    expect(parseFilter('sev>=high -"a b" x').terms).toEqual([
      { text: 'sev>=high', field: 'sev', excluded: false },
      { text: '-"a b"', field: null, excluded: true },
      { text: 'x', field: null, excluded: false },
    ]);
  });

  it.each([
    ['sev>=hgh', 1, "'sev>=hgh'", 'info, low, medium, high, critical'],
    ['nc  sev:', 5, "'sev:'", 'sev>=high'],
    ['nc hots:web', 4, "'hots:web'", "no field 'hots'"],
    ['host>=web', 1, "'host>=web'", 'host:web-*'],
    ['a "b c', 3, `'"b c'`, 'quote'],
    ['a host:"b', 3, `'host:"b'`, 'quote'],
    ['a -', 3, "'-'", 'nothing to look for'],
    ['a !', 3, "'!'", 'nothing to look for'],
    ['""', 1, `'""'`, 'nothing to look for'],
    ['-http://x', 1, "'-http://x'", 'quotes'],
  ])('points at the wrong word of %j', (expression, column, word, help) => {
    const { kind, message, detail } = problem(expression);
    expect(kind).toBe('usage');
    expect(message).toContain(`column ${column}, ${word}`);
    expect(message).toContain(help);
    expect(detail).toBe(`${expression}\n${' '.repeat(column - 1)}^`);
  });

  it('shows a hostile word on one safe line', () => {
    expect(problem('sev:\u001b[2J').message).toContain('sev:␛[2J');
  });

  it('reads a word of any length and shape', () => {
    expect(() => parseFilter(`${'"a"b'.repeat(20_000)}`)).not.toThrow();
    expect(matches('(a+)+$')).toBe(false);
  });
});

describe('fields of events', () => {
  const NOW = Date.UTC(2026, 10, 21, 3, 0, 0);
  const found: FeedEvent = {
    ...listener,
    attack: ['T1543.002', 'T1059'],
    rules: ['deleted-binary', 'temp-process'],
    isNew: 'host',
    row: { port: '4444', path: '/tmp/a b', empty: '', gone: null },
  };
  const passes = (expression: string, item: FeedEvent = found) =>
    parseFilter(expression, { now: NOW, statusOf: ({ id }) => (id === found.id ? 'in_progress' : 'false_positive') }).match(item);

  it.each([
    'since:1h',
    'since:30s',
    'until:10s',
    'since:2026-11-21T02:59:30Z',
    'attack:T1543',
    'attack:t1543.002',
    'attack:T15*',
    'rule:deleted-binary',
    'rule:temp-*',
    'status:open',
    'status:in_progress',
    'status:in-progress',
    'new:yes',
    'new:host',
    'action:added',
    'query:listening*',
    'kind:query_row',
    'text:4444',
    'col:port=4444',
    'col:port>1024',
    'col:port<=4444',
    'col:"path=/tmp/a b"',
    'col:path=/tmp/*',
    'col:port',
    '-col:gone',
    '-col:constructor',
  ])('finds an event for %j', expression => {
    expect(passes(expression)).toBe(true);
  });

  it.each([
    'since:29s',
    'until:1h',
    'attack:T154',
    'attack:T1543.00',
    'rule:deleted',
    'status:new',
    'status:closed',
    'new:fleet',
    'new:no',
    'action:removed',
    'kind:host',
    'text:zzz',
    'col:port=44',
    'col:port>4444',
    'col:path>1',
    'col:empty<1',
    'col:empty',
    'col:none=x',
  ])('finds none for %j', expression => {
    expect(passes(expression)).toBe(false);
  });

  it('has events without rules, techniques, standing or novelty', () => {
    const plain = event();
    for (const expression of ['-rule:*', '-attack:T1059', 'new:no']) expect(passes(expression, plain)).toBe(true);
    expect(parseFilter('status:new status:open').match(plain)).toBe(true);
  });

  it.each([
    ['since:soon', 'no time'],
    ['attack:', 'attack:T1543'],
    ['status:done', 'open, closed, new'],
    ['status:constructor', 'there are open'],
    ['new:maybe', 'yes, no, host, fleet'],
    ['col:=x', 'col:path'],
    ['col:port>much', 'no number'],
  ])('says what is wrong with %j', (expression, words) => {
    expect(() => passes(expression)).toThrow(words);
  });

  it('wants a time for a span where there is no clock', () => {
    expect(problem('since:1h').message).toContain('RFC 3339');
  });
});

describe('filterTerm', () => {
  it.each(['web-1', 'a b', 'say "hi"', '', 'x:y'])('makes a term that finds %j', value => {
    expect(parseFilter(filterTerm('host', value || 'x')).match(event({ hostname: value || 'x' }))).toBe(true);
  });

  it('excludes as well', () => {
    expect(filterTerm('table', 'crontab', true)).toBe('-table:crontab');
    expect(filterTerm('host', 'a b')).toBe('host:"a b"');
  });
});

describe('compileFilter', () => {
  type Fruit = { name: string; price: number };
  const vocabulary: Vocabulary<Fruit> = {
    fields: [
      {
        names: ['price'],
        operators: ['>='],
        example: 'price>=5',
        compile: value => (/^\d+$/.test(value) ? fruit => fruit.price >= Number(value) : 'a price is a number'),
      },
    ],
    anyText: (fruit, test) => test(fruit.name),
  };

  it('filters anything that has a vocabulary', () => {
    const filter = compileFilter('price>=3 -kiwi', vocabulary);
    const fruits = [
      { name: 'Kiwi', price: 9 },
      { name: 'Fig', price: 3 },
      { name: 'Pear', price: 2 },
    ];
    expect(fruits.filter(filter.match)).toEqual([{ name: 'Fig', price: 3 }]);
  });

  it('tells in the words of the field what is wrong with a value', () => {
    expect(() => compileFilter('price>=much', vocabulary)).toThrow(/a price is a number/);
  });
});
