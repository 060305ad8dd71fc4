/** The HTTPS side of the direct endpoint: paths, limits, and replies that osquery cannot take for something else. */
import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import type { Log } from '../../core/ports.ts';
import { Problem } from '../../core/problem.ts';
import { BadBody, type BodyLimits, BodyReader } from './body.ts';
import { DiskRefused } from './carves.ts';
import { addressOf, Connections } from './connections.ts';
import type { Endpoint, Peer, Reply } from './endpoint.ts';
import type { Limits } from './limits.ts';

const KIB = 1_024;
const MIB = 1_024 * KIB;

type Route = BodyLimits & {
  readonly handle: (endpoint: Endpoint, body: unknown, peer: Peer) => Reply | Promise<Reply>;
  /** What is said to a body that is not taken; the reason as an error when absent. */
  readonly refuse?: (endpoint: Endpoint, key: string | undefined, reason: string) => Reply;
};

const packedLog: BodyLimits = { maxBytes: 32 * MIB, gzip: true, proof: 'node_key' };
const plain = (maxBytes: number): BodyLimits => ({ maxBytes, gzip: false, proof: 'node_key' });
const carveStart: Route = { ...plain(8 * KIB), handle: (endpoint, body, peer) => endpoint.startCarve(body, peer) };
/** 8 MiB in base64, and the rest. */
const carveBlock: Route = {
  ...plain(11 * MIB),
  proof: 'session_id',
  handle: (endpoint, body, peer) => endpoint.carveBlock(body, peer),
};

/** Body limits: contracts/osquery-remote.md 6. */
const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/enroll', { ...plain(64 * KIB), handle: (endpoint, body, peer) => endpoint.enroll(body, peer) }],
  ['/config', { ...plain(16 * KIB), handle: (endpoint, body, peer) => endpoint.config(body, peer) }],
  ['/log', { ...packedLog, handle: (endpoint, body, peer) => endpoint.log(body, peer) }],
  ['/distributed/read', { ...plain(16 * KIB), handle: (endpoint, body, peer) => endpoint.read(body, peer) }],
  [
    '/distributed/write',
    {
      ...plain(32 * MIB),
      handle: (endpoint, body, peer) => endpoint.write(body, peer),
      refuse: (endpoint, key, reason) => endpoint.refuseWrite(key, reason),
    },
  ],
  ['/carve/start', carveStart],
  ['/carve/begin', carveStart],
  ['/carve/block', carveBlock],
  ['/carve/continue', carveBlock],
]);
/** What other tools of the field expect: Fleet's paths, and a version to ask for. */
const ALIAS = /^\/api(?:\/v1)?\/osquery(?=\/)/;
const PAGES = new Set(['/version', '/healthz']);

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
  /** Node would answer 400 with an empty body, which osquery takes for success. */
  requireHostHeader: false,
} as const;
/** Without a byte either way: a client that does not read its reply. */
const IDLE_MS = 30_000;
const CLOSE_PATIENCE_MS = 2_000;
/** Connections that may wait to be accepted: one that finds no room tries again only after a second, then three. */
const BACKLOG = 4_096;
/** At most so many are let in at once, and nobody waits when the door stayed shut for two turns. */
const MAX_TURNS = 64;
const IDLE_TURNS = 2;
const NODE_KEY = /^NodeKey\s+(\S+)$/i;

