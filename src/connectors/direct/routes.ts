/** The paths of osquery's TLS remote API, and how much may be sent to each (contracts/osquery-remote.md 6). */

const KIB = 1_024;
const MIB = 1_024 * KIB;

export type Action = 'enroll' | 'config' | 'log' | 'read' | 'write' | 'startCarve' | 'carveBlock';
/** What proves that a large body is wanted: a node's key, or a carve's session. */
export type Proof = 'node_key' | 'session_id';

export type Route = {
  readonly action: Action;
  /** Bytes on the wire, and bytes once unpacked. */
  readonly maxBytes: number;
  /** Only log bodies are ever packed (contracts/osquery-remote.md 1.5). */
  readonly gzip: boolean;
  readonly proof: Proof;
};

const route = (action: Action, maxBytes: number, over: Partial<Route> = {}): Route => ({
  action,
  maxBytes,
  gzip: false,
  proof: 'node_key',
  ...over,
});

const carveStart = route('startCarve', 8 * KIB);
/** 8 MiB in base64, and the rest. */
const carveBlock = route('carveBlock', 11 * MIB, { proof: 'session_id' });

const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['/enroll', route('enroll', 64 * KIB)],
  ['/config', route('config', 16 * KIB)],
  ['/log', route('log', 32 * MIB, { gzip: true })],
  ['/distributed/read', route('read', 16 * KIB)],
  ['/distributed/write', route('write', 32 * MIB)],
  ['/carve/start', carveStart],
  ['/carve/begin', carveStart],
  ['/carve/block', carveBlock],
  ['/carve/continue', carveBlock],
]);

/** What other tools of the field expect: Fleet's paths, and a version to ask for. */
const ALIAS = /^\/api(?:\/v1)?\/osquery(?=\/)/;
const PAGES = new Set(['/version', '/healthz']);

/** The path of a request's URL, without what does not matter in it. */
export const pathOf = (url: string): string =>
  url
    .replace(/[?#].*$/, '')
    .replace(ALIAS, '')
    .replace(/(?<=.)\/+$/, '');

export const isPage = (path: string): boolean => PAGES.has(path);
export const routeOf = (path: string): Route | undefined => ROUTES.get(path);
