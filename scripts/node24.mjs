// Runs a script on the pinned Node (a per-platform npm package), or on this one when it is new enough.
// Plain JavaScript for any Node >= 18: this is what an old jump box starts first.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** @returns {string} path of a Node that can run rollcall; ends the process with one clear sentence when there is none. */
export function findNode() {
  const platform = `${process.platform}-${process.arch}`;
  for (const name of [`node-${platform}`, `node-bin-${platform}`]) {
    const file = path.join(root, 'node_modules', name, 'bin', 'node');
    if (existsSync(file)) return file;
  }
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath;
  process.stderr.write(
    `rollcall needs Node 22.19 or newer: this is ${process.versions.node}, and no bundled Node exists for ${platform}.\n`,
  );
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const child = spawn(findNode(), process.argv.slice(2), { stdio: 'inherit' });
  // The terminal sends SIGINT to the whole group; the others reach only us.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
