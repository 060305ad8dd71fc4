import path from 'node:path';
import type { Table, TableHost, TableRow } from '../table.ts';
import { readLines, wordsOf } from './files.ts';

/** What the resolver of libc uses, from resolv.conf. Its `options` bit mask is libc's own and stays empty. */
export const dnsResolvers = (host: TableHost): Table => ({
  name: 'dns_resolvers',
  columns: ['id INTEGER', 'type TEXT', 'address TEXT', 'netmask TEXT', 'options BIGINT', 'pid_with_namespace INTEGER HIDDEN'],
  rows: () => {
    const lines = readLines(path.join(host.root, '/etc/resolv.conf')).map(wordsOf);
    const valuesOf = (key: string) => lines.filter(([word]) => word === key).map(([, ...values]) => values);
    const numbered = (type: string, rows: readonly TableRow[]) => rows.map((row, id) => ({ id, type, ...row, pid_with_namespace: 0 }));
    const sortlist = (valuesOf('sortlist').at(-1) ?? []).map(value => value.split('/'));
    return [
      ...numbered(
        'nameserver',
        valuesOf('nameserver').map(([address]) => ({ address, netmask: 32 })),
      ),
      ...numbered(
        'sortlist',
        sortlist.map(([address, netmask]) => ({ address, netmask })),
      ),
      ...numbered(
        'search',
        (valuesOf('search').at(-1) ?? []).map(address => ({ address })),
      ),
    ];
  },
});
