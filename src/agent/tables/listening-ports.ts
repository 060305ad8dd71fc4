import type { Table, TableHost } from '../table.ts';
import { FAMILY, socketRows } from './process-open-sockets.ts';

/** Sockets without a peer: listeners, unconnected UDP, and named unix sockets (port and socket 0), as osquery derives them. */
export const listeningPorts = (host: TableHost): Table => ({
  name: 'listening_ports',
  columns: [
    'pid INTEGER',
    'port INTEGER',
    'protocol INTEGER',
    'family INTEGER',
    'address TEXT',
    'fd BIGINT',
    'socket BIGINT',
    'path TEXT',
    'net_namespace TEXT',
  ],
  async *rows(demand) {
    for await (const row of socketRows(host, demand)) {
      const { pid, fd, family, protocol, net_namespace } = row;
      const common = { pid, fd, family, protocol, net_namespace };
      if (family === FAMILY.unix) {
        if (row.path !== '') yield { ...common, port: 0, socket: 0, path: row.path };
      } else if (row.remote_port === 0) {
        yield { ...common, address: row.local_address, port: row.local_port, socket: row.socket };
      }
    }
  },
});
