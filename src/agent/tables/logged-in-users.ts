import path from 'node:path';
import type { Table, TableHost } from '../table.ts';
import { readBytes } from './files.ts';
import { loginRecords } from './utmp.ts';

const TYPES = ['empty', 'runlevel', 'boot_time', 'new_time', 'old_time', 'init', 'login', 'user', 'dead', 'accounting'];

/** Sessions in utmp. Empty where the file is missing: in most containers, and on distributions that have given it up. */
export const loggedInUsers = (host: TableHost): Table => ({
  name: 'logged_in_users',
  columns: [
    'type TEXT',
    'user TEXT',
    'tty TEXT',
    'host TEXT',
    'time BIGINT',
    'pid INTEGER',
    'sid TEXT HIDDEN',
    'registry_hive TEXT HIDDEN',
  ],
  rows: () =>
    [...loginRecords(readBytes(path.join(host.root, '/var/run/utmp')) ?? Buffer.alloc(0))]
      .filter(record => record.pid !== 1)
      .map(({ type, user, line, host: from, time, pid }) => ({ type: TYPES[type] ?? 'unknown', user, tty: line, host: from, time, pid })),
});
