import path from 'node:path';
import type { Table, TableHost } from '../table.ts';
import { readLines, wordsOf } from './files.ts';

/** Lines of the hosts file. */
export const etcHosts = (host: TableHost): Table => ({
  name: 'etc_hosts',
  columns: ['address TEXT', 'hostnames TEXT', 'pid_with_namespace INTEGER HIDDEN'],
  rows: () =>
    readLines(path.join(host.root, '/etc/hosts')).flatMap(line => {
      const [address = '#', ...names] = wordsOf(line);
      const comment = names.findIndex(name => name.startsWith('#'));
      const hostnames = (comment === -1 ? names : names.slice(0, comment)).join(' ');
      return address.startsWith('#') ? [] : [{ address, hostnames, pid_with_namespace: 0 }];
    }),
});
