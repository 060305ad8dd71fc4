/** One request without any credentials: what time the server has, and which certificate it shows, trusted or not. */
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { TlsFacts } from '../../core/doctor-sources.ts';
import type { Clock } from '../../core/ports.ts';
import { clean } from '../../core/sanitize.ts';

export type Probe = {
  /** How far the server's clock is ahead of ours, ms; undefined where it told no time. */
  readonly skewMs: number | undefined;
  readonly tls: TlsFacts | undefined;
};

const NAME_LENGTH = 80;

const nameIn = (names: PeerCertificate['subject'] | undefined): string => {
  const name: unknown = names?.CN ?? names?.O;
  return clean(Array.isArray(name) ? name.join(', ') : String(name ?? 'no name'), NAME_LENGTH);
};

function tlsOf({ socket }: IncomingMessage): TlsFacts | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { subject, issuer, valid_to } = socket.getPeerCertificate();
  const validTo = Date.parse(valid_to);
  return {
    protocol: clean(socket.getProtocol() ?? 'TLS', NAME_LENGTH),
    subject: nameIn(subject),
    issuer: nameIn(issuer),
    validTo: Number.isNaN(validTo) ? null : validTo,
  };
}

function send(url: URL, signal: AbortSignal): ClientRequest {
  const options = { method: 'HEAD', headers: { 'user-agent': 'rollcall' }, signal, agent: false };
  // Whether it is trusted is found out by the check of the source, which sends the secret.
  return url.protocol === 'https:' ? requestHttps(url, { ...options, rejectUnauthorized: false }) : requestHttp(url, options);
}

/** Undefined when the server cannot be asked: why is told by the check of the source. */
export async function probePeer(address: string, clock: Clock, signal: AbortSignal): Promise<Probe | undefined> {
  if (!URL.canParse(address)) return undefined;
  const sentAt = clock.now();
  const { promise, resolve } = Promise.withResolvers<Probe | undefined>();
  const asking = send(new URL(address), signal);
  asking.once('error', () => resolve(undefined));
  asking.once('response', response => {
    const between = (sentAt + clock.now()) / 2;
    const date = Date.parse(response.headers.date ?? '');
    response.resume();
    resolve({ skewMs: Number.isNaN(date) ? undefined : date - between, tls: tlsOf(response) });
  });
  asking.end();
  try {
    return await promise;
  } finally {
    asking.destroy();
  }
}
