import path from 'node:path';
import type { Table, TableHost, TableRow } from '../table.ts';
import { readText } from './files.ts';
import { fieldsOf } from './proc.ts';

const ADMINDIR = '/var/lib/dpkg';

/** Debian packages that are or were installed, from dpkg's status file. `size` is Installed-Size, in KiB. */
export const debPackages = (host: TableHost): Table => ({
  name: 'deb_packages',
  columns: [
    'name TEXT',
    'version TEXT',
    'source TEXT',
    'size BIGINT',
    'arch TEXT',
    'revision TEXT',
    'status TEXT',
    'maintainer TEXT',
    'section TEXT',
    'priority TEXT',
    'admindir TEXT',
    'pid_with_namespace INTEGER HIDDEN',
    'mount_namespace_id TEXT HIDDEN',
  ],
  async *rows(demand) {
    for (const stanza of (readText(path.join(host.root, ADMINDIR, 'status')) ?? '').split(/\n{2,}/)) {
      const row = packageRow(fieldsOf(stanza));
      if (row) yield row;
      await demand.pause();
    }
  },
});

function packageRow(fields: ReadonlyMap<string, string>): TableRow | undefined {
  const name = fields.get('Package');
  const status = fields.get('Status');
  if (name === undefined || status === undefined || status.endsWith(' not-installed')) return undefined;
  const version = fields.get('Version') ?? '';
  const dash = version.lastIndexOf('-');
  return {
    name,
    version,
    source: fields.get('Source')?.split(' ')[0],
    size: fields.get('Installed-Size'),
    arch: fields.get('Architecture'),
    revision: dash === -1 ? '' : version.slice(dash + 1),
    status,
    maintainer: fields.get('Maintainer'),
    section: fields.get('Section'),
    priority: fields.get('Priority'),
    admindir: ADMINDIR,
    pid_with_namespace: 0,
  };
}
