import { describe, expect, it } from 'vitest';
import { blastLines, blastOf, cycle, entriesOf, fieldProblem, findTemplates } from '../../screens/launch/select.ts';
import { applicable } from '../../src/core/applicable.ts';
import type { ParamSpec } from '../../src/core/template.ts';
import { aHost, usersTemplate } from '../helpers/model.ts';

const NOW = Date.UTC(2026, 10, 21);
const [limit] = usersTemplate.params;
const directory = {
  name: 'directory',
  title: 'Where',
  type: 'enum',
  values: ['/tmp', '/var/tmp', '/dev/shm'],
  default: '/tmp',
} satisfies ParamSpec;
const since = { name: 'since', title: 'Since', type: 'time' } satisfies ParamSpec;

describe('the form', () => {
  it('takes an empty field for its default and asks for one that has none', () => {
    if (!limit) throw new Error('the template has a parameter');
    expect(fieldProblem(limit, '', NOW)).toBeUndefined();
    expect(fieldProblem(since, '', NOW)).toBe('is required');
  });

  it('says at once what is wrong with a value', () => {
    if (!limit) throw new Error('the template has a parameter');
    expect(fieldProblem(limit, '0x10', NOW)).toContain('whole number from 1 to 100');
    expect(fieldProblem(since, '24h', NOW)).toBeUndefined();
  });

  it('goes through the choices in both directions and around the end', () => {
    expect(cycle(directory, '', 1)).toBe('/var/tmp');
    expect(cycle(directory, '/dev/shm', 1)).toBe('/tmp');
    expect(cycle(directory, '', -1)).toBe('/dev/shm');
  });

  it('finds templates by words of name and title', () => {
    const entries = entriesOf([usersTemplate], new Map());
    expect(findTemplates(entries, 'some us')).toHaveLength(1);
    expect(findTemplates(entries, 'process')).toHaveLength(0);
  });

  it('lists templates that may not be launched last, and finds them by name', () => {
    const entries = entriesOf([usersTemplate], new Map([['our_updates', 'nobody has approved it']]));
    expect(entries.map(({ name }) => name)).toEqual(['some_users', 'our_updates']);
    expect(findTemplates(entries, 'our')).toEqual([{ name: 'our_updates', refusal: 'nobody has approved it' }]);
  });
});

describe('whom a launch reaches', () => {
  const hosts = [
    ...Array.from({ length: 8 }, (_, index) => aHost(`web-${index + 1}`)),
    aHost('win-1', { platform: 'windows' }),
    aHost('mail-1', { platform: 'rhel', status: 'offline', source: 'prod' }),
  ];

  it('names hosts and sources, counts who is offline, and leaves out those of another platform', () => {
    expect(blastOf(usersTemplate, hosts)).toEqual({
      hosts: 9,
      offline: 1,
      unfit: 1,
      sources: ['lab', 'prod'],
      names: 'web-1, web-2, web-3, web-4, web-5, web-6 … and 3 more',
      waves: '',
    });
    expect(applicable(usersTemplate, hosts).map(({ hostname }) => hostname)).not.toContain('win-1');
  });

  it('says who is not asked, because the template does not run there', () => {
    expect(blastLines(blastOf(usersTemplate, hosts), usersTemplate, 'wait').join(' ')).toContain(
      'Not applicable, and not asked: 1 host that is not linux.',
    );
  });

  it('says in which waves a costly query goes out, when they stop, and what it cost before', () => {
    const costly = { ...usersTemplate, cost: 'high' } as const;
    const past = { runs: 1, hosts: 9, medianMs: 800, medianRows: 3, errors: 0, denylisted: 2, timedOut: 0, offline: 0 };
    const lines = blastLines(blastOf(costly, hosts), costly, 'wait', past).join(' ');
    expect(lines).toContain('It costs the hosts much work, so it goes out in waves of 5 and 4.');
    expect(lines).toContain('none after more than 2 in 10 (and 3) failed');
    expect(lines).toContain('Earlier: 1 run, 9 hosts: half answered within 0.8s, 3 rows each; 2 denylisted.');
    expect(blastLines(blastOf(usersTemplate, hosts), usersTemplate, 'wait').join(' ')).not.toContain('waves');
  });

  it('says what happens to offline hosts', () => {
    const blast = blastOf(usersTemplate, hosts);
    expect(blastLines(blast, usersTemplate, 'wait').join(' ')).toContain('answer only if they come back in time');
    expect(blastLines(blast, usersTemplate, 'skip').join(' ')).toContain('not waited for');
  });
});
