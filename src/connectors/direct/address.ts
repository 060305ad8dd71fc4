/** Where the endpoint listens, and by which names hosts may reach it. */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

export type ListenAddress = { readonly host: string; readonly port: number };

/** `host:port`, `[::1]:port`; undefined for anything else. */
export function parseListen(text: string): ListenAddress | undefined {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(text.trim());
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3]);
  return host && port <= 65_535 ? { host, port } : undefined;
}

export const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);
const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** Own addresses on the network. osquery cannot be given an IPv6 address (contracts/osquery-remote.md 1.1). */
const networkAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap(list =>
    (list ?? []).flatMap(({ address, family, internal }) => (family === 'IPv4' && !internal ? [address] : [])),
  );

/** Every name that the certificate has to carry: this machine's own, the address listened on, and those the operator named. */
export function namesOf(listen: ListenAddress, hostnames: readonly string[]): string[] {
  const own = isWildcard(listen.host) ? networkAddresses() : [listen.host];
  return [...new Set(['localhost', '127.0.0.1', '::1', ...own, ...hostnames])];
}

/** The name to tell hosts: the operator's first, else the address listened on, else loopback. */
export function hostFor(listen: ListenAddress, hostnames: readonly string[]): string {
  return hostnames[0] ?? (isWildcard(listen.host) ? '127.0.0.1' : listen.host);
}

/** `https://host:port`, with brackets where an IPv6 address needs them. */
export const urlOf = (host: string, port: number): string => `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
