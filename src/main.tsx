/** Where a process of rollcall begins: decides what it is to be and loads no more than that needs. Owns the exit code. */
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';

/** Compiled code is kept in a directory of the user's own: one that others can write to would let them run code as us. */
function cacheDirectory(): string {
  const caches = process.platform === 'darwin' ? path.join(homedir(), 'Library', 'Caches') : path.join(homedir(), '.cache');
  return path.join(process.env.XDG_CACHE_HOME || caches, 'rollcall');
}

enableCompileCache(cacheDirectory());
const { start } = await import('./cli/start.ts');
process.exitCode = await start(process.argv.slice(2));
