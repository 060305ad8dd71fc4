import { existsSync, realpathSync, type StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import type { Table, TableHost } from '../table.ts';
import { readLines } from './files.ts';
import { procPath } from './proc.ts';

/** How long a file system may take to tell its size (a dead NFS server never does), ms. */
const PATIENCE_MS = 1_000;

/** Mounted file systems with their sizes; sizes are 0 where the file system does not answer. */
export const mounts = (host: TableHost): Table => ({
  name: 'mounts',
  columns: [
    'device TEXT',
    'device_alias TEXT',
    'path TEXT',
    'type TEXT',
    'blocks_size BIGINT',
    'blocks BIGINT',
    'blocks_free BIGINT',
    'blocks_available BIGINT',
    'inodes BIGINT',
    'inodes_free BIGINT',
    'flags TEXT',
  ],
  async *rows() {
    for (const line of readLines(procPath(host, 'mounts'))) {
      const [device = '', path = '', type, flags] = line.split(' ').map(unescaped);
      if (flags === undefined) continue;
      const size = await Promise.race([sizeOf(path), after(PATIENCE_MS, undefined, { ref: false })]);
      yield {
        device,
        device_alias: device.startsWith('/') && existsSync(device) ? realpathSync(device) : device,
        path,
        type,
        blocks_size: size?.bsize ?? 0,
        blocks: size?.blocks ?? 0,
        blocks_free: size?.bfree ?? 0,
        blocks_available: size?.bavail ?? 0,
        inodes: size?.files ?? 0,
        inodes_free: size?.ffree ?? 0,
        flags,
      };
    }
  },
});

const sizeOf = (path: string): Promise<StatsFs | undefined> => statfs(path).catch(() => undefined);

/** Spaces and the like stand as octal escapes in /proc/mounts. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
