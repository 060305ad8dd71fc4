import { describe, expect, it } from 'vitest';
import { pastOf, pastText } from '../../src/core/past.ts';
import { Run } from '../../src/core/run.ts';
import { aHost, usersTemplate } from '../helpers/model.ts';

/** A run in which web-N answered after N s with N rows, and the others did as their names say. */
function aRun(answered: number, others: readonly ('failing' | 'killed' | 'silent' | 'away')[] = [], digest = usersTemplate.digest): Run {
  const names = Array.from({ length: answered }, (_, index) => `web-${index + 1}`);
  const hosts = [...names.map(name => aHost(name)), ...others.map((name, index) => aHost(`${name}-${index}`))];
  const record = { id: 'r', template: usersTemplate.name, digest, sql: '', params: {}, sources: ['lab'], startedAt: 0, timeoutMs: 60_000 };
  const run = new Run(record, hosts);
  names.forEach((hostId, index) => {
    const rows = Array.from({ length: index + 1 }, () => ({ username: 'root' }));
    run.answer('lab', { hostId, at: (index + 1) * 1_000, state: 'rows', rows });
  });
  others.forEach((name, index) => {
    const hostId = `${name}-${index}`;
    if (name === 'failing') run.answer('lab', { hostId, at: 1, state: 'error', error: 'no' });
    if (name === 'killed') run.answer('lab', { hostId, at: 1, state: 'denylisted', error: 'no' });
    if (name === 'away') run.silence('lab', hostId, 'offline', 'gone');
  });
  run.end(60_000, 'ended');
  return run;
}

describe('what a template cost before', () => {
  it('is the median of times and rows over all runs, and who failed', () => {
    const past = pastOf([aRun(3, ['failing', 'silent']), aRun(5, ['killed', 'away'])], usersTemplate);
    expect(past).toEqual({ runs: 2, hosts: 12, medianMs: 2_000, medianRows: 2, errors: 1, denylisted: 1, timedOut: 1, offline: 1 });
    expect(past && pastText(past)).toBe(
      'Earlier: 2 runs, 12 hosts: half answered within 2.0s, 2 rows each; 1 failed, 1 denylisted, 1 timed out, 1 offline.',
    );
  });

  it('is not known from other templates, earlier texts of this one, or a run that goes on', () => {
    const open = new Run({ ...aRun(1).record }, [aHost('web-1')]);
    expect(pastOf([aRun(3, [], 'sha256:other'), open], usersTemplate)).toBeUndefined();
    expect(pastOf([aRun(3)], { name: 'other', digest: usersTemplate.digest })).toBeUndefined();
  });

  it('does not count hosts that were never asked', () => {
    const run = new Run(aRun(1).record, [aHost('web-1'), aHost('web-2')]);
    run.queue([aHost('web-2')]);
    run.answer('lab', { hostId: 'web-1', at: 400, state: 'rows', rows: [] });
    run.end(1_000, 'ended');
    const past = pastOf([run], usersTemplate);
    expect(past && pastText(past)).toBe('Earlier: 1 run, 1 host: half answered within 0.4s, 0 rows each.');
  });

  it('says so when nobody answered', () => {
    const past = pastOf([aRun(0, ['silent'])], usersTemplate);
    expect(past && pastText(past)).toBe('Earlier: 1 run, 1 host: nobody answered; 1 timed out.');
  });
});
