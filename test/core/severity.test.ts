import { describe, expect, it } from 'vitest';
import { severityOfTables, severityRank } from '../../src/core/severity.ts';

describe('severityOfTables', () => {
  it.each([
    ['high', 'startup_items scheduled_tasks launchd crontab kernel_extensions kernel_modules browser_extensions'],
    ['high', 'chrome_extensions firefox_addons safari_extensions ie_extensions browser_plugins'],
    ['medium', 'file_events processes process_open_sockets listening_ports logged_in_users'],
    ['info', 'system_info os_version uptime'],
    ['medium', 'users hash some_extension_table'],
  ])('%s: %s', (severity, tables) => {
    for (const table of tables.split(' ')) expect(severityOfTables([table]), table).toMatchObject({ severity, table });
  });

  it('reads names as people write them', () => {
    expect(severityOfTables([' CronTab '])).toMatchObject({ severity: 'high', table: 'crontab' });
  });

  it('lets the most severe of several tables decide, and says why', () => {
    expect(severityOfTables(['uptime', 'crontab', 'kernel_modules'])).toEqual({
      severity: 'high',
      table: 'crontab',
      reason: 'table crontab: high, the most severe of uptime, crontab, kernel_modules',
    });
  });

  it('says when a table is not listed, or not known', () => {
    expect(severityOfTables(['users']).reason).toBe('table users (not listed): medium');
    expect(severityOfTables([])).toEqual({ severity: 'medium', table: null, reason: 'table unknown: medium' });
  });
});

describe('severityRank', () => {
  it('orders info, low, medium, high, critical', () => {
    const shuffled = ['high', 'info', 'critical', 'low', 'medium'] as const;
    expect(shuffled.toSorted((a, b) => severityRank(a) - severityRank(b))).toEqual(['info', 'low', 'medium', 'high', 'critical']);
  });
});
