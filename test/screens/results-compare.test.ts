import { describe, expect, it } from 'vitest';
import { baselineReport, diffReport, type Report } from '../../screens/results/compare.ts';
import type { Row } from '../../src/core/model.ts';
import { Run } from '../../src/core/run.ts';
import { aHost } from '../helpers/model.ts';

/** A run of a template with history lines; a host without rows in it said nothing. */
function aRun(answers: Readonly<Record<string, readonly Row[] | undefined>>): Run {
  const record = { id: 'r', template: 't', digest: 'd', sql: '', params: {}, sources: ['lab'], startedAt: 0, timeoutMs: 1_000 };
  const run = new Run(
    record,
    Object.keys(answers).map(name => aHost(name)),
  );
  for (const [hostId, rows] of Object.entries(answers)) if (rows) run.answer('lab', { hostId, at: 1, state: 'rows', rows });
  run.end(1_000, 'ended');
  return run;
}

const rules = { key: ['user'], volatile: [], secrets: ['command'] };
const textOf = ({ lines }: Report) => lines.map(line => line.map(({ text }) => text).join(''));

const usual = [{ user: 'root', command: 'ls' }];
const secret = [{ user: 'root', command: 'mysql --password=hunter2hunter2' }];

describe('a comparison', () => {
  it('of two runs tells what changed first, and who cannot be compared last', () => {
    const before = aRun({ 'silent-1': undefined, 'web-1': usual, 'web-2': usual });
    const after = aRun({ 'silent-1': undefined, 'web-1': usual, 'web-2': [{ user: 'root', command: 'id' }] });
    const report = diffReport(before, after, '1h', rules);
    expect(report.title).toBe('changes since the run 1h before: 1 host');
    expect(textOf(report)).toEqual([
      ' web-2: 0 added, 0 removed, 1 changed',
      '  ~ root: command ls → id',
      ' 1 host of 3 say the same as before, volatile columns aside.',
      '',
      ' silent-1: no answer to compare (timed out before, timed out now)',
    ]);
  });

  it('masks secrets wherever a value stands', () => {
    const before = aRun({ 'web-1': usual, 'web-2': usual, 'web-3': usual });
    const after = aRun({
      'web-1': usual,
      'web-2': usual,
      'web-3': [...secret, { user: 'ann', command: 'export API_KEY=0123456789abcdef0123' }],
    });
    const odd = after.target('lab', 'web-3');
    if (!odd) throw new Error('web-3 was asked');
    const baseline = (secrets: readonly string[]) => baselineReport(after, odd, { ...rules, secrets });
    const reports = [diffReport(before, after, '1h', rules), baseline(rules.secrets)];
    const text = reports.flatMap(report => (report ? textOf(report) : [])).join('\n');
    expect(text).toContain('mysql');
    expect(text).toContain('API_KEY');
    expect(text).not.toMatch(/hunter2|0123456789abcdef/);
    const unmasked = baseline([]);
    expect(unmasked && textOf(unmasked).join('\n')).toContain('hunter2');
  });
});
