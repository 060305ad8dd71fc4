/** A fake osctrl-api: a real HTTP server with the routes, shapes, rights and traps of three generations (contracts/osctrl.md). */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerRoute, type Reply, text } from './osctrl-routes.ts';
import { type FakeGeneration, World } from './osctrl-world.ts';

export type FakeAccount = { username: string; admin: boolean; rights: { user: boolean; query: boolean; admin: boolean } };

/** What goes wrong with requests that `match` (`METHOD /path?query`), `times` times. */
export type Fault = {
  readonly match: RegExp;
  times: number;
  /** The request is carried out before the fault strikes. */
  readonly afterwards?: boolean;
  /** `reply`: what would have been answered, where it was carried out. */
  readonly strike: (response: ServerResponse, reply: Reply | undefined) => void;
};

export type LoggedRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
};

export const TOKEN = 'eyJ-token-of-responder';

export type FakeOsctrl = {
  readonly url: string;
  readonly world: World;
  /** Live tokens. Take one out to revoke it. */
  readonly accounts: Map<string, FakeAccount>;
  readonly faults: Fault[];
  readonly requests: LoggedRequest[];
  /** Requests as `METHOD /path?query`, those that match. */
  count(match: RegExp): number;
  /** Refuses connections until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
};

export const send = (response: ServerResponse, { status, headers, body }: Reply): void => {
  response.writeHead(status, headers);
  response.end(body);
};

/** Faults that servers and what stands before them have. */
export const faults = {
  status:
    (status: number, body = '', headers: Record<string, string> = {}): Fault['strike'] =>
    response => {
      send(response, { status, headers: { 'content-type': 'text/plain', ...headers }, body });
    },
  json:
    (value: unknown, status = 200): Fault['strike'] =>
    response => {
      send(response, { status, headers: { 'content-type': 'application/json; charset=UTF-8' }, body: JSON.stringify(value) });
    },
  html: (): Fault['strike'] => response => {
    send(response, { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><body>Please log in</body></html>' });
  },
  reset: (): Fault['strike'] => response => {
    response.socket?.resetAndDestroy();
  },
  /** The connection is held and nothing comes. */
  stall: (): Fault['strike'] => () => undefined,
  /** Half the answer, and the connection closed as if that were all. */
  truncated: (): Fault['strike'] => (response, reply) => {
    const body = (reply?.body ?? '').slice(0, (reply?.body.length ?? 0) / 2);
    send(response, { status: 200, headers: { 'content-type': 'application/json', connection: 'close' }, body });
  },
  /** An endless answer, up to `bytes`. */
  huge:
    (bytes: number): Fault['strike'] =>
    response => {
      send(response, { status: 200, headers: { 'content-type': 'application/json' }, body: `{"items":["${'x'.repeat(bytes)}"]}` });
    },
};

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    return body;
  }
}

export type FakeOptions = { readonly generation?: FakeGeneration; readonly now?: () => number };

export async function startOsctrl({ generation = 'head', now = Date.now }: FakeOptions = {}): Promise<FakeOsctrl> {
  const world = new World(generation, now);
  const accounts = new Map<string, FakeAccount>([
    [TOKEN, { username: 'responder', admin: false, rights: { user: true, query: true, admin: true } }],
  ]);
  const active: Fault[] = [];
  const requests: LoggedRequest[] = [];

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url = '/', headers } = request;
    const body = await bodyOf(request);
    requests.push({ method, path: url, headers, body });
    const fault = active.find(({ match, times }) => times > 0 && match.test(`${method} ${url}`));
    const token = headers.authorization?.startsWith('Bearer ') ? headers.authorization.slice(7) : undefined;
    const asked = {
      method,
      url: new URL(url, 'http://fake'),
      body,
      account: accounts.get(token ?? ''),
      acceptsJson: /json/.test(headers.accept ?? ''),
    };
    const reply = fault && !fault.afterwards ? undefined : answerRoute(world, asked);
    if (world.polling) world.poll();
    if (fault) {
      fault.times -= 1;
      fault.strike(response, reply);
    } else send(response, { ...(reply ?? text(500, 'no answer')), headers: { date: new Date(now()).toUTCString(), ...reply?.headers } });
  };
  const server = createServer((request, response) => {
    // The real date would contradict the fake's clock.
    response.sendDate = false;
    handle(request, response).catch(error => send(response, text(500, String(error))));
  });
  let port = 0;
  const start = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const stop = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    world,
    accounts,
    faults: active,
    requests,
    count: match => requests.filter(({ method, path }) => match.test(`${method} ${path}`)).length,
    stop,
    start,
    close: stop,
  };
}
