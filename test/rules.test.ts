/** The shipped rules: each proves itself by its samples, and none touches a plain row of a table. */
import shipped from 'rollcall:rules';
import { describe, expect, it } from 'vitest';
import { judge } from '../src/core/judge.ts';
import { isOsqueryTable } from '../src/core/osquery-tables.ts';
import { checkSamples, compileRules } from '../src/core/rules/compile.ts';
import { inForce } from '../src/core/rules/rule.ts';
import { aRawEvent } from './helpers/model.ts';

const rules = inForce(shipped.flatMap(({ entries }) => entries));

describe('the shipped rules', () => {
  it('have ids of their own', () => {
    expect(rules).toHaveLength(shipped.flatMap(({ entries }) => entries).length);
    expect(rules.length).toBeGreaterThanOrEqual(40);
  });

  it.each(rules)('$id matches what it must and spares what it must', rule => {
    expect(checkSamples(rule)).toEqual([]);
  });

  it.each(rules)('$id is about tables that osquery has, and only raises', rule => {
    expect(rule.table.filter(name => !isOsqueryTable(name))).toEqual([]);
    expect(rule.at_least).toBeDefined();
  });
});

describe('a plain row', () => {
  const set = compileRules(rules);
  it.each([
    ['high', 'startup_items', { name: 'sshd', path: '/usr/sbin/sshd', args: '-D', type: 'systemd unit', status: 'enabled' }],
    ['high', 'scheduled_tasks', { name: 'Backup', action: 'C:\\Program Files\\Backup\\b.exe', path: '\\Backup', enabled: '1' }],
    ['high', 'launchd', { label: 'com.example.agent', program: '/Library/Agent/agent', path: '/Library/LaunchDaemons/a.plist' }],
    ['high', 'crontab', { command: 'root /usr/local/bin/report', path: '/etc/cron.d/report', minute: '5' }],
    ['high', 'kernel_extensions', { name: 'com.example.driver', version: '1.0', path: '/Library/Extensions/d.kext' }],
    ['high', 'kernel_modules', { name: 'xfs', size: '1', status: 'Live' }],
    ['high', 'chrome_extensions', { name: 'Blocker', identifier: 'abc', version: '1' }],
    ['medium', 'file_events', { target_path: '/etc/hosts', action: 'UPDATED', category: 'etc' }],
    ['medium', 'file_events', { target_path: '/etc/passwd', action: 'UPDATED' }],
    ['medium', 'processes', { name: 'bash', path: '/usr/bin/bash', cmdline: '-bash', on_disk: '1', uid: '0' }],
    ['medium', 'processes', { name: 'kthreadd', path: '', cmdline: '', on_disk: '-1' }],
    ['medium', 'process_open_sockets', { pid: '1', remote_address: '198.51.100.7', remote_port: '443', name: 'curl' }],
    ['medium', 'listening_ports', { port: '4444', address: '0.0.0.0' }],
    ['medium', 'listening_ports', { port: '22', address: '0.0.0.0', name: 'sshd', path: '/usr/sbin/sshd' }],
    ['medium', 'logged_in_users', { user: 'mia', tty: 'pts/0', host: '192.0.2.10' }],
    ['info', 'system_info', { hostname: 'web-1', uuid: 'x' }],
    ['info', 'os_version', { name: 'Ubuntu', version: '24.04' }],
    ['info', 'uptime', { days: '3', hours: '2' }],
    ['medium', 'services', { name: 'WinDefend', status: 'RUNNING', start_type: 'AUTO_START' }],
  ])('keeps the documented severity: %s for %s', (severity, table, row) => {
    for (const action of ['added', 'removed', 'snapshot'] as const) {
      const event = judge(aRawEvent({ tables: [table], action, row }), 0, set);
      expect(event).toMatchObject({ severity, severityReason: expect.stringMatching(`^table ${table}`) });
      expect(event).not.toHaveProperty('rules');
    }
  });
});
