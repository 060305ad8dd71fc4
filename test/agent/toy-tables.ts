/** Small tables with the traits of osquery's: plain, with a required column, and of user data. */
import type { Demand, Table, TableRow } from '../../src/agent/table.ts';

export type Asked = { readonly equals: Demand['equals']; readonly like: Demand['like'] };

export type ToyTable = Table & {
  /** What statements asked of the table, in order. */
  readonly asked: Asked[];
};

export function toyTable(definition: Omit<Table, 'rows'>, rows: (demand: Demand) => readonly TableRow[]): ToyTable {
  const asked: Asked[] = [];
  return {
    ...definition,
    asked,
    rows(demand) {
      asked.push({ equals: demand.equals, like: demand.like });
      return rows(demand);
    },
  };
}

const FILES = ['/bin/sh', '/bin/cat', '/tmp/a', '/tmp/b', '/tmp/a/deep'];
const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** Knows five paths, and gives only those that it is asked for. */
export const toyFile = (name = 'file'): ToyTable =>
  toyTable(
    { name, required: ['path', 'directory'], columns: ['path TEXT', 'directory TEXT', 'size BIGINT', 'secret TEXT HIDDEN'] },
    ({ equals, like }) =>
      FILES.filter(path => {
        const patterns = (like.path ?? []).map(pattern => new RegExp(`^${pattern.replace('%', '[^/]*')}$`));
        return equals.path?.includes(path) || equals.directory?.includes(directoryOf(path)) || patterns.some(pattern => pattern.test(path));
      }).map(path => ({ path, directory: directoryOf(path), size: path.length, secret: 'hidden' })),
  );

export const toyProcesses = (): ToyTable =>
  toyTable({ name: 'processes', columns: ['pid BIGINT', 'name TEXT', 'path TEXT', 'parent BIGINT'] }, () => [
    { pid: 1, name: 'init', path: '/bin/sh', parent: 0 },
    { pid: '20', name: 'cat', path: '/bin/cat', parent: 1 },
    { pid: 300n, name: 'ghost', path: '', parent: '' },
  ]);

export const toyUsers = (): ToyTable =>
  toyTable({ name: 'users', columns: ['uid BIGINT', 'username TEXT'] }, () => [
    { uid: 0, username: 'root' },
    { uid: 1000, username: 'mia' },
  ]);

/** User data: without a uid, only the agent's own. */
export const toyKeys = (): ToyTable =>
  toyTable({ name: 'keys', narrowed: ['uid'], columns: ['uid BIGINT', 'key TEXT'] }, ({ equals }) =>
    [
      { uid: 0, key: 'root-key' },
      { uid: 1000, key: 'mia-key' },
    ].filter(({ uid }) => (equals.uid ?? ['0']).includes(String(uid))),
  );
