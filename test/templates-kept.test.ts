/** Templates about what is kept on a host: accounts, start-up, files. */
import { describe, expect, it } from 'vitest';
import { ASKED_AT, columnOf, runOnHost } from './helpers/template-host.ts';

const now = ASKED_AT / 1000;

describe('templates of accounts', () => {
  const users = [
    { uid: 0, username: 'root' },
    { uid: 0, username: 'toor' },
    { uid: 1000, username: 'ann' },
    { uid: 1001, username: 'bob' },
  ];

  it('logged_in_users gives the latest log-in first', async () => {
    const logged_in_users = [
      { user: 'a', time: 10 },
      { user: 'b', time: 20 },
    ];
    expect(columnOf(await runOnHost('logged_in_users', {}, { logged_in_users }), 'user')).toEqual(['b', 'a']);
  });

  it('privileged_users shows a second root even without a group, and members of telling groups', async () => {
    const user_groups = [
      { uid: 1000, gid: 27 },
      { uid: 1001, gid: 100 },
    ];
    const groups = [
      { gid: 27, groupname: 'sudo' },
      { gid: 100, groupname: 'users' },
    ];
    const found = await runOnHost('privileged_users', {}, { users, user_groups, groups });
    expect(found.map(row => [row.username, row.groupname])).toEqual([
      ['ann', 'sudo'],
      ['root', null],
      ['toor', null],
    ]);
  });

  it('privileged_users knows administrators by number on Windows only', async () => {
    const tables = {
      users: [{ uid: 1001, username: 'bob' }],
      user_groups: [{ uid: 1001, gid: 544 }],
      groups: [{ gid: 544, groupname: 'G' }],
    };
    expect(
      columnOf(await runOnHost('privileged_users', {}, { ...tables, os_version: [{ platform: 'windows' }] }, 'windows'), 'username'),
    ).toEqual(['bob']);
    expect(await runOnHost('privileged_users', {}, { ...tables, os_version: [{ platform: 'ubuntu' }] })).toEqual([]);
  });

  it('password_ages shows who can log in, with the day of the change', async () => {
    const shadow = [
      { username: 'a', password_status: 'active', last_change: 20_000 },
      { username: 'b', password_status: 'locked', last_change: 20_001 },
      { username: 'c', password_status: 'empty', last_change: -1 },
      { username: 'd', password_status: 'not_set', last_change: 20_002 },
    ];
    const found = await runOnHost('password_ages', {}, { shadow });
    expect(found.map(row => [row.username, row.changed_on])).toEqual([
      ['a', '2024-10-04'],
      ['c', null],
    ]);
  });

  it('login_history gives log-ins of all or of one account', async () => {
    const last = [
      { username: 'ann', type: 7, time: now - 60 },
      { username: 'bob', type: 7, time: now - 30 },
      { username: 'bob', type: 8, time: now - 10 },
      { username: 'bob', type: 7, time: now - 90_000 },
    ];
    expect(columnOf(await runOnHost('login_history', {}, { last }), 'username')).toEqual(['bob', 'ann']);
    expect(columnOf(await runOnHost('login_history', { user: 'ann' }, { last }), 'username')).toEqual(['ann']);
  });

  it('shell_history_search asks for all users and takes the text literally', async () => {
    const shell_history = [
      { uid: 0, command: 'CURL -s http://203.0.113.40/k' },
      { uid: 1000, command: 'curl x' },
      { uid: 1000, command: 'cxrl' },
    ];
    expect(columnOf(await runOnHost('shell_history_search', { text: 'curl' }, { users, shell_history }), 'username').sort()).toEqual([
      'ann',
      'root',
      'toor',
    ]);
    expect(await runOnHost('shell_history_search', { text: 'c_rl' }, { users, shell_history })).toEqual([]);
  });
});

