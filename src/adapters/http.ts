/** The `Http` port on undici. Load it lazily: undici is large and the first frame needs none of it. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import type { Http, HttpReply, HttpRequest } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { abortError } from './abort.ts';
import { networkProblem, timeoutProblem, tooLargeProblem } from './http-problem.ts';
import { openTextSocket } from './web-socket.ts';

export type HttpPeer = {
  /** `http(s)://host[:port][/prefix]`, no trailing slash. */
  readonly baseUrl: string;
  /** PEM of the only CAs to trust. Without it: those of the system and those that come with Node. */
  readonly ca?: string;
  /** Do not verify the certificate. */
  readonly insecure?: boolean;
  /** PEM of a client certificate and its key. */
  readonly clientCert?: { readonly cert: string; readonly key: string };
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** ms to connect, TLS included; default 10 s. */
  readonly connectTimeoutMs?: number;
};

const CONNECT_TIMEOUT_MS = 10_000;
const EXCHANGE_TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 2 ** 20;
const CONNECTIONS = 8;

/** Made once: it takes some 80 ms. */
let systemTrust: SecureContext | undefined;

function trustOf({ ca, insecure, clientCert }: HttpPeer): SecureContext {
  const own = clientCert ?? {};
  if (insecure) return createSecureContext(own);
  if (ca !== undefined) return createSecureContext({ ca: certificates(ca), ...own });
  const roots = () => [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  if (clientCert) return createSecureContext({ ca: roots(), ...own });
  systemTrust ??= createSecureContext({ ca: roots() });
  return systemTrust;
}

/** OpenSSL skips in silence what it cannot read, so it is read here first. */
function certificates(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch (error) {
    throw new Problem('usage', 'The CA file holds a certificate that cannot be read. Give a file with certificates in PEM.', {
      cause: error,
    });
  }
  if (blocks.length === 0) throw new Problem('usage', 'The CA file holds no certificate. Give a file with certificates in PEM.');
  return blocks;
}

function agentOptions(peer: HttpPeer): Agent.Options {
  const tls = peer.baseUrl.startsWith('https:') ? { secureContext: trustOf(peer), rejectUnauthorized: peer.insecure !== true } : {};
  return {
    allowH2: false,
    connections: CONNECTIONS,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: peer.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, keepAliveInitialDelay: 15_000, ...tls },
  };
}

async function readText(reply: Dispatcher.ResponseData, maxBytes: number, peer: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLargeProblem(peer, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function flatHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/**
 * Makes the HTTP peer of one source, with its own connections. A request's `body` is sent as JSON. `close` ends the
 * connections. Throws a 'usage' Problem when `ca` holds no certificate.
 */
export function createHttp(peer: HttpPeer): Required<Http> & { close(): Promise<void> } {
  const base = new URL(peer.baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');
  const options = agentOptions(peer);
  const agent = new Agent(options);

  async function exchange(request: HttpRequest, signal: AbortSignal, entered: () => void): Promise<HttpReply> {
    const { method = 'GET', maxBytes = MAX_BYTES, body } = request;
    const json = body === undefined ? {} : { body: JSON.stringify(body), type: { 'content-type': 'application/json' } };
    const reply = await agent.request({
      origin: base.origin,
      path: prefix + request.path,
      method,
      headers: { 'user-agent': 'rollcall', accept: 'application/json', ...json.type, ...peer.headers, ...request.headers },
      body: json.body ?? null,
      signal,
    });
    entered();
    const text = await readText(reply, maxBytes, base.host);
    return { status: reply.statusCode, headers: flatHeaders(reply.headers), text };
  }

  return {
    async send(request, signal) {
      if (signal.aborted) throw abortError(signal);
      const timeoutMs = request.timeoutMs ?? EXCHANGE_TIMEOUT_MS;
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), timeoutMs);
      let phase: 'headers' | 'body' = 'headers';
      try {
        return await exchange(request, AbortSignal.any([signal, late.signal]), () => {
          phase = 'body';
        });
      } catch (thrown) {
        if (signal.aborted) throw abortError(signal);
        if (late.signal.aborted) throw timeoutProblem(base.host, timeoutMs, phase);
        throw thrown instanceof Problem ? thrown : networkProblem(base.host, thrown);
      } finally {
        clearTimeout(timer);
      }
    },
    socket(path, { maxBytes }, signal) {
      const url = `${base.protocol === 'https:' ? 'wss:' : 'ws:'}//${base.host}${prefix}${path}`;
      return openTextSocket({ url, peer: base.host, agent: options, headers: peer.headers ?? {}, maxBytes }, signal);
    },
    close: () => agent.destroy(),
  };
}
