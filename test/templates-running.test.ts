/** Templates about what runs and talks on a host. */
import { describe, expect, it } from 'vitest';
import { ASKED_AT, columnOf, runOnHost } from './helpers/template-host.ts';

const now = ASKED_AT / 1000;

describe('templates of processes', () => {
  it('running_processes gives the youngest first, as many as asked for', async () => {
    const processes = [1, 2, 3].map(pid => ({ pid, name: `p${pid}`, start_time: pid * 10 }));
    expect(columnOf(await runOnHost('running_processes', { limit: '2' }, { processes }), 'pid')).toEqual([3, 2]);
  });

  it('young_processes leaves out what was there before', async () => {
    const processes = [now - 60, now - 90_000].map((start_time, pid) => ({ pid, start_time }));
    expect(columnOf(await runOnHost('young_processes', {}, { processes }), 'pid')).toEqual([0]);
    expect(columnOf(await runOnHost('young_processes', { since: '48h' }, { processes }), 'pid')).toEqual([0, 1]);
  });

  it('process_tree gives all ancestors and descendants, each once, and nobody else', async () => {
    const parents: Readonly<Record<number, number>> = { 1: 0, 10: 1, 20: 10, 30: 20, 31: 20, 40: 31, 11: 1 };
    const processes = Object.entries(parents).map(([pid, parent]) => ({ pid: Number(pid), parent, name: `p${pid}` }));
    const found = await runOnHost('process_tree', { pid: '20' }, { processes });
    expect(found.map(row => [row.pid, row.generation])).toEqual([
      [1, -2],
      [10, -1],
      [20, 0],
      [30, 1],
      [31, 1],
      [40, 2],
    ]);
    expect(await runOnHost('process_tree', { pid: '99' }, { processes })).toEqual([]);
  });

  it('process_tree ends where reused ids make a circle', async () => {
    const processes = [
      { pid: 4, parent: 8 },
      { pid: 8, parent: 4 },
      { pid: 9, parent: 9 },
    ];
    expect(columnOf(await runOnHost('process_tree', { pid: '4' }, { processes }), 'pid').sort()).toEqual([4, 8]);
    expect(columnOf(await runOnHost('process_tree', { pid: '9' }, { processes }), 'pid')).toEqual([9]);
  });

  it('process_by_name looks into names and command lines, in any case, and takes every character for itself', async () => {
    const processes = [
      { pid: 1, name: 'NcAt', cmdline: '' },
      { pid: 2, name: 'sh', cmdline: 'sh -c ncat 10.0.0.1' },
      { pid: 3, name: 'nxat', cmdline: '100%' },
      { pid: 4, name: 'kernel', cmdline: null },
    ];
    expect(columnOf(await runOnHost('process_by_name', { name: 'ncat' }, { processes }), 'pid')).toEqual([1, 2]);
    expect(columnOf(await runOnHost('process_by_name', { name: 'n%at' }, { processes }), 'pid')).toEqual([]);
    expect(columnOf(await runOnHost('process_by_name', { name: 'n_at' }, { processes }), 'pid')).toEqual([]);
    expect(columnOf(await runOnHost('process_by_name', { name: '0%' }, { processes }), 'pid')).toEqual([3]);
  });

  it('temp_path_processes knows the odd places of each system', async () => {
    const paths = [
      '/tmp/x',
      '/memfd:x',
      '/home/a/.x/y',
      '/private/tmp/x',
      String.raw`C:\Users\Public\x.exe`,
      String.raw`C:\Users\a\AppData\Local\Temp\x.exe`,
      '/usr/bin/x',
      '/opt/tmp/x',
      String.raw`C:\Windows\System32\x.exe`,
    ];
    const processes = paths.map((path, pid) => ({ pid, path }));
    expect(columnOf(await runOnHost('temp_path_processes', {}, { processes }), 'pid')).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('process_hashes names each program once, also one that is gone', async () => {
    const processes = ['/bin/a', '/bin/a', '/bin/gone', ''].map((path, pid) => ({ pid, path }));
    expect(await runOnHost('process_hashes', {}, { processes, hash: [{ path: '/bin/a', sha256: 'aa' }] })).toEqual([
      { path: '/bin/a', sha256: 'aa', instances: 2 },
      { path: '/bin/gone', sha256: null, instances: 1 },
    ]);
  });
});

describe('templates of the network', () => {
  const processes = [
    { pid: 1, name: 'nginx', path: '/usr/sbin/nginx' },
    { pid: 2, name: 'Python3.12', path: '/usr/bin/python3.12' },
  ];
  const socket = (pid: number, remote_address: string, remote_port: number, local_port: number, state = 'ESTABLISHED') => ({
    pid,
    remote_address,
    remote_port,
    local_port,
    protocol: 6,
    state,
  });

  it('active_connections leaves out what is not established', async () => {
    const sockets = ['ESTABLISHED', 'LISTEN', 'TIME_WAIT', ''].map((state, pid) => socket(pid, '203.0.113.40', 443, 50_000, state));
    expect(columnOf(await runOnHost('active_connections', {}, { process_open_sockets: sockets }), 'pid')).toEqual([0]);
  });

  it('listening_ports keeps named sockets behind the ports, where a limit cuts first', async () => {
    const listening_ports = [
      { pid: 1, port: 0, path: '/run/x.sock' },
      { pid: 2, port: 443, path: '' },
      { pid: 3, port: 22, path: '' },
    ];
    expect(columnOf(await runOnHost('listening_ports', {}, { listening_ports }), 'port')).toEqual([22, 443, 0]);
  });

  it('connections_to finds the address also where a socket of IPv6 carries it, and where no process owns it', async () => {
    const process_open_sockets = [
      socket(1, '203.0.113.40', 443, 1),
      socket(2, '::ffff:203.0.113.40', 443, 2),
      socket(-1, '203.0.113.40', 443, 3),
      socket(1, '203.0.113.4', 443, 4),
    ];
    const found = await runOnHost('connections_to', { ip: '203.0.113.40' }, { processes, process_open_sockets });
    expect(columnOf(found, 'local_port').sort()).toEqual([1, 2, 3]);
  });

  it('interpreter_sockets leaves out other programs and what stays on the host', async () => {
    const process_open_sockets = [
      socket(1, '203.0.113.40', 443, 1),
      socket(2, '203.0.113.40', 4444, 2),
      socket(2, '127.0.0.53', 53, 3),
      socket(2, '::ffff:127.0.0.1', 80, 4),
      socket(2, '0.0.0.0', 0, 5),
    ];
    expect(columnOf(await runOnHost('interpreter_sockets', {}, { processes, process_open_sockets }), 'local_port')).toEqual([2]);
  });

  it('egress_summary counts peers of what went out, not of what came in', async () => {
    const process_open_sockets = [
      socket(2, '203.0.113.40', 443, 50_001),
      socket(2, '203.0.113.41', 443, 50_002),
      socket(1, '198.51.100.7', 61_022, 443),
      socket(-1, '203.0.113.40', 443, 50_003),
    ];
    const listening_ports = [{ port: 443 }, { port: 0 }, { port: null }];
    expect(await runOnHost('egress_summary', {}, { processes, process_open_sockets, listening_ports })).toEqual([
      { path: null, remote_port: 443, protocol: 6, peers: 1 },
      { path: '/usr/bin/python3.12', remote_port: 443, protocol: 6, peers: 2 },
    ]);
  });

  it('public_listeners leaves out every address of the host itself, and named sockets', async () => {
    const addresses = ['0.0.0.0', '::', '10.20.4.17', '127.0.0.1', '127.0.0.53', '::1'];
    const listening_ports = [
      ...addresses.map((address, index) => ({ pid: 1, port: 80 + index, address })),
      { pid: 1, port: 0, address: '' },
    ];
    expect(columnOf(await runOnHost('public_listeners', {}, { processes, listening_ports }), 'address')).toEqual([
      '0.0.0.0',
      '::',
      '10.20.4.17',
    ]);
  });

  it('name_resolution shows a name that is pointed at nothing, and not what every system has', async () => {
    const etc_hosts = [
      { address: '127.0.0.1', hostnames: 'localhost' },
      { address: '127.0.1.1', hostnames: 'web-1' },
      { address: '::1', hostnames: 'ip6-localhost ip6-loopback' },
      { address: '127.0.0.1', hostnames: 'update.vendor.example' },
    ];
    expect(columnOf(await runOnHost('name_resolution', {}, { etc_hosts }), 'hostnames')).toEqual(['update.vendor.example']);
  });
});
