import type { Table, TableHost } from '../table.ts';
import { localGroups, localUsers } from './accounts.ts';

/** Which local user is in which local group: the own group first, then the memberships. */
export const userGroups = (host: TableHost): Table => ({
  name: 'user_groups',
  columns: ['uid BIGINT', 'gid BIGINT'],
  rows: () => {
    const groups = localGroups(host);
    return localUsers(host).flatMap(({ uid, gid, username }) => {
      const more = groups.filter(group => group.members.includes(username) && group.gid !== gid);
      return [gid, ...more.map(group => group.gid)].map(each => ({ uid, gid: each }));
    });
  },
});
