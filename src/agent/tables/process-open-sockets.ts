import { SocketAddress } from 'node:net';
import { endianness } from 'node:os';
import type { Demand, Table, TableHost, TableRow } from '../table.ts';
import { linkTarget, namesIn, readText, wordsOf } from './files.ts';
import { netNamespace, pidsOf, procPath } from './proc.ts';

export const FAMILY = { unix: 1, inet: 2, inet6: 10, packet: 17 } as const;

/** Files of /proc/PID/net by the protocol number that osquery gives them; the IPv6 ones have a 6 appended. */
const PROTOCOLS = [
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [136, 'udplite'],
  [255, 'raw'],
] as const;

const TCP_STATES = [
  'UNKNOWN',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSED',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
];

/** Sockets of each network namespace with the process that holds them: pid and fd are -1 where no readable process does. */
export const processOpenSockets = (host: TableHost): Table => ({
  name: 'process_open_sockets',
  columns: [
    'pid INTEGER',
    'fd BIGINT',
    'socket BIGINT',
    'family INTEGER',
    'protocol INTEGER',
    'local_address TEXT',
    'remote_address TEXT',
    'local_port INTEGER',
    'remote_port INTEGER',
    'path TEXT',
    'state TEXT',
    'net_namespace TEXT',
  ],
  rows: demand => socketRows(host, demand),
});

/** Rows of process_open_sockets; listening_ports is made of them too. */
export async function* socketRows(host: TableHost, demand: Demand): AsyncGenerator<TableRow> {
  const holders = new Map<string, { pid: string; fd: string }>();
  const namespaces = new Map<string, string>();
  const pids = pidsOf(host);
  for (const pid of pids) {
    for (const fd of namesIn(procPath(host, pid, 'fd'))) {
      const socket = /^socket:\[(\d+)\]$/.exec(linkTarget(procPath(host, pid, 'fd', fd)))?.[1];
      if (socket !== undefined) holders.set(socket, { pid, fd });
    }
    const namespace = netNamespace(host, pid);
    if (namespace !== undefined && !namespaces.has(namespace)) namespaces.set(namespace, pid);
    await demand.pause();
  }
  const [anyone] = pids;
  if (namespaces.size === 0 && anyone !== undefined) namespaces.set('0', anyone);
  for (const [net_namespace, pid] of namespaces) {
    for (const socket of socketsOf(name => readText(procPath(host, pid, 'net', name)) ?? '')) {
      const holder = holders.get(String(socket.socket)) ?? { pid: -1, fd: -1 };
      yield { ...holder, ...socket, net_namespace };
    }
  }
}

/** The sockets that a namespace's /proc/PID/net tells of. */
function* socketsOf(read: (name: string) => string): Generator<TableRow> {
  for (const [protocol, name] of PROTOCOLS) {
    for (const line of bodyOf(read(name))) yield* inetSocket(line, FAMILY.inet, protocol);
    for (const line of bodyOf(read(`${name}6`))) yield* inetSocket(line, FAMILY.inet6, protocol);
  }
  for (const line of bodyOf(read('unix'))) yield* unixSocket(line);
  for (const line of bodyOf(read('packet'))) yield* packetSocket(line);
}

const bodyOf = (text: string): string[] => text.split('\n').slice(1);

function* inetSocket(line: string, family: number, protocol: number): Generator<TableRow> {
  const fields = wordsOf(line);
  const [local, remote] = [fields[1]?.split(':') ?? [], fields[2]?.split(':') ?? []];
  if (fields.length < 10 || local.length !== 2 || remote.length !== 2) return;
  yield {
    socket: fields[9],
    family,
    protocol,
    local_address: address(local[0] ?? ''),
    local_port: Number.parseInt(local[1] ?? '', 16),
    remote_address: address(remote[0] ?? ''),
    remote_port: Number.parseInt(remote[1] ?? '', 16),
    path: '',
    state: protocol === 6 ? (TCP_STATES[Number.parseInt(fields[3] ?? '', 16)] ?? 'UNKNOWN') : '',
  };
}

const NO_PEER = { local_address: '', remote_address: '', local_port: 0, remote_port: 0 } as const;

/** `Num RefCount Protocol Flags Type St Inode Path`; a path may contain spaces. */
function* unixSocket(line: string): Generator<TableRow> {
  const found = /^(?:\S+\s+){2}(\d+)\s+(?:\S+\s+){3}(\d+)(?: (.*))?$/.exec(line);
  if (!found) return;
  yield { socket: found[2], family: FAMILY.unix, protocol: Number(found[1]), ...NO_PEER, path: found[3] ?? '', state: '' };
}

/** `sk RefCnt Type Proto Iface R Rmem User Inode`. */
function* packetSocket(line: string): Generator<TableRow> {
  const fields = wordsOf(line);
  if (fields.length < 9) return;
  yield { socket: fields[8], family: FAMILY.packet, protocol: Number.parseInt(fields[3] ?? '', 16), ...NO_PEER, path: '', state: 'NONE' };
}

/** The kernel prints addresses as hexadecimal words in its own byte order. */
function address(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap(word => {
    const four = (word.match(/../g) ?? []).map(byte => Number.parseInt(byte, 16));
    return endianness() === 'LE' ? four.reverse() : four;
  });
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return '';
  const groups = Array.from({ length: 8 }, (_, index) => (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}
