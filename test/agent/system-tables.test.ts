/** Tables of the system, over files made for the test: this machine need not have them. */
import { describe, expect, it } from 'vitest';
import { ask, rootWith } from './local.ts';

describe('what starts by itself', () => {
  it('are the lines of all crontabs that hold a command, the user field inside it', async () => {
    const root = rootWith({
      'etc/crontab': 'SHELL=/bin/sh\n# m h dom mon dow user command\n17 *\t* * *  root cd / && run-parts --report /etc/cron.hourly\n',
      'etc/cron.d/job': '@reboot root /usr/local/bin/start now\n@daily\n1 2 3 4 5\n',
      'var/spool/cron/crontabs/mia': '*/5 * * * 1-5 /home/mia/bin/poll\n',
    });
    expect(await ask('SELECT event, minute, hour, day_of_week, command, path FROM crontab', { root })).toEqual([
      {
        event: '',
        minute: '17',
        hour: '*',
        day_of_week: '*',
        command: 'root cd / && run-parts --report /etc/cron.hourly',
        path: '/etc/crontab',
      },
      { event: '@reboot', minute: '', hour: '', day_of_week: '', command: 'root /usr/local/bin/start now', path: '/etc/cron.d/job' },
      { event: '', minute: '*/5', hour: '*', day_of_week: '1-5', command: '/home/mia/bin/poll', path: '/var/spool/cron/crontabs/mia' },
    ]);
  });

  it('are autostart entries and init scripts', async () => {
    const root = rootWith({
      'etc/passwd': 'mia:x:1000:1000::/home/mia:/bin/sh\n',
      'home/mia/.config/autostart/x.desktop': '[Desktop Entry]\nName=Sync\nExec=/opt/sync --key=value\n',
      'etc/init.d/ssh': '#!/bin/sh\n',
      'etc/xdg/autostart/y.desktop': 'Name=Panel\nExec=panel\n',
    });
    expect(await ask('SELECT name, path, type, source, status, username FROM startup_items', { root })).toEqual([
      {
        name: 'Sync',
        path: '/opt/sync --key=value',
        type: 'Startup Item',
        source: '/home/mia/.config/autostart/',
        status: 'enabled',
        username: 'mia',
      },
      { name: 'ssh', path: '/etc/init.d/ssh', type: 'Startup Item', source: '/etc/init.d/', status: 'enabled', username: '' },
      { name: 'Panel', path: 'panel', type: 'Startup Item', source: '/etc/xdg/autostart/', status: 'enabled', username: '' },
    ]);
  });

  it('are kernel modules', async () => {
    const root = rootWith({
      'proc/modules': 'nf_tables 311296 2 nft_ct,nft_chain, Live 0xffffffffc0a00000\noverlay 151552 0 - Live 0x0000000000000000\ntorn 1\n',
    });
    expect(await ask('SELECT * FROM kernel_modules', { root })).toEqual([
      { name: 'nf_tables', size: '311296', used_by: 'nft_ct,nft_chain', status: 'Live', address: '0xffffffffc0a00000' },
      { name: 'overlay', size: '151552', used_by: '-', status: 'Live', address: '0x0000000000000000' },
    ]);
  });
});

describe('names and packages', () => {
  it('are the lines of the hosts file, without comments', async () => {
    const root = rootWith({ 'etc/hosts': '127.0.0.1\tlocalhost  local # loopback\n\n# 10.0.0.1 no\n::1 ip6-localhost\n' });
    expect(await ask('SELECT * FROM etc_hosts', { root })).toEqual([
      { address: '127.0.0.1', hostnames: 'localhost local' },
      { address: '::1', hostnames: 'ip6-localhost' },
    ]);
  });

  it('are the resolvers of resolv.conf, without the options that only libc knows', async () => {
    const root = rootWith({
      'etc/resolv.conf':
        'search old.example\nnameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch corp.example example\noptions ndots:2\n',
    });
    expect(await ask('SELECT * FROM dns_resolvers', { root })).toEqual([
      { id: '0', type: 'nameserver', address: '192.0.2.53', netmask: '32', options: '' },
      { id: '1', type: 'nameserver', address: '2001:db8::53', netmask: '32', options: '' },
      { id: '0', type: 'search', address: 'corp.example', netmask: '', options: '' },
      { id: '1', type: 'search', address: 'example', netmask: '', options: '' },
    ]);
  });

  it('are the packages that dpkg has installed', async () => {
    const status = [
      'Package: bash\nStatus: install ok installed\nPriority: required\nSection: shells\nInstalled-Size: 7164\nMaintainer: Somebody <s@example>\nArchitecture: amd64\nSource: bash (5.2)\nVersion: 5.2.15-2+b7\nDescription: shell\n more: text\n',
      'Package: gone\nStatus: deinstall ok not-installed\nVersion: 1\n',
      'Package: native\nStatus: install ok installed\nVersion: 1:3.0\n',
    ].join('\n');
    const rows = await ask('SELECT name, version, source, size, arch, revision, status, section, priority, admindir FROM deb_packages', {
      root: rootWith({ 'var/lib/dpkg/status': status }),
    });
    expect(rows).toEqual([
      {
        name: 'bash',
        version: '5.2.15-2+b7',
        source: 'bash',
        size: '7164',
        arch: 'amd64',
        revision: '2+b7',
        status: 'install ok installed',
        section: 'shells',
        priority: 'required',
        admindir: '/var/lib/dpkg',
      },
      {
        name: 'native',
        version: '1:3.0',
        source: '',
        size: '',
        arch: '',
        revision: '',
        status: 'install ok installed',
        section: '',
        priority: '',
        admindir: '/var/lib/dpkg',
      },
    ]);
  });
});

