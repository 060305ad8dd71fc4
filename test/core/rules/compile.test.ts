import { describe, expect, it } from 'vitest';
import { checkSamples, compileRules, decide, type Facts } from '../../../src/core/rules/compile.ts';
import { inForce, parseRules, type Rule } from '../../../src/core/rules/rule.ts';

const plain = { title: 'A rule', why: 'Because', at_least: 'high', matches: { row: {} }, spares: { row: {} } };

function rules(...entries: object[]): readonly Rule[] {
  const parsed = parseRules(entries.map((entry, index) => ({ id: `rule-${index}`, ...plain, ...entry })));
  if ('fault' in parsed) throw new Error(JSON.stringify(parsed.fault));
  return inForce(parsed.entries);
}

const facts = (over: Partial<Facts> = {}): Facts => ({
  kind: 'query_row',
  tables: ['processes'],
  action: 'added',
  queryName: 'processes',
  row: {},
  ...over,
});

const found = (rule: object, over: Partial<Facts>) => compileRules(rules(rule)).matching(facts(over)).length === 1;

describe('conditions on columns', () => {
  const row = { name: 'Python3', pid: '812', on_disk: '0', empty: '', path: '/tmp/.x/a', remote: '10.1.2.3', none: null };
  it.each<[string, object, boolean]>([
    ['a value, in any case', { name: 'python3' }, true],
    ['another value', { name: 'python' }, false],
    ['a number as a value', { on_disk: 0 }, true],
    ['one of a list', { name: ['perl', 'PYTHON3'] }, true],
    ['none of a list', { name: { in: ['perl'] } }, false],
    ['a beginning', { path: { startswith: ['/var/', '/TMP/'] } }, true],
    ['no beginning', { path: { startswith: 'tmp' } }, false],
    ['an ending', { path: { endswith: '/A' } }, true],
    ['a part', { path: { contains: '.x' } }, true],
    ['every part', { path: { contains_all: ['tmp', '.x'] } }, true],
    ['not every part', { path: { contains_all: ['tmp', '.y'] } }, false],
    ['a pattern', { name: { regex: '^py.{0,9}\\d$' } }, true],
    ['an address range', { remote: { cidr: ['192.0.2.0/24', '10.0.0.0/8'] } }, true],
    ['outside of a range', { remote: { not: { cidr: '10.0.0.0/8' } } }, false],
    ['more than', { pid: { gt: 811, lt: 813 } }, true],
    ['not more than', { pid: { gt: 812 } }, false],
    ['at least and at most', { pid: { gte: 812, lte: 812 } }, true],
    ['a number that is none', { name: { gt: 0 } }, false],
    ['an empty number', { empty: { lt: 1 } }, false],
    ['a column that is there', { name: { exists: true } }, true],
    ['an empty column, as not there', { empty: { exists: true } }, false],
    ['a column that is not there', { gone: { exists: false } }, true],
    ['a null, as not there', { none: { exists: false } }, true],
    ['anything of a column that is not there', { gone: { not: { equals: 'x' } } }, false],
    ['the first column that is there', { 'cmdline|path': { startswith: '/tmp/' } }, true],
    ['all columns together', { name: 'python3', pid: 1 }, false],
    ['one of several groups', [{ pid: 1 }, { name: 'python3' }], true],
  ])('%s', (_, when, expected) => {
    expect(found({ table: 'processes', when }, { row })).toBe(expected);
  });
});

describe('what else a rule looks at', () => {
  it('takes any of the tables, written in any case', () => {
    expect(found({ table: ['crontab', 'processes'] }, { tables: ['users', ' Processes '] })).toBe(true);
    expect(found({ table: 'crontab' }, {})).toBe(false);
    expect(found({ when: { a: 1 } }, { tables: [], row: { a: '1' } })).toBe(true);
  });

  it('leaves removed rows alone unless it asks for them', () => {
    expect(found({ table: 'processes' }, { action: 'removed' })).toBe(false);
    expect(found({ table: 'processes' }, { action: null })).toBe(true);
    expect(found({ table: 'processes', action: 'removed' }, { action: 'removed' })).toBe(true);
    expect(found({ table: 'processes', action: 'removed' }, { action: 'added' })).toBe(false);
  });

  it('asks for the platform where that is known', () => {
    const rule = { table: 'processes', platform: ['linux', 'darwin'] };
    expect(found(rule, { platform: 'darwin' })).toBe(true);
    expect(found(rule, { platform: 'windows' })).toBe(false);
    expect(found(rule, {})).toBe(true);
  });

  it('matches queries by name, and other kinds of events when it asks for them', () => {
    expect(found({ query: '*Taps' }, { queryName: 'pack/x/taps' })).toBe(true);
    expect(found({ query: '*taps' }, { queryName: null })).toBe(false);
    expect(found({ kind: 'status', when: { message: { contains: 'denied' } } }, { kind: 'status', row: { message: 'Denied' } })).toBe(true);
    expect(found({ table: 'processes' }, { kind: 'status' })).toBe(false);
  });

  it('spares what its unless says', () => {
    const rule = { table: 'processes', unless: [{ name: 'good' }, { pid: 1 }] };
    expect(found(rule, { row: { name: 'good' } })).toBe(false);
    expect(found(rule, { row: { name: 'bad', pid: '1' } })).toBe(false);
    expect(found(rule, { row: { name: 'bad', pid: '2' } })).toBe(true);
  });

  it('names a rule once, in the order of the files, however many of its tables the event has', () => {
    const set = compileRules(rules({ when: { a: 1 } }, { table: ['users', 'processes'] }, { table: 'users' }));
    expect(set.matching(facts({ tables: ['processes', 'users'], row: { a: '1' } })).map(({ id }) => id)).toEqual([
      'rule-0',
      'rule-1',
      'rule-2',
    ]);
  });

  it('says why it does not match', () => {
    const set = compileRules(rules({ table: 'processes', action: 'added', platform: 'linux', when: { path: { startswith: '/tmp/' } } }));
    const why = (over: Partial<Facts>) => set.why('rule-0', facts(over));
    expect(why({ row: { path: '/tmp/a' } })).toBeUndefined();
    expect(why({ row: { path: '/usr/a' } })).toBe("path is '/usr/a' and has to start with '/tmp/'");
    expect(why({})).toBe('the row has no path');
    expect(why({ action: 'snapshot' })).toBe('it is about rows added, not snapshot');
    expect(why({ platform: 'windows' })).toBe('it is about linux, not windows');
    expect(why({ tables: [] })).toBe('it is about processes, not an unknown table');
    expect(set.why('nope', facts())).toBe('there is no such rule');
  });
});

