/** Where a process of rollcall begins: decides what it is to be and loads no more than that needs. Owns the exit code. */
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { resolveDirectories } from './adapters/directories.ts';

/** Compiled code is kept in a directory of the user's own: one that others can write to would let them run code as us. */
function cacheDirectory(): string {
  const { dataDir } = resolveDirectories({}, process.env);
  return path.join(process.env.XDG_CACHE_HOME || path.dirname(dataDir), 'rollcall-compile-cache');
}

enableCompileCache(cacheDirectory());
const { start } = await import('./cli/start.ts');
process.exitCode = await start(process.argv.slice(2));
