/** A simulated host's sockets, addresses and names. */
import type { TableRow } from '../../agent/table.ts';
import { Random } from '../random.ts';
import type { LabHost } from '../roster.ts';
import { type Process, processesOf } from './processes.ts';
import type { Maker } from './world.ts';

/** What listens on IPv6 is of family 10 (AF_INET6). */
const familyOf = (address: string): number => (address.includes(':') ? 10 : 2);

function socketsOf(host: LabHost): readonly TableRow[] {
  const random = new Random(`${host.seed} sockets`);
  const common = { socket: 0, path: '', net_namespace: host.platform === 'linux' ? 4_026_531_840 : undefined };
  const socket = (process: Process, row: TableRow): TableRow => ({
    ...common,
    pid: process.pid,
    fd: random.int(3, 60),
    socket: random.int(10_000, 99_999),
    ...row,
  });
  return processesOf(host).flatMap(process => [
    ...process.listens.map(({ protocol, address, port }) =>
      socket(process, {
        family: familyOf(address),
        protocol,
        local_address: address,
        local_port: port,
        remote_address: familyOf(address) === 2 ? '0.0.0.0' : '::',
        remote_port: 0,
        state: protocol === 6 ? 'LISTEN' : '',
      }),
    ),
    ...process.peers.map(({ address, port }) =>
      socket(process, {
        family: 2,
        protocol: 6,
        local_address: host.ip,
        local_port: random.int(32_768, 60_999),
        remote_address: address,
        remote_port: port,
        state: 'ESTABLISHED',
      }),
    ),
  ]);
}

const process_open_sockets: Maker = ({ host }) => socketsOf(host);

const listening_ports: Maker = ({ host }) =>
  socketsOf(host)
    .filter(row => row.remote_port === 0)
    .map(({ pid, local_port, protocol, family, local_address, fd, socket, net_namespace }) => ({
      pid,
      port: local_port,
      protocol,
      family,
      address: local_address,
      fd,
      socket,
      path: '',
      net_namespace,
    }));

const loopback = (host: LabHost): string => ({ linux: 'lo', darwin: 'lo0', windows: '1' })[host.platform];
const uplink = (host: LabHost): string => ({ linux: 'eth0', darwin: 'en0', windows: '7' })[host.platform];
const gateway = (host: LabHost): string => host.ip.replace(/\d+$/, '1');

const interface_addresses: Maker = ({ host }) => [
  { interface: loopback(host), address: '127.0.0.1', mask: '255.0.0.0', type: 'unknown' },
  { interface: uplink(host), address: host.ip, mask: '255.255.255.0', broadcast: host.ip.replace(/\d+$/, '255'), type: 'unknown' },
];

const interface_details: Maker = ({ host }) => [{ interface: uplink(host), mac: host.mac, mtu: 1500, type: 1 }];

const arp_cache: Maker = ({ host }) => [{ address: gateway(host), mac: '02:00:5e:00:53:01', interface: uplink(host), permanent: 0 }];

const etc_hosts: Maker = ({ host }) => [
  { address: '127.0.0.1', hostnames: 'localhost' },
  { address: '::1', hostnames: 'localhost ip6-localhost' },
  ...(host.platform === 'linux' ? [{ address: '127.0.1.1', hostnames: host.name }] : []),
  ...(host.isOdd ? [{ address: '203.0.113.66', hostnames: 'security.ubuntu.example' }] : []),
];

const dns_resolvers: Maker = ({ host }) => [
  { id: 0, type: 'nameserver', address: gateway(host), netmask: 32 },
  { id: 0, type: 'search', address: 'corp.example' },
];

export const networkRows: Readonly<Record<string, Maker>> = {
  process_open_sockets,
  listening_ports,
  interface_addresses,
  interface_details,
  arp_cache,
  etc_hosts,
  dns_resolvers,
};
