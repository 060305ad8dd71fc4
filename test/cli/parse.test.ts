import { describe, expect, it } from 'vitest';
import { COMMANDS, COMMON_FLAGS } from '../../src/cli/args.ts';
import { type CommandInvocation, parseInvocation } from '../../src/cli/parse.ts';

function command(...argv: string[]): CommandInvocation {
  const invocation = parseInvocation(argv);
  if (invocation.kind !== 'command') throw new Error(`${argv.join(' ')} is ${JSON.stringify(invocation)}`);
  return invocation;
}

function complaint(...argv: string[]): string {
  const invocation = parseInvocation(argv);
  if (invocation.kind !== 'error') throw new Error(`${argv.join(' ')} is no error`);
  expect(invocation.problem.kind).toBe('usage');
  return invocation.problem.message;
}

describe('the command line', () => {
  it('opens the console without a command, with its own flags only', () => {
    expect(parseInvocation([])).toMatchObject({ kind: 'console', common: { lab: undefined, sources: [] } });
    expect(parseInvocation(['--lab', '--plain', '--timeout', '5'])).toMatchObject({
      kind: 'console',
      common: { lab: 24, plain: true, timeoutS: 5 },
    });
    expect(complaint('--format', 'json')).toContain('takes no --format');
  });

  it('takes flags before and after the command, joined or apart', () => {
    const { spec, args, common, given } = command(
      '--format=csv',
      'query',
      '--host',
      'a',
      'some_users',
      '--host=b',
      '--data-dir',
      'd',
      '--yes',
    );
    expect([spec.name, args, common.format, common.dataDir]).toEqual(['query', ['some_users'], 'csv', 'd']);
    expect([given.get('host'), given.has('yes'), given.has('all')]).toEqual([['a', 'b'], true, false]);
  });

  it('gives --lab a number or none', () => {
    expect(command('hosts', '--lab').common.lab).toBe(24);
    expect(command('--lab', '3', 'hosts').common.lab).toBe(3);
    expect(command('hosts', '--lab=0').common.lab).toBe(0);
    expect(command('query', '--lab', 'some_users', '--all').args).toEqual(['some_users']);
    expect(complaint('hosts', '--lab=x')).toContain('--lab must be a whole number');
    expect(complaint('hosts', '--lab', '--source', 'prod')).toContain('leave --source out');
  });

  it('takes a value that begins with a dash, but no flag for a value', () => {
    expect(command('feed', '--filter', '-table:processes').given.get('filter')).toEqual(['-table:processes']);
    expect(command('query', 't', '--hosts-file', '-').given.get('hosts-file')).toEqual(['-']);
    expect(complaint('feed', '--filter', '--follow')).toContain('--filter needs a value');
    expect(complaint('feed', '--limit')).toContain('--limit needs a value');
  });

  it('finds commands of several words, and says how the beginning of one goes on', () => {
    expect(command('source', 'add', 'direct', 'here', '--hostname', 'a', '--hostname', 'b').spec.name).toBe('source add direct');
    expect(complaint('source', 'add', 'splunk', 'x')).toMatch(/source add osctrl, source add fleetdm, source add direct/);
    expect(complaint('source')).toMatch(/source list.*source remove/);
  });

  it.each([
    [['frobnicate'], /no command 'frobnicate'.*hosts, templates,.* query/],
    [['hosts', 'web-1', 'web-2'], /'web-2' is too much/],
    [['hosts', '--frobnicate'], /no flag '--frobnicate'/],
    [['hosts', '-x'], /no flag '-x'\. `rollcall help`/],
    [['hosts', '--url', 'x'], /no flag '--url'\. Did you mean --base-url\?/],
    [['hosts', '--formt=json'], /no flag '--formt'\. Did you mean --format\?/],
    [['source', 'add', 'osctrl', 'a', '--token', 'x'], /Did you mean --token-env, --token-file or --token-command\?/],
    [['quer', 'running_processes'], /no command 'quer running_processes'\. Did you mean 'query'\? There are: hosts/],
    [['rules', 'lst'], /Did you mean 'rules list'\? It goes on: rules list, /],
    [['hosts', '--all'], /hosts takes no --all/],
    [['hosts', '--quiet=yes'], /--quiet takes no value/],
    [['source', 'test'], /NAME is missing: rollcall source test NAME/],
    [['hosts', '--format', 'xml'], /no format 'xml'.*table, json, jsonl, csv/],
    [['hosts', '--format', 'csv', '--format', 'json'], /--format stands twice/],
    [['query', 't', '--timeout', '0'], /from 1 to 3600, not '0'/],
    [['query', 't', '--timeout', '1e2'], /not '1e2'/],
    [['query', 't', '--timeout', '3601'], /not '3601'/],
    [['hosts', '--output', ''], /--output needs a value/],
    [['source', 'add', 'osctrl', 'x'], /needs --base-url URL, --environment ENV/],
    [['hosts\u001b[2J'], /hosts␛\[2J/],
  ])('refuses %j', (argv, words) => {
    expect(complaint(...argv)).toMatch(words);
  });

  it('answers --help and --version wherever they stand', () => {
    expect(command('query', '-h')).toMatchObject({ spec: { name: 'help' }, args: ['query'] });
    expect(command('--help').args).toEqual([]);
    expect(command('hosts', '--version').spec.name).toBe('version');
  });

  it('knows the format that was asked for in a line that is wrong', () => {
    for (const argv of [
      ['hosts', '--format', 'json', '--nope'],
      ['--format=json', 'nope'],
    ]) {
      expect(parseInvocation(argv)).toMatchObject({ kind: 'error', format: 'json' });
    }
  });
});

describe('the tables of commands and flags', () => {
  it('have each name once, and one meaning for a flag', () => {
    const names = COMMANDS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const takesValue = new Map<string, boolean>();
    for (const { name, value } of [...COMMON_FLAGS, ...COMMANDS.flatMap(({ flags }) => flags)]) {
      expect([name, takesValue.get(name) ?? value !== undefined]).toEqual([name, value !== undefined]);
      takesValue.set(name, value !== undefined);
    }
  });

  it('give examples that parse', () => {
    const words = (line: string) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '').slice(1);
    for (const example of COMMANDS.flatMap(({ examples = [] }) => examples))
      expect([example, parseInvocation(words(example)).kind]).toEqual([example, 'command']);
  });
});