describe('the operating system', () => {
  it('is what os-release says', async () => {
    const root = rootWith({
      'etc/os-release':
        'NAME="Ubuntu"\nVERSION="24.04.3 LTS (Noble Numbat)"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n',
    });
    expect(await ask('SELECT name, version, major, minor, patch, platform, platform_like, codename FROM os_version', { root })).toEqual([
      {
        name: 'Ubuntu',
        version: '24.04.3 LTS (Noble Numbat)',
        major: '24',
        minor: '4',
        patch: '0',
        platform: 'ubuntu',
        platform_like: 'debian',
        codename: 'noble',
      },
    ]);
  });

  it('is Red Hat’s where its own file says so', async () => {
    const root = rootWith({
      'etc/os-release': 'NAME=X\nID=rhel\nVERSION_ID="9.4"\n',
      'etc/redhat-release': 'Red Hat Enterprise Linux release 9.4 (Plow)\n',
    });
    expect(await ask('SELECT name, version, major, minor, platform FROM os_version', { root })).toEqual([
      {
        name: 'Red Hat Enterprise Linux',
        version: 'Red Hat Enterprise Linux release 9.4 (Plow)',
        major: '9',
        minor: '4',
        platform: 'rhel',
      },
    ]);
  });

  it('on macOS is what its property list says', async () => {
    const plist =
      '<plist><dict><key>ProductBuildVersion</key><string>24G90</string><key>ProductName</key><string>macOS</string><key>ProductVersion</key>\n<string>15.6</string></dict></plist>';
    const root = rootWith({ 'System/Library/CoreServices/SystemVersion.plist': plist });
    expect(await ask('SELECT name, version, major, minor, patch, build, platform FROM os_version', { root }, 'darwin')).toEqual([
      { name: 'macOS', version: '15.6', major: '15', minor: '6', patch: '0', build: '24G90', platform: 'darwin' },
    ]);
  });
});

const STATUS = 'Name:\tevil) (x\nUid:\t1000\t0\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nVmSize:\t   2048 kB\nVmRSS:\t    1024 kB\n';
/** Fields after the command: state, parent, process group, ... user and system time, nice, threads, start in ticks. */
const STAT = '77 (evil) (x) S 1 77 77 0 -1 4194560 1 0 0 0 250 50 0 0 20 -5 3 0 12345 0 0\n';

describe('processes', () => {
  it('whose command looks like more fields are read from the end of it', async () => {
    const root = rootWith({
      'proc/stat': 'cpu 1\nbtime 1795000000\n',
      'proc/77/stat': STAT,
      'proc/77/status': STATUS,
      'proc/77/cmdline': 'evil\0--flag\0with space\0',
      'proc/77/io': 'read_bytes: 100\nwrite_bytes: 80\ncancelled_write_bytes: 30\n',
      'proc/77/cgroup': '0::/system.slice/a:b.service\n',
      'proc/77/exe': '-> /tmp/gone (deleted)',
      'proc/78/status': 'Name: torn\n',
    });
    expect(await ask('SELECT * FROM processes', { root })).toEqual([
      expect.objectContaining({
        pid: '77',
        name: 'evil) (x',
        path: '/tmp/gone',
        cmdline: 'evil --flag with space',
        state: 'S',
        uid: '1000',
        euid: '0',
        on_disk: '0',
        resident_size: '1048576',
        total_size: '2097152',
        user_time: '2500',
        system_time: '500',
        disk_bytes_read: '100',
        disk_bytes_written: '50',
        start_time: '1795000123',
        parent: '1',
        pgroup: '77',
        threads: '3',
        nice: '-5',
        cgroup_path: '/system.slice/a:b.service',
      }),
    ]);
  });

  it('whose program may not be seen have no path, and no size where the kernel gives none', async () => {
    const root = rootWith({ 'proc/77/stat': STAT, 'proc/77/status': 'Name:\tkthreadd\n' });
    expect(await ask('SELECT path, on_disk, resident_size, disk_bytes_read, start_time, uid FROM processes', { root })).toEqual([
      { path: '', on_disk: '-1', resident_size: '', disk_bytes_read: '', start_time: '-1', uid: '' },
    ]);
  });
});

const TCP = [
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
  '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 555 1 0 100 0 0 10 0',
  '   1: 0100007F:1F91 0A0200C0:01BB 01 00000000:00000000 00:00000000 00000000     0        0 666 1 0 100 0 0 10 0',
].join('\n');

describe('sockets', () => {
  it('belong to nobody when no readable process holds them', async () => {
    const root = rootWith({
      'proc/5/net/tcp': TCP,
      'proc/5/ns/net': '-> net:[4026531840]',
      'proc/5/fd/9': '-> socket:[666]',
      'proc/6/ns/net': '-> net:[4026531840]',
    });
    expect(
      await ask(
        'SELECT pid, fd, socket, local_port, remote_address, remote_port, state, net_namespace FROM process_open_sockets ORDER BY socket',
        { root },
      ),
    ).toEqual([
      {
        pid: '-1',
        fd: '-1',
        socket: '555',
        local_port: '8080',
        remote_address: '0.0.0.0',
        remote_port: '0',
        state: 'LISTEN',
        net_namespace: '4026531840',
      },
      {
        pid: '5',
        fd: '9',
        socket: '666',
        local_port: '8081',
        remote_address: '192.0.2.10',
        remote_port: '443',
        state: 'ESTABLISHED',
        net_namespace: '4026531840',
      },
    ]);
  });
});
