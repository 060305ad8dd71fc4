/** Exchanges with one Fleet server: authorised, retried where that is harmless, failures in plain words. */
import type { z } from 'zod';
import type { Clock, Http, HttpReply, HttpRequest, TextSocket } from '../../core/ports.ts';
import { Problem } from '../../core/problem.ts';
import { type Exchange, exchangeProblem, problemAt, readShape } from '../http-problem.ts';
import { retrying } from '../retry.ts';
import { fleetProblem } from './fleet-problem.ts';
import { outage } from './outage.ts';
import type { Session } from './session.ts';

export type ClientDeps = {
  readonly source: string;
  readonly http: Http;
  readonly clock: Clock;
  readonly session: Session;
};

/** Values of a query string; undefined ones are left out. */
export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

export type PostOptions = { readonly timeoutMs?: number };

/** Newest version of the API; the older names of its routes work everywhere (contracts/fleet.md 2, 11). */
const API = '/api/latest/fleet';
const EXCHANGE_MS = 30_000;
const HANDSHAKE_MS = 10_000;

function pathOf(route: string, parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) search.set(name, String(value));
  return search.size > 0 ? `${route}?${search}` : route;
}

export class FleetClient {
  readonly source: string;
  readonly #deps: ClientDeps;
  /** The server says that its Premium licence has run out. */
  licenseExpired = false;

  constructor(deps: ClientDeps) {
    this.#deps = deps;
    this.source = deps.source;
  }

  /**
   * Reads one route below `/api/latest/fleet` (or an absolute one below `/api/`). `doing` is for messages, with -ing.
   * Tried again, within 40 s in all, when the failure is a passing one. Throws `Problem`.
   */
  async get<T>(route: string, parameters: Parameters, schema: z.ZodType<T>, doing: string, signal: AbortSignal): Promise<T> {
    const { http, session, clock } = this.#deps;
    const at = this.#at(doing);
    const path = pathOf(route.startsWith('/api/') ? route : API + route, parameters);
    const read = (token: string) =>
      retrying(
        async ({ leftMs }) => {
          const reply = await this.#send({ path, timeoutMs: Math.min(EXCHANGE_MS, leftMs) }, token, at, signal);
          if (reply.status === 200) return readShape(reply.text, schema, at);
          const broken = reply.status === 401 ? await outage(http, at, signal) : undefined;
          throw broken ?? fleetProblem(reply, at, clock.now());
        },
        { clock, signal },
      );
    // Log-ins have retries of their own, which must not multiply with these.
    const token = await session.token(signal);
    try {
      return await read(token);
    } catch (thrown) {
      const ended = thrown instanceof Problem && thrown.detail.startsWith('HTTP 401');
      if (!ended || !session.refused(token)) throw thrown;
      return await read(await session.token(signal));
    }
  }

  /** Sends a POST once and never again, and gives the reply of any status. Throws `Problem` when there was none. */
  async post(route: string, body: unknown, doing: string, signal: AbortSignal, options: PostOptions = {}): Promise<HttpReply> {
    const token = await this.#deps.session.token(signal);
    return this.#send(
      { method: 'POST', path: API + route, body, timeoutMs: options.timeoutMs ?? EXCHANGE_MS },
      token,
      this.#at(doing),
      signal,
    );
  }

  /** Opens the campaigns' WebSocket and authenticates on it. Throws `Problem` where it cannot be had. */
  async openSocket(maxBytes: number, signal: AbortSignal): Promise<TextSocket> {
    const at = this.#at('opening its WebSocket');
    const token = await this.#deps.session.token(signal);
    const socket = await this.#handshake(maxBytes, at, signal).catch(thrown => {
      throw exchangeProblem(thrown, at);
    });
    socket.send(JSON.stringify({ type: 'auth', data: { token } }));
    return socket;
  }

  /** A proxy may swallow the handshake: it gets a time of its own. */
  async #handshake(maxBytes: number, at: Exchange, signal: AbortSignal): Promise<TextSocket> {
    const { http, clock } = this.#deps;
    if (!http.socket) throw new TypeError('this Http opens no sockets');
    const late = new AbortController();
    const settled = new AbortController();
    void clock.sleep(HANDSHAKE_MS, settled.signal).then(
      () => late.abort(),
      () => undefined,
    );
    try {
      return await http.socket(`${API}/results/websocket`, { maxBytes }, AbortSignal.any([signal, late.signal]));
    } catch (thrown) {
      if (!late.signal.aborted || signal.aborted) throw thrown;
      throw problemAt('unreachable', at, 'does not finish the handshake', 'a proxy in between may not pass WebSockets on.', {
        detail: 'timeout',
      });
    } finally {
      settled.abort();
    }
  }

  /** A reply as a `Problem`, or its JSON. */
  read<T>(reply: HttpReply, schema: z.ZodType<T>, doing: string): T {
    const at = this.#at(doing);
    if (reply.status !== 200) throw fleetProblem(reply, at, this.#deps.clock.now());
    return readShape(reply.text, schema, at);
  }

  #at(doing: string): Exchange {
    return { source: this.source, server: 'Fleet', doing };
  }

  async #send(request: HttpRequest, token: string, at: Exchange, signal: AbortSignal): Promise<HttpReply> {
    const headers = { authorization: `Bearer ${token}` };
    try {
      const reply = await this.#deps.http.send({ ...request, headers }, signal);
      this.licenseExpired = reply.headers['x-fleet-license']?.toLowerCase() === 'expired';
      return reply;
    } catch (thrown) {
      throw exchangeProblem(thrown, at);
    }
  }
}
