import type { Table, TableHost } from '../table.ts';
import { readLines, wordsOf } from './files.ts';
import { procPath } from './proc.ts';

/** Loaded kernel modules. The address is 0x0 for anyone but root. */
export const kernelModules = (host: TableHost): Table => ({
  name: 'kernel_modules',
  columns: ['name TEXT', 'size BIGINT', 'used_by TEXT', 'status TEXT', 'address TEXT'],
  rows: () =>
    readLines(procPath(host, 'modules')).flatMap(line => {
      const [name, size, , users = '', status, address] = wordsOf(line);
      return address === undefined ? [] : [{ name, size, used_by: users.replace(/,$/, ''), status, address }];
    }),
});
