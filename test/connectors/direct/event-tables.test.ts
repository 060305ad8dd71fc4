/** Event-based tables, from the line that a host logs to what is stored: title, action, severity, rules. */
import shippedRules from 'rollcall:rules';
import { describe, expect, it } from 'vitest';
import { readLog, tableFinder } from '../../../src/connectors/direct/logs.ts';
import type { Node } from '../../../src/connectors/direct/nodes.ts';
import { DEFAULT_INTERVALS, defaultSchedule } from '../../../src/connectors/direct/schedule.ts';
import { SnapshotMemory } from '../../../src/connectors/direct/snapshots.ts';
import { judge } from '../../../src/core/judge.ts';
import type { FeedEvent } from '../../../src/core/model.ts';
import { compileRules } from '../../../src/core/rules/compile.ts';
import { inForce } from '../../../src/core/rules/rule.ts';
import { difference } from './support.ts';

const NOW = Date.UTC(2026, 10, 21, 4, 0, 0);
const rules = compileRules(inForce(shippedRules.flatMap(({ entries }) => entries)));

const node: Node = {
  id: 'abcdef012345',
  keyHash: '0'.repeat(64),
  duplicate: false,
  approved: false,
  blocked: false,
  tags: [],
  enrolledAt: 0,
  lastSeen: 0,
  ip: '192.0.2.1',
  hostname: 'web-1',
  displayName: 'web-1',
  uuid: 'web-1-uuid',
  platform: 'debian',
  osVersion: '',
  osqueryVersion: '',
  simulated: false,
};

function stored(data: readonly unknown[], type: 'result' | 'status' = 'result'): readonly FeedEvent[] {
  const context = {
    source: 'jump',
    node,
    now: NOW,
    tablesOfQuery: tableFinder(defaultSchedule(DEFAULT_INTERVALS)),
    snapshots: new SnapshotMemory(),
  };
  const steps = readLog({ log_type: type, data: [...data] }, context);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value.events.map(event => judge(event, NOW, rules));
}

const only = (line: unknown): FeedEvent | undefined => stored([line])[0];

const fim = (columns: Readonly<Record<string, string>>) =>
  only(difference('pack/ir/file_events', { category: 'etc', transaction_id: '0', hashed: '1', time: '1795229999', ...columns }));

describe('file integrity monitoring', () => {
  it('tells what was done to which file, with its hash', () => {
    const sha256 = 'cd'.repeat(32);
    expect(fim({ target_path: '/etc/hosts', action: 'UPDATED', sha256 })).toMatchObject({
      title: `file changed: /etc/hosts sha256 ${sha256}`,
      table: 'file_events',
      action: 'added',
      severity: 'medium',
      row: { action: 'UPDATED', target_path: '/etc/hosts', sha256 },
      queryName: 'pack/ir/file_events',
    });
    expect(fim({ target_path: '/etc/hosts', action: 'DELETED' })).toMatchObject({ title: 'file deleted: /etc/hosts', action: 'added' });
  });

  it.each([
    ['/etc/cron.d/x', 'CREATED', 'high', 'cron-file', 'T1053.003'],
    ['/etc/systemd/system/u.service', 'CREATED', 'high', 'unit-file', 'T1543.002'],
    ['/etc/sudoers', 'UPDATED', 'high', 'sudoers-file', 'T1548.003'],
    ['/root/.ssh/authorized_keys', 'UPDATED', 'high', 'authorized-keys-file', 'T1098.004'],
    ['/etc/ld.so.preload', 'CREATED', 'critical', 'loader-preload-file', 'T1574.006'],
    ['/Library/LaunchDaemons/x.plist', 'CREATED', 'high', 'launch-file', 'T1543.001'],
  ])('%s %s is %s by the rule %4$s', (target_path, action, severity, rule, attack) => {
    const event = fim({ target_path, action });
    expect(event).toMatchObject({ severity, rules: [rule] });
    expect(event?.attack).toContain(attack);
  });

  it('keeps two things that happened to one file apart', () => {
    const line = (time: string) => difference('pack/ir/file_events', { target_path: '/etc/hosts', action: 'UPDATED', time });
    expect(stored([line('1'), line('2')])).toHaveLength(2);
    expect(stored([line('1'), line('1')])).toHaveLength(1);
  });
});

