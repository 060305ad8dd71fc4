/** Who approved which template of the site: `<config-dir>/approved.json`, 0600. An approval is bound to the template's digest. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Approval, Approvals } from '../core/allowlist.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { storageProblem } from './storage-problem.ts';

const approvalsShape = z.record(z.string(), z.strictObject({ digest: z.string(), by: z.string(), at: z.string() }));

const fileIn = (configDir: string): string => path.join(configDir, 'approved.json');

/** Never throws: approvals that cannot be trusted come back as the reason why. */
export function readApprovals(configDir: string): Approvals {
  const file = fileIn(configDir);
  try {
    const { mode } = statSync(file);
    if (process.platform !== 'win32' && (mode & 0o022) !== 0) return `others may write to ${file}: chmod 600 it, and approve anew`;
    const parsed = approvalsShape.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (!parsed.success) return `${file} is not understood: mend it, or remove it and approve anew`;
    return new Map(
      Object.entries(parsed.data).map(([name, { digest, by, at }]) => [name, { digest, by: clean(by, 80), at: clean(at, 40) }]),
    );
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return new Map();
    return `${file} cannot be read: ${clean(thrown instanceof Error ? thrown.message : String(thrown), 200)}`;
  }
}

/** Records an approval beside the others. Throws a 'usage' Problem when those cannot be read, 'storage' when it cannot be written. */
export function recordApproval(configDir: string, name: string, approval: Approval): void {
  const known = readApprovals(configDir);
  if (typeof known === 'string') throw new Problem('usage', `Nothing was approved: ${known}.`);
  const file = fileIn(configDir);
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    mkdirSync(configDir, { recursive: true, mode: 0o700 });
    const approvals = Object.fromEntries([...known, [name, approval] as const]);
    writeFileSync(temporary, `${JSON.stringify(approvals, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, file);
  } catch (thrown) {
    throw storageProblem(file, thrown, 'choose another directory with --config-dir');
  }
}
