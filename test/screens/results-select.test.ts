import { describe, expect, it } from 'vitest';
import { targetSegments } from '../../screens/results/rows.ts';
import {
  after,
  allHostsTable,
  answeredText,
  inTab,
  maskedTable,
  TABS,
  tabCounts,
  tabSegments,
  tallyText,
} from '../../screens/results/select.ts';
import { nextSort, sorted } from '../../screens/results/sort.ts';
import { Run } from '../../src/core/run.ts';
import type { Template } from '../../src/core/template.ts';
import { aHost, usersTemplate } from '../helpers/model.ts';

const START = Date.UTC(2026, 10, 21);

function aRun() {
  const record = { id: 'r1', template: 't', digest: 'd', sql: 's', params: {}, sources: ['lab'], startedAt: START, timeoutMs: 60_000 };
  const run = new Run(
    record,
    ['web-1', 'web-2', 'db-1', 'old-1', 'slow-1'].map(name => aHost(name)),
  );
  run.answer('lab', {
    hostId: 'web-1',
    at: START + 400,
    state: 'rows',
    rows: [
      { pid: '10', name: 'sshd' },
      { pid: '9', name: 'bash' },
    ],
  });
  run.answer('lab', { hostId: 'db-1', at: START + 900, state: 'rows', rows: [{ pid: '1', path: '/sbin/init' }] });
  run.answer('lab', { hostId: 'web-2', at: START + 500, state: 'error', error: 'no such table: x' });
  run.silence('lab', 'old-1', 'offline', 'not seen for 2 h');
  return run;
}

describe('the roll', () => {
  it('adds up to the number targeted, in every state of the run', () => {
    const run = aRun();
    const sum = () => TABS.slice(1).reduce((total, tab) => total + tabCounts(run)[tab], 0);
    expect(tallyText(run.tally)).toBe('answered 2 · errors 1 · timed out 1 · waiting 1');
    expect(sum()).toBe(5);
    run.end(START + 60_000, 'ended');
    expect(tallyText(run.tally)).toBe('answered 2 · errors 1 · timed out 2 · waiting 0');
    expect(sum()).toBe(5);
  });

  it('puts every target into exactly one tab', () => {
    const run = aRun();
    run.end(START + 60_000, 'ended');
    run.answer('lab', { hostId: 'slow-1', at: START + 432_000, state: 'rows', rows: [] });
    for (const target of run.targets) expect(TABS.slice(1).filter(tab => inTab(target, tab))).toHaveLength(1);
    expect(tabCounts(run)).toMatchObject({ all: 5, rows: 2, error: 1, offline: 1, late: 1, no_rows: 0, waiting: 0 });
  });

  it('shows the tabs that have hosts, and the chosen one', () => {
    const text = (tab: (typeof TABS)[number], width: number) =>
      tabSegments(tabCounts(aRun()), tab, width)
        .map(segment => segment.text)
        .join('')
        .trimEnd();
    expect(text('all', 80)).toBe(' [all 5]  rows 2   error 1   offline 1   waiting 1');
    expect(text('denylisted', 80)).toContain('[denylisted 0]');
  });

  it('shows as many tabs as fit around the chosen one, and that there are more', () => {
    const counts = { ...tabCounts(aRun()), no_rows: 12, denylisted: 3, timed_out: 40, late: 2, not_asked: 160 };
    for (const tab of TABS) {
      const text = tabSegments(counts, tab, 60)
        .map(segment => segment.text)
        .join('');
      expect(text.trimEnd().length).toBeLessThanOrEqual(60);
      expect(text).toContain(`[${tab.replaceAll('_', ' ')} `);
    }
    expect(tabSegments(counts, 'all', 60).at(-1)?.text).toBe('›');
    expect(tabSegments(counts, 'not_asked', 60)[0]?.text).toBe('‹');
  });

  it('writes how long an answer took, and marks a late one with a plus', () => {
    const run = aRun();
    run.end(START + 60_000, 'ended');
    run.answer('lab', { hostId: 'slow-1', at: START + 432_000, state: 'rows', rows: [] });
    const [first] = run.targets;
    const late = run.target('lab', 'slow-1');
    expect(first && answeredText(first)).toBe('0.4s');
    expect(late && answeredText(late)).toBe('+7m12s');
    expect(after(7_500_000)).toBe('2h05m');
  });
});

describe('secrets', () => {
  const rows = [{ key: 'DB_PASSWORD', value: 'hunter2hunter2', cmdline: 'mysql --password=hunter2hunter2 -u app' }];
  const table = {
    columns: ['key', 'value', 'cmdline'],
    count: 1,
    cell: (row: number, column: number) => Object.values(rows[row] ?? {})[column] ?? null,
  };

  it('are masked in the columns that the template names, and the rest of the cell stays', () => {
    const masked = maskedTable(table, ['value', 'cmdline']);
    expect(masked.cell(0, 1)).not.toContain('hunter2');
    expect(masked.cell(0, 2)).toMatch(/^mysql .*\[masked\].* -u app$/);
    expect(masked.cell(0, 0)).toBe('DB_PASSWORD');
  });

  it('leave a table without such columns as it is', () => {
    expect(maskedTable(table, ['other'])).toBe(table);
  });
});

describe('the table of all hosts', () => {
  it('has the host first, every column that any row has, and a gap where a row has none', () => {
    const table = allHostsTable(aRun());
    const rows = Array.from({ length: table.count }, (_, row) => table.columns.map((_, column) => table.cell(row, column)));
    expect(table.columns).toEqual(['host', 'pid', 'name', 'path']);
    expect(rows).toEqual([
      ['web-1', '10', 'sshd', null],
      ['web-1', '9', 'bash', null],
      ['db-1', '1', null, '/sbin/init'],
    ]);
  });

  it('sorts numbers by value, up, down and back to the order of arrival', () => {
    const table = allHostsTable(aRun());
    const column = (sort: ReturnType<typeof nextSort>) => {
      const inOrder = sorted(table, sort);
      return Array.from({ length: inOrder.count }, (_, row) => inOrder.cell(row, 1));
    };
    const up = nextSort(undefined, 'pid');
    const down = nextSort(up, 'pid');
    expect(column(up)).toEqual(['1', '9', '10']);
    expect(column(down)).toEqual(['10', '9', '1']);
    expect(nextSort(down, 'pid')).toBeUndefined();
    expect(column(undefined)).toEqual(['10', '9', '1']);
  });
});

it('says of an empty answer from a table of events that the publisher may be off', () => {
  const run = aRun();
  run.answer('lab', { hostId: 'slow-1', at: START + 500, state: 'rows', rows: [] });
  const target = run.target('lab', 'slow-1');
  const text = (template?: Template) => (target ? targetSegments(target, 26, template) : []).map(segment => segment.text).join('');
  const events = { publishers: ['auditeventpublisher'], flags: ['--disable_audit=false'] };
  expect(text({ ...usersTemplate, events })).toContain('auditeventpublisher is off there (needs --disable_audit=false)');
  expect(text(usersTemplate)).not.toContain('off there');
});