describe('templates of what starts by itself', () => {
  it('systemd_units_added leaves out the vendor and the generated, not the transient', async () => {
    const unit = (id: string, fragment_path: string) => ({ id, fragment_path });
    const systemd_units = [
      unit('a.service', '/etc/systemd/system/a.service'),
      unit('b.service', '/usr/lib/systemd/system/b.service'),
      unit('c.service', '/run/systemd/generator.late/c.service'),
      unit('d.service', '/run/systemd/transient/d.service'),
      unit('e.device', '/etc/e'),
      unit('f.service', ''),
    ];
    expect(columnOf(await runOnHost('systemd_units_added', {}, { systemd_units }), 'id')).toEqual(['a.service', 'd.service']);
  });

  it('startup_items leaves out units that are no files, and keeps items without a type', async () => {
    const startup_items = [
      { name: 'dev-sda.device', type: 'systemd unit', path: '' },
      { name: 'session-3.scope', type: 'systemd unit', path: '/run/systemd/transient/session-3.scope' },
      { name: 'x.service', type: 'systemd unit', path: '/etc/systemd/system/x.service' },
      { name: 'Item', type: 'Startup Item', path: '' },
      { name: 'Odd', type: null, path: '' },
    ];
    expect(columnOf(await runOnHost('startup_items', {}, { startup_items }), 'name')).toEqual(['Odd', 'Item', 'x.service']);
  });

  it('scheduled_tasks leaves out the tasks of Windows unless all are asked for, and never shows disabled ones', async () => {
    const scheduled_tasks = [
      { name: 'own', enabled: 1, path: String.raw`\own` },
      { name: 'hidden among them', enabled: 1, path: String.raw`\Microsoft\Windows\x` },
      { name: 'off', enabled: 0, path: String.raw`\off` },
    ];
    expect(columnOf(await runOnHost('scheduled_tasks', {}, { scheduled_tasks }, 'windows'), 'name')).toEqual(['own']);
    expect(await runOnHost('scheduled_tasks', { folders: 'all' }, { scheduled_tasks }, 'windows')).toHaveLength(2);
  });

  it('registry_run_keys gives values of the machine and of every user, and no subkeys', async () => {
    const run1 = String.raw`\SOFTWARE\Microsoft\Windows\CurrentVersion\Run`;
    const registry = [
      { key: `HKEY_LOCAL_MACHINE${run1}`, name: 'a', type: 'REG_SZ' },
      { key: `HKEY_USERS\\S-1-5-21-7${run1}Once`, name: 'b', type: 'REG_SZ' },
      { key: `HKEY_LOCAL_MACHINE${run1}`, name: 'sub', type: 'subkey' },
      { key: String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer`, name: 'c', type: 'REG_SZ' },
    ];
    expect(columnOf(await runOnHost('registry_run_keys', {}, { registry }, 'windows'), 'name')).toEqual(['a', 'b']);
  });

  it('wmi_subscriptions joins commands and scripts also by a path with machine and namespace', async () => {
    const filter = '__EventFilter.Name="Upd"';
    const found = await runOnHost(
      'wmi_subscriptions',
      {},
      {
        wmi_filter_consumer_binding: [
          { filter: String.raw`\\.\root\subscription:` + filter, consumer: 'CommandLineEventConsumer.Name="Upd"' },
          { filter, consumer: 'ActiveScriptEventConsumer.Name="Upd"' },
        ],
        wmi_event_filters: [{ relative_path: filter, query: 'select 1' }],
        wmi_cli_event_consumers: [{ relative_path: 'CommandLineEventConsumer.Name="Upd"', command_line_template: 'cmd' }],
        wmi_script_event_consumers: [{ relative_path: 'ActiveScriptEventConsumer.Name="Upd"', script_text: 'vb' }],
      },
      'windows',
    );
    expect(found.map(row => [row.query, row.command_line_template, row.script_text])).toEqual([
      ['select 1', 'cmd', null],
      ['select 1', null, 'vb'],
    ]);
  });
});

describe('templates of files', () => {
  const file = (path: string, mtime: number, more: object = {}) => ({
    path,
    directory: path.slice(0, path.lastIndexOf('/')),
    filename: path.slice(path.lastIndexOf('/') + 1),
    type: 'regular',
    mode: '0644',
    mtime,
    ...more,
  });

  it('recently_modified_files sees hidden files, and only what is new in the one directory', async () => {
    const files = [
      file('/tmp/.hidden', now - 60),
      file('/tmp/new', now - 120),
      file('/tmp/old', now - 7_200),
      file('/tmp/x/deep', now - 60),
    ];
    const found = async (given: Record<string, string>) =>
      columnOf(await runOnHost('recently_modified_files', { since: '1h', ...given }, { file: files }), 'path');
    expect(await found({})).toEqual(['/tmp/.hidden', '/tmp/new']);
    expect(await found({ limit: '1' })).toHaveLength(1);
    expect(await found({ directory: '/etc' })).toEqual([]);
  });

  it('recently_modified_files takes no directory that is not on its list', async () => {
    const asked = runOnHost('recently_modified_files', { since: '1h', directory: '/home' }, {});
    await expect(asked).rejects.toThrow(/must be one of \/tmp, /);
  });

  it('file_by_path gives metadata also where there is no hash, and nothing where there is no file', async () => {
    const etc = [{ path: '/etc', type: 'directory' }];
    expect(await runOnHost('file_by_path', { path: '/etc' }, { file: etc })).toMatchObject([
      { path: '/etc', type: 'directory', sha256: null },
    ]);
    expect(await runOnHost('file_by_path', { path: '/etc/%' }, { file: etc })).toEqual([]);
  });

  it('temp_executables sees programs, hidden files and hidden directories, not plain files', async () => {
    const files = [
      file('/tmp/program', 5, { mode: '0755' }),
      file('/tmp/only-others', 4, { mode: '0601' }),
      file('/dev/shm/.x', 3, { type: 'directory', mode: '0700' }),
      file('/var/tmp/.hidden', 2),
      file('/tmp/plain', 1, { mode: '4644' }),
      file('/tmp/plain-directory', 1, { type: 'directory', mode: '0755' }),
      file('/tmp/.X11-unix', 1, { type: 'directory', mode: '1777' }),
    ];
    expect(columnOf(await runOnHost('temp_executables', {}, { file: files }), 'path')).toEqual([
      '/tmp/program',
      '/tmp/only-others',
      '/dev/shm/.x',
      '/var/tmp/.hidden',
    ]);
  });

  it('webshell_candidates looks at all depths and at hidden files of the top, giving each file once', async () => {
    const files = [
      file('/var/www/.htaccess', now - 10),
      file('/var/www/html/uploads/deep/x.PHP', now - 20),
      file('/var/www/index.php', now - 30),
      file('/var/www/old.php', now - 200_000),
      file('/var/www/photo.jpg', now - 10),
      file('/srv/www/x.php', now - 10),
    ];
    expect(columnOf(await runOnHost('webshell_candidates', {}, { file: files }), 'path')).toEqual([
      '/var/www/.htaccess',
      '/var/www/html/uploads/deep/x.PHP',
      '/var/www/index.php',
    ]);
  });

  it('hash_in_directory finds the file under any name, in the one directory', async () => {
    const sha256 = 'ab'.repeat(32);
    const hash = [
      { path: '/tmp/a', directory: '/tmp', sha256 },
      { path: '/tmp/b', directory: '/tmp', sha256: 'cd'.repeat(32) },
      { path: '/opt/a', directory: '/opt', sha256 },
    ];
    expect(columnOf(await runOnHost('hash_in_directory', { sha256: sha256.toUpperCase() }, { hash }), 'path')).toEqual(['/tmp/a']);
  });
});

describe('templates of containers', () => {
  it('privileged_containers shows those whose protections are off, too', async () => {
    const docker_containers = [
      { name: 'a', privileged: 1, security_options: '' },
      { name: 'b', privileged: 0, security_options: 'seccomp=unconfined' },
      { name: 'c', privileged: 0, security_options: 'no-new-privileges' },
    ];
    expect(columnOf(await runOnHost('privileged_containers', {}, { docker_containers }), 'name')).toEqual(['a', 'b']);
  });
});
