/** The tables of this machine, or of a tree of files that stands for one. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runSql } from '../../src/agent/sql.ts';
import type { TableHost } from '../../src/agent/table.ts';
import { localTables } from '../../src/agent/tables/index.ts';
import type { Row } from '../../src/core/model.ts';
import { temporaryDirectory } from '../helpers/directories.ts';

export const identity = {
  uuid: '11111111-2222-4333-8444-555555555555',
  instanceId: 'instance-1',
  version: '9.9.9',
  startedAt: 1_795_000_000,
};

export const hostOf = (over: Partial<TableHost> = {}): TableHost => ({
  root: '/',
  now: () => Date.UTC(2026, 10, 21, 3, 4, 5, 678),
  euid: process.geteuid?.() ?? 0,
  identity,
  ...over,
});

/** Rows of a statement on this machine. Fails the test when the statement does. */
export async function ask(sql: string, over: Partial<TableHost> = {}, platform: NodeJS.Platform = 'linux'): Promise<Row[]> {
  const result = await runSql(sql, localTables(hostOf(over), platform));
  if ('error' in result) throw new Error(`${sql}: ${result.error}`);
  return result.rows;
}

/** A directory that stands for a machine's root. A value `-> x` makes a link to x. */
export function rootWith(files: Readonly<Record<string, string | Buffer>>): string {
  const root = temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const target = typeof content === 'string' ? /^-> (.*)$/.exec(content)?.[1] : undefined;
    if (target === undefined) writeFileSync(file, content);
    else symlinkSync(target, file);
  }
  return root;
}
