/** The built rollcall, with directories and a direct endpoint of its own: what `source add direct` sets up. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../test/helpers/paths.ts';
import type { PtyProgram } from '../test/helpers/terminal.ts';
import type { Load, LoadResult } from './load.ts';
import type { Subject } from './terminal.ts';

const PROGRAM = path.join(root, 'dist/main.js');
/** As people start it, with the flags of Node that belong to it. */
const STARTER = path.join(root, 'bin/rollcall');
const SOURCE = 'bench';

export type Installation = {
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
  readonly caFile: string;
  readonly secretFile: string;
};

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port'))));
    });
  });
}

/** Runs a command to its end. Throws with its stderr when it fails. */
export function command(installation: Pick<Installation, 'env'>, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    env: installation.env,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`rollcall ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

/** A fresh installation in `directory`, with one source that has no hosts yet. */
export async function install(directory: string): Promise<Installation> {
  const dataDir = path.join(directory, 'data');
  const configDir = path.join(directory, 'config');
  for (const folder of [dataDir, configDir]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const env = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: directory,
    LANG: 'C.UTF-8',
    XDG_CACHE_HOME: path.join(directory, 'cache'),
    CI: '',
    ROLLCALL_DATA_DIR: dataDir,
    ROLLCALL_CONFIG_DIR: configDir,
  };
  const listen = `127.0.0.1:${await freePort()}`;
  command({ env }, 'source', 'add', 'direct', SOURCE, '--listen', listen);
  const kept = path.join(dataDir, 'direct', SOURCE);
  return { env, url: `https://${listen}`, caFile: path.join(kept, 'cert.pem'), secretFile: path.join(kept, 'enroll_secret') };
}

/** What the bar is on. */
function selected(program: PtyProgram): string {
  return program.lines().find(line => line.startsWith('▌')) ?? '';
}

/** The console. Ready when its frame stands and, where there are stored events, one of them. */
export function console({ env }: Installation, { events }: { readonly events: boolean }): Subject {
  return {
    name: 'rollcall',
    file: STARTER,
    args: [],
    env,
    ready: screen => /^ ?rollcall\s+Feed/.test(screen) && (!events || screen.includes('bench-')),
    // Upwards from the newest: the feed stands still while one moves in it.
    prepare: ['k'],
    down: 'k',
    up: 'j',
    position: selected,
  };
}

/** Resolves once the endpoint has made its certificate, and so is about to listen. */
async function endpointReady({ caFile }: Installation): Promise<void> {
  while (!existsSync(caFile)) await sleep(20);
  await sleep(500);
}

/** Hosts that log to the endpoint, in a process of their own. */
export async function load(installation: Installation, what: Pick<Load, 'nodes' | 'rows' | 'rate' | 'batch'>): Promise<LoadResult> {
  await endpointReady(installation);
  const { url, caFile, secretFile } = installation;
  const request: Load = { url, caFile, secretFile, ...what };
  const child = spawn(process.execPath, [path.join(root, 'bench/load.ts'), JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.on('close', code => (code === 0 ? resolve(JSON.parse(output) as LoadResult) : reject(new Error(`the load ended with ${code}`))));
  });
}

/** Events that are stored, each counted once. */
export function countStored(installation: Installation): number {
  const lines = command(installation, 'feed', '--since', '1d', '--format', 'jsonl', '--quiet').split('\n').filter(Boolean);
  return new Set(lines.map(line => (JSON.parse(line) as { id: string }).id)).size;
}
