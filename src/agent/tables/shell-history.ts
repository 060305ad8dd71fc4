import path from 'node:path';
import type { Table, TableHost, TableRow } from '../table.ts';
import { usersAsked } from './accounts.ts';
import { filesIn, readText } from './files.ts';

const FILES = ['.bash_history', '.zsh_history', '.zhistory', '.history', '.sh_history', '.ash_history'];

/** Commands that shells have written down. `time` is 0 where the shell noted none. */
export const shellHistory = (host: TableHost): Table => ({
  name: 'shell_history',
  narrowed: ['uid'],
  columns: ['uid BIGINT', 'time INTEGER', 'command TEXT', 'history_file TEXT'],
  async *rows(demand) {
    for (const { uid, directory } of usersAsked(host, demand)) {
      const home = path.join(host.root, directory);
      const sessions = filesIn(path.join(home, '.bash_sessions')).filter(file => file.endsWith('.history'));
      for (const found of [...FILES.map(name => path.join(home, name)), ...sessions]) {
        const history_file = path.join('/', path.relative(host.root, found));
        for (const row of commands(readText(found) ?? '')) {
          yield { uid, ...row, history_file };
          await demand.pause();
        }
      }
    }
  },
});

/** bash writes `#epoch` on the line before a command, zsh `: epoch:duration;command`. */
function* commands(text: string): Generator<TableRow> {
  let noted: string | undefined;
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const bash = noted === undefined ? /^#(\d+)$/.exec(line)?.[1] : undefined;
    if (bash !== undefined) {
      noted = bash;
      continue;
    }
    const zsh = noted === undefined ? /^: {0,10}(\d{1,11}):\d+;(.*)$/.exec(line) : null;
    if (text !== '') yield { time: noted ?? zsh?.[1] ?? 0, command: zsh?.[2] ?? line };
    noted = undefined;
  }
}