const nodeKeyOf = (request: IncomingMessage): string | undefined => NODE_KEY.exec(request.headers.authorization ?? '')?.[1];
/** The client's, where one was asked for and verified. */
function certificateOf({ socket }: IncomingMessage): Peer['certificate'] {
  const { fingerprint256, subject } = socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : {};
  if (fingerprint256 === undefined) return undefined;
  const name = subject?.CN;
  return { fingerprint: fingerprint256, name: typeof name === 'string' ? name : '' };
}
const pathOf = (request: IncomingMessage): string =>
  (request.url ?? '/')
    .replace(/[?#].*$/, '')
    .replace(ALIAS, '')
    .replace(/(?<=.)\/+$/, '');

/** Status 200 always: osquery does not look at it, and other clients would throw the body away. */
function send(response: ServerResponse, reply: Reply): void {
  const body = Buffer.from(JSON.stringify(reply));
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

export type ServerDeps = {
  /** PEM: only clients with a certificate of this CA are let in. */
  readonly clientCa: string | undefined;
  readonly limits: Limits;
  readonly log: Log;
};

export class DirectServer {
  readonly #server: Server;
  readonly #deps: ServerDeps;
  readonly #bodies = new BodyReader();
  readonly #connections: Connections;
  #letIn = 0;
  #endpoint: Endpoint | undefined;

  constructor(deps: ServerDeps) {
    this.#deps = deps;
    this.#connections = new Connections(deps.limits.connections, deps.limits.connectionsPerAddress);
    this.#server = createServer({ ...SERVER_OPTIONS, requestCert: deps.clientCa !== undefined, rejectUnauthorized: true });
    this.#server.setTimeout(IDLE_MS);
    this.#server.on('connection', socket => {
      this.#letIn += 1;
      if (socket instanceof Socket) this.#connections.add(socket);
    });
    this.#server.on('request', (request, response) => void this.#serve(request, response));
    this.#server.on('checkExpectation', (request, response) => void this.#serve(request, response));
    this.#server.on('clientError', refuse);
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** Takes the port; nobody can connect before `present`. Throws an 'unreachable' Problem when it is taken. Resolves with the port. */
  async listen(host: string, port: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const refused = (thrown: Error & { readonly code?: string }) => {
      const cause = thrown.code === 'EADDRINUSE' ? 'another program listens there, perhaps another rollcall' : thrown.message;
      reject(
        new Problem(
          'unreachable',
          `The direct endpoint could not listen on ${host}:${port}: ${cause}. Stop it, or choose another address.`,
          { detail: thrown.code ?? thrown.message, cause: thrown, transient: false },
        ),
      );
    };
    this.#server.once('error', refused);
    this.#server.listen(port, host, BACKLOG, resolve);
    await promise;
    this.#server.off('error', refused);
    this.#server.on('error', thrown => this.#deps.log.write('error', 'The direct endpoint’s server failed.', { detail: thrown.message }));
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on clients can connect, and are answered by `endpoint`. */
  present({ certificate: cert, key }: { readonly certificate: string; readonly key: string }, endpoint: Endpoint): void {
    const { clientCa } = this.#deps;
    this.#endpoint = endpoint;
    const { minVersion, secureOptions } = SERVER_OPTIONS;
    this.#server.setSecureContext({ cert, key, minVersion, secureOptions, ...(clientCa === undefined ? {} : { ca: clientCa }) });
  }

  /**
   * Lets those in who wait at the door. Libuv accepts one connection with each turn of its loop: next to work that takes some
   * milliseconds a turn, a fleet would queue up outside. Resolves when the door is free, or many have come in.
   */
  async letIn(): Promise<void> {
    let seen = this.#letIn;
    for (let turns = 0, idle = 0; turns < MAX_TURNS && idle < IDLE_TURNS; turns += 1) {
      await turn();
      idle = this.#letIn === seen ? idle + 1 : 0;
      seen = this.#letIn;
    }
  }

  remarks(): string[] {
    const { pushedOut } = this.#connections;
    return pushedOut > 0 ? [`${pushedOut} connections were cut because there were too many`] : [];
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
      const reply = await this.#answer(request);
      send(response, reply);
    } catch (thrown) {
      // A carve's client tries again only when it has no reply at all.
      if (thrown instanceof DiskRefused) request.socket.destroy();
      if (request.destroyed && !request.complete) return;
      const known = thrown instanceof BadBody;
      if (!known) this.#deps.log.write('error', 'A request could not be handled.', { path: pathOf(request), detail: String(thrown) });
      send(response, { error: known ? thrown.message : 'internal error' });
    }
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    const path = pathOf(request);
    if (PAGES.has(path)) return { version: 'rollcall' };
    const route = ROUTES.get(path);
    const endpoint = this.#endpoint;
    if (!route || !endpoint || request.method !== 'POST') {
      request.resume();
      return { error: route ? 'POST only' : 'not found' };
    }
    const nodeKey = nodeKeyOf(request);
    const asked = { address: addressOf(request.socket), nodeKey, certificate: certificateOf(request) };
    let proven = nodeKey !== undefined && endpoint.isKey(nodeKey) ? nodeKey : undefined;
    const isKey = (key: string) => {
      if (!(endpoint.isKey(key) || (route.proof === 'session_id' && endpoint.isCarveSession(key)))) return false;
      proven = key;
      this.#connections.working(request.socket, true);
      return true;
    };
    try {
      const { value, bytes } = await this.#bodies.read(request, route, nodeKey, isKey);
      return await route.handle(endpoint, value, { ...asked, bytes });
    } catch (thrown) {
      if (thrown instanceof BadBody && thrown.message !== 'busy' && route.refuse) return route.refuse(endpoint, proven, thrown.message);
      throw thrown;
    } finally {
      this.#connections.working(request.socket, false);
    }
  }
}