describe('decide', () => {
  const claims = (...entries: object[]) => rules(...entries.map(entry => ({ table: 'processes', at_least: undefined, ...entry })));
  it.each<[string, object[], string, string | undefined]>([
    ['keeps the severity without rules', [], 'medium', undefined],
    ['raises', [{ at_least: 'high' }], 'high', 'rule-0'],
    ['raises no lower than it was', [{ at_least: 'low' }], 'medium', undefined],
    ['names a rule that says the same', [{ at_least: 'medium' }], 'medium', 'rule-0'],
    ['sets, downwards as well', [{ severity: 'info' }], 'info', 'rule-0'],
    ['takes the most severe of those that set', [{ severity: 'info' }, { severity: 'low' }], 'low', 'rule-1'],
    ['takes the most severe of those that raise', [{ at_least: 'high' }, { at_least: 'critical' }], 'critical', 'rule-1'],
    ['lowers', [{ at_most: 'info' }], 'info', 'rule-0'],
    ['gives the last word to what lowers', [{ at_most: 'low' }, { at_least: 'critical' }, { severity: 'high' }], 'low', 'rule-0'],
    ['lowers nothing that is low already', [{ at_most: 'high' }], 'medium', undefined],
  ])('%s', (_, entries, severity, by) => {
    const decision = decide('medium', claims(...entries));
    expect([decision.severity, decision.by?.id]).toEqual([severity, by]);
  });
});

describe('checkSamples', () => {
  it('is content when one sample matches and the other does not', () => {
    const [rule] = rules({ table: 'users', when: { uid: 0 }, matches: { row: { uid: 0 } }, spares: { row: { uid: 1 } } });
    expect(rule && checkSamples(rule)).toEqual([]);
  });

  it('tells of a sample that misses, and of one that hits', () => {
    const [rule] = rules({ table: 'users', when: { uid: 0 }, matches: { row: { uid: 5 } }, spares: { row: { uid: 0 } } });
    expect(rule && checkSamples(rule)).toEqual([
      "its sample that must match does not: uid is '5' and has to be '0'",
      'its sample that must not match does',
    ]);
  });
});

describe('parseRules', () => {
  const faultOf = (content: unknown) => {
    const parsed = parseRules(content);
    return 'fault' in parsed ? parsed.fault : undefined;
  };
  const one = (over: object) => [{ id: 'a-rule', ...plain, table: 'users', ...over }];

  it.each<[string, unknown, string, RegExp]>([
    ['no list', { id: 'x' }, '', /is a list/],
    ['no object', ['x'], '0', /expected object/i],
    ['no title', one({ title: undefined }), '0.title', /expected string/i],
    ['a bad id', one({ id: 'A rule' }), '0.id', /lower-case/],
    ['an unknown key', one({ levl: 'high' }), '0', /levl/],
    ['no severity', one({ at_least: undefined }), '0', /one of severity, at_least, at_most/],
    ['two severities', one({ at_most: 'low' }), '0', /one of severity/],
    ['an unknown severity', one({ at_least: 'hgh' }), '0.at_least', /critical/],
    ['a bad technique', one({ attack: ['1059'] }), '0.attack.0', /ATT&CK id/],
    ['a rule about everything', one({ table: undefined }), '0', /match everything/],
    ['an unknown operator', one({ when: { uid: { is: 1 } } }), '0.when.uid', /is/],
    ['a dangerous pattern', one({ when: { uid: { regex: '(a+)+' } } }), '0.when.uid.regex', /no end/],
    ['a bad range', one({ when: { uid: { cidr: '10.0.0.0/99' } } }), '0.when.uid.cidr', /no address range/],
    ['an empty when', one({ when: {} }), '0.when', /names no column/],
    ['the same id twice', [...one({}), ...one({})], '1.id', /twice/],
  ])('finds %s, and where', (_, content, path, reason) => {
    const fault = faultOf(content);
    expect(fault?.path.join('.')).toBe(path);
    expect(fault?.reason).toMatch(reason);
  });

  it('lets a later file replace a rule or switch it off', () => {
    const [first] = rules({ table: 'users' });
    const [second] = rules({ table: 'groups' });
    if (!first || !second) throw new Error('no rules');
    expect(inForce([first, second])).toEqual([second]);
    expect(inForce([first, { id: 'rule-0', off: true }])).toEqual([]);
  });
});
