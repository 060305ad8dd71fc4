import { describe, expect, it } from 'vitest';
import { parseRowFilter, parseStackFilter, parseTargetFilter, ROLL_STATES, rollStateOf } from '../../src/core/result-filter.ts';
import { Run } from '../../src/core/run.ts';
import { stackOf } from '../../src/core/stack.ts';
import { aHost } from '../helpers/model.ts';

function aRun(): Run {
  const record = { id: 'r', template: 't', digest: 'd', sql: '', params: {}, sources: ['lab'], startedAt: 0, timeoutMs: 1_000 };
  const win = aHost('win-1', { platform: 'windows' });
  const run = new Run(record, [aHost('web-1'), aHost('web-2'), win, aHost('old-1'), aHost('slow-1'), aHost('next-1')]);
  const rows = [
    { port: '22', path: '/usr/sbin/sshd' },
    { port: '31337', path: '/dev/shm/x' },
  ];
  run.queue([aHost('next-1')]);
  run.answer('lab', { hostId: 'web-1', at: 5, state: 'rows', rows });
  run.answer('lab', { hostId: 'web-2', at: 5, state: 'rows', rows: rows.slice(0, 1) });
  run.answer('lab', { hostId: 'win-1', at: 5, state: 'denylisted', error: 'distributed query was denylisted: the watchdog killed it' });
  run.silence('lab', 'old-1', 'offline', 'offline: last seen 3d ago');
  run.end(1_000, 'ended');
  run.answer('lab', { hostId: 'slow-1', at: 2_000, state: 'rows', rows: [] });
  return run;
}

const hosts = (expression: string) => {
  const { match } = parseTargetFilter(expression);
  return aRun()
    .targets.filter(match)
    .map(({ key }) => key);
};

describe('hosts of a run', () => {
  it.each([
    ['state:rows', ['web-1', 'web-2']],
    ['state:late', ['slow-1']],
    ['state:no_rows', ['slow-1']],
    ['state:"not asked"', ['next-1']],
    ['state:not-asked', ['next-1']],
    ['-state:rows', ['win-1', 'old-1', 'slow-1', 'next-1']],
    ['host:web-*', ['web-1', 'web-2']],
    ['platform:windows', ['win-1']],
    ['reason:*watchdog*', ['win-1']],
    ['watchdog', ['win-1']],
    ['"last seen"', ['old-1']],
    ['denylisted', ['win-1']],
    ['col:port=31337', ['web-1']],
    ['col:path=/dev/*', ['web-1']],
    ['col:port>100 host:web-2', []],
    ['web -state:late', ['web-1', 'web-2']],
    ['', ['web-1', 'web-2', 'win-1', 'old-1', 'slow-1', 'next-1']],
  ])('%s', (expression, expected) => expect(hosts(expression)).toEqual(expected));

  it('are each in exactly one state', () => {
    for (const target of aRun().targets) expect(ROLL_STATES).toContain(rollStateOf(target));
  });

  it('are not filtered by what there is not', () => {
    expect(() => parseTargetFilter('state:sleepy')).toThrow(/there is no state 'sleepy' \(there are rows, no_rows/);
    expect(() => parseTargetFilter('colour:red')).toThrow(/there is no field 'colour'/);
    expect(() => parseTargetFilter('col:port>high')).toThrow(/'high' is no number/);
  });
});

describe('rows of a run', () => {
  const rows = (expression: string) => {
    const { match } = parseRowFilter(expression);
    return aRun().targets.flatMap(target => target.rows.filter(row => match({ target, row })).map(row => `${target.key} ${row.port}`));
  };

  it.each([
    ['sshd', ['web-1 22', 'web-2 22']],
    ['host:web-1 -sshd', ['web-1 31337']],
    ['web-2', ['web-2 22']],
    ['col:port>1024', ['web-1 31337']],
    ['col:port<=22', ['web-1 22', 'web-2 22']],
    ['col:port', ['web-1 22', 'web-1 31337', 'web-2 22']],
    ['col:nothing', []],
  ])('%s', (expression, expected) => expect(rows(expression)).toEqual(expected));
});

it('stacked values are found by text and by column', () => {
  const answers = aRun().targets.map(({ key, rows }) => ({ hostKey: key, rows }));
  const columns = ['port', 'path'];
  const groups = stackOf(answers, columns).groups();
  const found = (expression: string) => groups.filter(parseStackFilter(expression, columns).match).map(({ values }) => values[0]);
  expect(found('shm')).toEqual(['31337']);
  expect(found('col:port=22')).toEqual(['22']);
  expect(found('-shm')).toEqual(['22']);
  expect(found('web-1')).toEqual(['31337', '22']);
});
