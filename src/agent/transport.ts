/**
 * HTTPS as osquery's client does it: POST with JSON both ways, the server's certificate pinned, one deadline for a whole
 * exchange, one silent second try when a connection breaks (contracts/osquery-remote.md 1.1).
 */
import { Agent, request } from 'node:https';
import { Problem } from '../core/problem.ts';

/** Where the server is. `caPem` is all that is trusted: the server's own certificate or its CA's. */
export type ServerAddress = { readonly url: string; readonly caPem: string };

export type TransportOptions = {
  readonly server: ServerAddress;
  /** Connections kept open at most; default 2. Thousands of nodes in one process share one transport. */
  readonly sockets?: number;
  /** ms for connecting, sending and the whole reply; default 16 s, as osquery's. */
  readonly timeoutMs?: number;
};

/** Who posts: `User-Agent: osquery/<version>`, and once enrolled `Authorization: NodeKey <key>`. */
export type Sender = { readonly version: string; readonly nodeKey?: string };

export type Transport = {
  /**
   * The text of the reply; its status is not looked at, because osquery does not. Throws an 'unreachable' Problem (`detail`: "timeout", "too large", or the socket's code), or the signal's AbortError.
   */
  post(path: string, body: unknown, sender: Sender, signal: AbortSignal): Promise<string>;
  /** Exchanges that are going on or wait for a connection. */
  readonly pending: number;
  close(): void;
};

const MAX_REPLY_BYTES = 16 * 1024 * 1024;

export function createTransport({ server, sockets = 2, timeoutMs = 16_000 }: TransportOptions): Transport {
  const base = new URL(server.url);
  const agent = new Agent({ keepAlive: true, maxSockets: sockets, ca: server.caPem, minVersion: 'TLSv1.2', scheduling: 'fifo' });

  let pending = 0;

  const exchange = (path: string, body: string, { version, nodeKey }: Sender, signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = {
        'user-agent': `osquery/${version}`,
        'content-type': 'application/json',
        accept: 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(nodeKey === undefined ? {} : { authorization: `NodeKey ${nodeKey}` }),
      };
      const call = request(new URL(base.pathname.replace(/\/$/, '') + path, base), { method: 'POST', agent, headers });
      const fail = (error: Error) => {
        reject(error);
        call.destroy();
      };
      const stop = () => fail(new DOMException('stopped', 'AbortError'));
      const deadline = setTimeout(() => fail(new ExchangeError('timeout')), timeoutMs);
      const end = () => {
        clearTimeout(deadline);
        signal.removeEventListener('abort', stop);
      };
      call.on('response', response => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_REPLY_BYTES) fail(new ExchangeError('too large'));
          else chunks.push(chunk);
        });
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        response.on('error', reject);
      });
      call.on('error', reject);
      call.on('close', end);
      signal.addEventListener('abort', stop);
      if (signal.aborted) stop();
      else call.end(body);
    });

  return {
    async post(path, body, sender, signal) {
      const text = JSON.stringify(body);
      pending += 1;
      try {
        return await exchange(path, text, sender, signal).catch(thrown => {
          if (signal.aborted || thrown instanceof ExchangeError) throw thrown;
          return exchange(path, text, sender, signal);
        });
      } catch (thrown) {
        signal.throwIfAborted();
        throw unreachable(base.origin, path, thrown);
      } finally {
        pending -= 1;
      }
    },
    get pending() {
      return pending;
    },
    close: () => agent.destroy(),
  };
}

/** An exchange that a second connection would not mend. */
class ExchangeError extends Error {}

function unreachable(origin: string, path: string, thrown: unknown): Problem {
  const detail = thrown instanceof Error ? ('code' in thrown ? String(thrown.code) : thrown.message) : String(thrown);
  const text = `The osquery server ${origin} did not answer ${path}: ${detail}. The node keeps its data and tries again.`;
  return new Problem('unreachable', text, { detail, cause: thrown });
}
