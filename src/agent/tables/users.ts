import type { Table, TableHost } from '../table.ts';
import { localUsers, signed } from './accounts.ts';

/** Local accounts. */
export const users = (host: TableHost): Table => ({
  name: 'users',
  columns: [
    'uid BIGINT',
    'gid BIGINT',
    'uid_signed BIGINT',
    'gid_signed BIGINT',
    'username TEXT',
    'description TEXT',
    'directory TEXT',
    'shell TEXT',
    'uuid TEXT',
    'type TEXT HIDDEN',
    'is_hidden INTEGER HIDDEN',
    'pid_with_namespace INTEGER HIDDEN',
    'include_remote INTEGER HIDDEN',
  ],
  rows: () =>
    localUsers(host).map(user => ({
      ...user,
      uid_signed: signed(user.uid),
      gid_signed: signed(user.gid),
      pid_with_namespace: 0,
      include_remote: 0,
    })),
});
