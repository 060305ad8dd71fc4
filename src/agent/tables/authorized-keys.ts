import path from 'node:path';
import type { Table, TableHost, TableRow } from '../table.ts';
import { usersAsked } from './accounts.ts';
import { readLines } from './files.ts';

const FILES = ['.ssh/authorized_keys', '.ssh/authorized_keys2'];
/** Longer lines than sshd reads hold no key. */
const MAX_LINE = 16 * 1024;
const KEY =
  /^(?:(?<options>.*?)\s+)??(?<algorithm>ssh-rsa|ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|sk-ecdsa-sha2-nistp256@openssh\.com|sk-ssh-ed25519@openssh\.com)\s+(?<key>\S+)(?:\s+(?<comment>.*))?$/;

/** Public keys that may log in, from the files in home directories (not from sshd's AuthorizedKeysFile). */
export const authorizedKeys = (host: TableHost): Table => ({
  name: 'authorized_keys',
  narrowed: ['uid'],
  columns: [
    'uid BIGINT',
    'algorithm TEXT',
    'key TEXT',
    'options TEXT',
    'comment TEXT',
    'key_file TEXT',
    'pid_with_namespace INTEGER HIDDEN',
  ],
  rows: demand =>
    usersAsked(host, demand).flatMap(({ uid, directory }) =>
      FILES.flatMap(name => {
        const key_file = path.join(directory, name);
        return readLines(path.join(host.root, key_file)).flatMap(line =>
          keyRow(line).map(row => ({ uid, ...row, key_file, pid_with_namespace: 0 })),
        );
      }),
    ),
});

function keyRow(line: string): TableRow[] {
  const found = line.startsWith('#') || line.length > MAX_LINE ? undefined : KEY.exec(line.trim())?.groups;
  return found ? [{ algorithm: found.algorithm, key: found.key, options: found.options, comment: found.comment }] : [];
}
