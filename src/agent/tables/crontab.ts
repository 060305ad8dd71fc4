import path from 'node:path';
import type { Table, TableHost, TableRow } from '../table.ts';
import { filesIn, readLines, wordsOf } from './files.ts';

const DIRECTORIES = ['/etc/cron.d', '/var/at/tabs', '/var/spool/cron', '/var/spool/cron/crontabs'];

/** Lines of crontabs. The user field of system crontabs stays inside `command`, as in osquery; cron.daily and its like are not covered. */
export const crontab = (host: TableHost): Table => ({
  name: 'crontab',
  columns: [
    'event TEXT',
    'minute TEXT',
    'hour TEXT',
    'day_of_month TEXT',
    'month TEXT',
    'day_of_week TEXT',
    'command TEXT',
    'path TEXT',
    'pid_with_namespace INTEGER HIDDEN',
  ],
  rows: () => {
    const files = [
      '/etc/crontab',
      ...DIRECTORIES.flatMap(directory => filesIn(path.join(host.root, directory)).map(file => path.join(directory, path.basename(file)))),
    ];
    return files.flatMap(file => readLines(path.join(host.root, file)).flatMap(line => cronRow(line, file)));
  },
});

/** A line without a command (a variable, a torn line) has no row. */
function cronRow(line: string, file: string): TableRow[] {
  const words = wordsOf(line);
  if (words[0]?.startsWith('#') ?? true) return [];
  const common = { path: file, pid_with_namespace: 0 };
  if (words[0]?.startsWith('@')) return words.length > 1 ? [{ event: words[0], command: words.slice(1).join(' '), ...common }] : [];
  const [minute, hour, day_of_month, month, day_of_week, ...command] = words;
  return command.length > 0 ? [{ minute, hour, day_of_month, month, day_of_week, command: command.join(' '), ...common }] : [];
}
