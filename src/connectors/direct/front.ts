/** The HTTPS side of the direct endpoint: connections, limits, and replies that osquery cannot take for something else. */
import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DEFAULT_CIPHERS, TLSSocket } from 'node:tls';
import { BadBody, BodyReader } from './body.ts';
import { addressOf, Connections } from './connections.ts';
import type { Caller, House, Said } from './house.ts';
import { isPage, pathOf, type Route, routeOf } from './routes.ts';

const KIB = 1_024;

const SERVER_OPTIONS = {
  minVersion: 'TLSv1.2',
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  /** The client gives up after 16 s. */
  requestTimeout: 20_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16 * KIB,
  /** Osquery takes up no session again, so a ticket is work for nothing. */
  secureOptions: constants.SSL_OP_NO_TICKET,
  /**
   * Node's own list with another first one: a key schedule on SHA-256 costs a handshake, and there is one for each request, a sixth
   * less. What follows is the same strength as the curves.
   */
  ciphers: `TLS_AES_128_GCM_SHA256:${DEFAULT_CIPHERS}`,
  /** Node would answer 400 with an empty body, which osquery takes for success. */
  requireHostHeader: false,
} as const;
/** Without a byte either way: a client that does not read its reply. */
const IDLE_MS = 30_000;
const CLOSE_PATIENCE_MS = 2_000;
/** Connections that may wait to be accepted: one that finds no room tries again only after a second, then three. */
const BACKLOG = 4_096;
const NODE_KEY = /^NodeKey\s+(\S+)$/i;

const nodeKeyOf = (request: IncomingMessage): string | undefined => NODE_KEY.exec(request.headers.authorization ?? '')?.[1];
/** The client's, where one was asked for and verified. */
function certificateOf({ socket }: IncomingMessage): Caller['certificate'] {
  const { fingerprint256, subject } = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : {};
  if (fingerprint256 === undefined) return undefined;
  const name = subject?.CN;
  return { fingerprint: fingerprint256, name: typeof name === 'string' ? name : '' };
}
/** Status 200 always: osquery does not look at it, and other clients would throw the body away. */
function send(response: ServerResponse, said: string): void {
  const body = Buffer.from(said);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

/** Answers what node:http refuses by itself (bad syntax, time-outs, too many headers), where it would send an empty body. */
function refuse(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const body = JSON.stringify({ error: 'bad request' });
  const head = ['HTTP/1.1 200 OK', 'content-type: application/json', `content-length: ${body.length}`, 'connection: close'];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

const failed = (error: string): string => JSON.stringify({ error });

export type FrontSettings = {
  /** PEM: only clients with a certificate of this CA are let in. */
  readonly clientCa: string | undefined;
  readonly connections: number;
  readonly connectionsPerAddress: number;
};

export type FrontDeps = FrontSettings & {
  readonly house: House;
  /** Told of faults that are nobody's request. */
  failed(message: string, detail: string): void;
};

export class Front {
  readonly #server: Server;
  readonly #deps: FrontDeps;
  readonly #bodies = new BodyReader();
  readonly #connections: Connections;
  #isOpen = false;

  constructor(deps: FrontDeps) {
    this.#deps = deps;
    this.#connections = new Connections(deps.connections, deps.connectionsPerAddress);
    this.#server = createServer({ ...SERVER_OPTIONS, requestCert: deps.clientCa !== undefined, rejectUnauthorized: true });
    this.#server.setTimeout(IDLE_MS);
    this.#server.on('connection', socket => {
      if (socket instanceof Socket) this.#connections.add(socket);
    });
    this.#server.on('request', (request, response) => void this.#serve(request, response));
    this.#server.on('checkExpectation', (request, response) => void this.#serve(request, response));
    this.#server.on('clientError', refuse);
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** Connections that were cut because there were too many. */
  get pushedOut(): number {
    return this.#connections.pushedOut;
  }

  /** Takes the port; nobody can connect before `present`. Rejects with the system's error. Resolves with the port. */
  async listen(host: string, port: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(port, host, BACKLOG, resolve);
    await promise;
    this.#server.off('error', reject);
    this.#server.on('error', thrown => this.#deps.failed('The direct endpoint’s server failed.', thrown.message));
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on clients can connect, and are answered. Both PEM. */
  present(cert: string, key: string): void {
    const { clientCa } = this.#deps;
    const { minVersion, secureOptions, ciphers } = SERVER_OPTIONS;
    this.#isOpen = true;
    this.#server.setSecureContext({ cert, key, minVersion, secureOptions, ciphers, ...(clientCa === undefined ? {} : { ca: clientCa }) });
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeIdleConnections();
    const last = setTimeout(() => this.#connections.close(), CLOSE_PATIENCE_MS);
    await promise;
    clearTimeout(last);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const said = await this.#answer(request);
      // A carve's client tries again only when it has no reply at all.
      if (said === undefined) request.socket.destroy();
      else send(response, said);
    } catch (thrown) {
      if (request.destroyed && !request.complete) return;
      const known = thrown instanceof BadBody;
      if (!known) this.#deps.failed('A request could not be read.', String(thrown));
      send(response, failed(known ? thrown.message : 'internal error'));
    }
  }

  async #answer(request: IncomingMessage): Promise<Said> {
    const path = pathOf(request.url ?? '/');
    if (isPage(path)) return JSON.stringify({ version: 'rollcall' });
    const route = routeOf(path);
    if (route && this.#isOpen && request.method === 'POST') return this.#ask(request, route);
    request.resume();
    return failed(route ? 'POST only' : 'not found');
  }

  async #ask(request: IncomingMessage, route: Route): Promise<Said> {
    const { house } = this.#deps;
    const { action, proof } = route;
    const caller = { address: addressOf(request.socket), nodeKey: nodeKeyOf(request), certificate: certificateOf(request) };
    const working = (yes: boolean) => this.#connections.working(request.socket, yes);
    const isKey = async (key: string) => {
      const yes = await house.isKey(proof, key);
      if (yes) working(true);
      return yes;
    };
    try {
      return await this.#bodies.read(
        request,
        route,
        { headerKey: caller.nodeKey, isKey },
        {
          work: body => {
            working(true);
            return house.answer({ action, body, caller });
          },
          refuse: (reason, key) => house.refuse({ action, key, reason }),
        },
      );
    } finally {
      working(false);
    }
  }
}
