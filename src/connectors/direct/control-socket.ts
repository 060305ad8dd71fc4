/** Where the holder of an endpoint is to be found by other processes of its user: a Unix socket, private by its directory. */
import { chmodSync, existsSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Problem } from '../../core/problem.ts';
import { readPrivate, writePrivate } from './private-file.ts';

/** A socket's path holds 104 bytes on macOS and 108 on Linux, with its end. */
const MAX_PATH_BYTES = 100;
const SOCKET = 'control.sock';
/** Names the socket where `dir` is too long a path for one. */
const POINTER = 'control.path';
/** Its holder's process: told where that no longer speaks for itself. */
const HOLDER = 'control.pid';

const pointedAt = (dir: string): string | undefined => readPrivate(join(dir, POINTER))?.trim() || undefined;

/** The socket's path as its holder left it. There may be nobody behind it. */
export const socketPath = (dir: string): string => pointedAt(dir) ?? join(dir, SOCKET);

/** Who holds the endpoint of `dir`, in words: the process by its number, where its holder left one. */
export function holderOf(dir: string): string {
  const pid = readPrivate(join(dir, HOLDER))?.trim();
  return pid && /^[1-9]\d*$/.test(pid) ? `process ${pid}` : 'another process';
}

/** Removes what a holder, perhaps one that was killed, has left. Only for who has the lock. */
export function removeSocket(dir: string): void {
  const elsewhere = pointedAt(dir);
  rmSync(join(dir, SOCKET), { force: true });
  rmSync(join(dir, POINTER), { force: true });
  rmSync(join(dir, HOLDER), { force: true });
  if (elsewhere === undefined) return;
  // A socket that is closed is gone already; its directory, which is only ever its own, is not.
  rmSync(elsewhere, { force: true });
  if (existsSync(dirname(elsewhere))) rmdirSync(dirname(elsewhere));
}

function newPath(dir: string): string {
  const path = join(dir, SOCKET);
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return path;
  const elsewhere = join(mkdtempSync(join(tmpdir(), 'rollcall-')), SOCKET);
  writePrivate(join(dir, POINTER), `${elsewhere}\n`);
  return elsewhere;
}

/** Listens on the socket of `dir` (0700), itself 0600. Only for who has the lock. Throws a 'storage' Problem. */
export async function listenOnSocket(dir: string, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onConnection);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  try {
    removeSocket(dir);
    const path = newPath(dir);
    writePrivate(join(dir, HOLDER), `${process.pid}\n`);
    server.listen(path, resolve);
    await promise;
    server.off('error', reject);
    chmodSync(path, 0o600);
  } catch (thrown) {
    server.close();
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Problem('storage', `The control socket in ${dir} cannot be opened (${why}). Other commands could not work beside this one.`, {
      cause: thrown,
    });
  }
  return server;
}
