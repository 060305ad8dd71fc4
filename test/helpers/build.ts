/** Global set-up of the end-to-end tests: builds `dist` when a source is newer than it. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root } from './paths.ts';

export function setup(): void {
  const script = path.join(root, 'scripts/setup.mjs');
  const { status } = spawnSync(process.execPath, [script, '--build-only'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('The build failed, so there is no program to test.');
}
