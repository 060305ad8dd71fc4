/** /etc/passwd and /etc/group: local accounts only, which is what osquery reads by default. */
import path from 'node:path';
import type { Demand, TableHost } from '../table.ts';
import { readLines } from './files.ts';

export type User = {
  readonly username: string;
  readonly uid: number;
  readonly gid: number;
  readonly description: string;
  readonly directory: string;
  readonly shell: string;
};

export type Group = { readonly groupname: string; readonly gid: number; readonly members: readonly string[] };

/** Lines that are no entries (NIS markers, comments, torn ones) are left out. */
export function localUsers(host: TableHost): User[] {
  return entries(host, '/etc/passwd', 7).flatMap(([username = '', , uid = '', gid = '', description = '', directory = '', shell = '']) =>
    isId(uid) && isId(gid) ? [{ username, uid: Number(uid), gid: Number(gid), description, directory, shell }] : [],
  );
}

export function localGroups(host: TableHost): Group[] {
  return entries(host, '/etc/group', 4).flatMap(([groupname = '', , gid = '', members = '']) =>
    isId(gid) ? [{ groupname, gid: Number(gid), members: members.split(',').filter(name => name !== '') }] : [],
  );
}

/** Users whose files a table of user data may show: those a statement names by `uid`, else only the agent's own. */
export function usersAsked(host: TableHost, demand: Demand): User[] {
  const uids = new Set(demand.equals.uid?.map(Number) ?? [host.euid]);
  return localUsers(host).filter(user => uids.has(user.uid));
}

/** An id as a signed 32-bit number, as the `_signed` columns have it. */
export const signed = (id: number): number => id | 0;

const isId = (text: string): boolean => /^\d{1,10}$/.test(text);

const entries = (host: TableHost, file: string, fields: number): string[][] =>
  readLines(path.join(host.root, file))
    .filter(line => !/^[#+-]/.test(line))
    .map(line => line.split(':'))
    .filter(parts => parts.length >= fields);
