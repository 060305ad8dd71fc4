import path from 'node:path';
import type { Table, TableHost } from '../table.ts';
import { readBytes } from './files.ts';
import { loginRecords } from './utmp.ts';

const TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [7, 'user-process'],
  [8, 'dead-process'],
]);

/** Log-ins and log-outs in wtmp. */
export const last = (host: TableHost): Table => ({
  name: 'last',
  columns: ['username TEXT', 'tty TEXT', 'pid INTEGER', 'type INTEGER', 'type_name TEXT', 'time INTEGER', 'host TEXT'],
  rows: () =>
    [...loginRecords(readBytes(path.join(host.root, '/var/log/wtmp')) ?? Buffer.alloc(0))]
      .filter(record => TYPE_NAMES.has(record.type))
      .map(({ type, user, line, host: from, time, pid }) => ({
        username: user,
        tty: line,
        pid,
        type,
        type_name: TYPE_NAMES.get(type),
        time,
        host: from,
      })),
});
