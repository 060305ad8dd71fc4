import path from 'node:path';
import type { Table, TableHost, TableRow } from '../table.ts';
import { localUsers } from './accounts.ts';
import { filesIn, readLines } from './files.ts';

/** Autostart entries and init scripts. osquery adds systemd's units over D-Bus, which this agent does not speak. */
export const startupItems = (host: TableHost): Table => ({
  name: 'startup_items',
  columns: ['name TEXT', 'path TEXT', 'args TEXT', 'type TEXT', 'source TEXT', 'status TEXT', 'username TEXT'],
  rows: () => {
    const homes = [...new Set(localUsers(host).map(user => user.directory))].filter(directory => directory.startsWith('/'));
    return [
      ...homes.flatMap(home => [
        ...desktopEntries(host, path.join(home, '.config/autostart/')),
        ...scripts(host, path.join(home, '.config/autostart-scripts/')),
      ]),
      ...scripts(host, '/etc/init.d/'),
      ...desktopEntries(host, '/etc/xdg/autostart/'),
    ];
  },
});

const common = (source: string): TableRow => ({
  type: 'Startup Item',
  status: 'enabled',
  source,
  username: /^\/home\/([^/]+)\//.exec(source)?.[1],
});

function desktopEntries(host: TableHost, source: string): TableRow[] {
  return filesIn(path.join(host.root, source)).map(file => {
    const lines = readLines(file);
    const value = (key: string) => lines.findLast(line => line.startsWith(`${key}=`))?.slice(key.length + 1);
    return { name: value('Name'), path: value('Exec'), ...common(source) };
  });
}

function scripts(host: TableHost, source: string): TableRow[] {
  return filesIn(path.join(host.root, source)).map(file => ({
    name: path.basename(file),
    path: path.join(source, path.basename(file)),
    ...common(source),
  }));
}
