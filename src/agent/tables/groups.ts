import type { Table, TableHost } from '../table.ts';
import { localGroups, signed } from './accounts.ts';

/** Local groups, each gid once. */
export const groups = (host: TableHost): Table => ({
  name: 'groups',
  columns: [
    'gid BIGINT',
    'gid_signed BIGINT',
    'groupname TEXT',
    'group_sid TEXT HIDDEN',
    'comment TEXT HIDDEN',
    'is_hidden INTEGER HIDDEN',
    'pid_with_namespace INTEGER HIDDEN',
  ],
  rows: () => {
    const byGid = new Map(
      localGroups(host)
        .toReversed()
        .map(group => [group.gid, group]),
    );
    return [...byGid.values()]
      .toReversed()
      .map(({ gid, groupname }) => ({ gid, gid_signed: signed(gid), groupname, pid_with_namespace: 0 }));
  },
});