describe('processes and users', () => {
  it('a process that started, and one that should not have', () => {
    const started = (columns: Readonly<Record<string, string>>) =>
      only(difference('pack_ir_process_events', { pid: '812', parent: '1', uid: '0', time: '1795229999', ...columns }));
    expect(started({ path: '/usr/bin/curl', cmdline: 'curl -s https://example.test' })).toMatchObject({
      title: 'process started: curl -s https://example.test pid 812 parent 1 uid 0',
      table: 'process_events',
      severity: 'medium',
    });
    expect(started({ path: '/tmp/.x', cmdline: '/tmp/.x' })?.severity).toMatch(/high|critical/);
  });

  it('a log-in, and one as root that failed', () => {
    const login = (message: string, uid: string) =>
      only(
        difference('pack/ir/user_events', {
          uid,
          auid: '4294967295',
          pid: '9',
          type: '1112',
          terminal: 'ssh',
          address: '198.51.100.7',
          message,
        }),
      );
    expect(login('op=login acct="mia" exe="/usr/sbin/sshd" res=success', '1000')).toMatchObject({
      title: 'user login: mia uid 1000 on ssh from 198.51.100.7',
      severity: 'medium',
    });
    expect(login('op=login acct="root" exe="/usr/sbin/sshd" res=failed', '0')).toMatchObject({
      title: 'user login failed: root uid 0 on ssh from 198.51.100.7',
      severity: 'high',
      rules: ['root-login-failed'],
    });
  });
});

describe('the forms of a log line', () => {
  const row = { target_path: '/etc/cron.d/x', action: 'CREATED', time: '1' };
  const { columns: _columns, action: _action, ...line } = difference('pack/ir/file_events', {});

  it('batch: what was added and removed in one line, each with its action', () => {
    const events = stored([{ ...line, diffResults: { removed: [{ name: 'old' }], added: [row] } }]);
    expect(events.map(({ action, title, severity }) => [action, title, severity])).toEqual([
      ['removed', 'file_events removed: name=old', 'medium'],
      ['added', 'file created: /etc/cron.d/x', 'high'],
    ]);
  });

  it('snapshot: rows of a batch, and a line for each row', () => {
    expect(stored([{ ...line, action: 'snapshot', snapshot: [row] }])).toMatchObject([
      { action: 'snapshot', title: 'file created: /etc/cron.d/x' },
    ]);
    expect(stored([{ ...line, action: 'snapshot', columns: row }])).toMatchObject([
      { action: 'snapshot', title: 'file created: /etc/cron.d/x' },
    ]);
  });

  it('numbers as numbers, decorations beside the columns or among the names', () => {
    const numeric = {
      ...line,
      numerics: true,
      action: 'added',
      columns: { ...row, time: 1, uid: 0 },
      decorations: { host_uuid: 'x' },
      username: 'y',
    };
    expect(stored([numeric])).toMatchObject([{ title: 'file created: /etc/cron.d/x', row: { uid: '0', time: '1' } }]);
  });

  it('status lines, with severities as numbers and as text', () => {
    const status = (severity: unknown) => ({
      hostIdentifier: 'x',
      calendarTime: '',
      unixTime: 1_795_230_000,
      severity,
      filename: 'a.cpp',
      line: 7,
      message: `m${severity}`,
      version: '5.19.0',
    });
    expect(stored([status(0), status('1'), status(2)], 'status').map(({ title, severity, action }) => [title, severity, action])).toEqual([
      ['osquery info: m0', 'info', null],
      ['osquery warning: m1', 'low', null],
      ['osquery error: m2', 'medium', null],
    ]);
  });
});
