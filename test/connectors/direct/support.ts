/** A direct endpoint on a free port, and a tiny client that speaks osquery's TLS remote API to it. */
import { type Agent, request } from 'node:https';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { createDirect, type DirectAddress, type DirectConnector, type DirectOptions } from '../../../src/connectors/direct/index.ts';
import type { Host, RawEvent } from '../../../src/core/model.ts';
import type { Clock, EventBatch, KeyValueStore, Log } from '../../../src/core/ports.ts';
import { temporaryDirectory } from '../../helpers/directories.ts';

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(new DOMException('stopped', 'AbortError'));
      });
    }),
};

export function memoryStore(): KeyValueStore {
  const spaces = new Map<string, Map<string, string>>();
  const space = (name: string) => spaces.get(name) ?? spaces.set(name, new Map()).get(name) ?? new Map<string, string>();
  return {
    get: (name, key) => space(name).get(key),
    set: (name, key, value) => void space(name).set(key, value),
    delete: (name, key) => void space(name).delete(key),
    entries: name => [...space(name)],
  };
}

export function recordingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, write: (level, message, detail) => void lines.push(`${level} ${message} ${JSON.stringify(detail ?? {})}`) };
}

export const optionsFor = (over: Partial<DirectOptions> = {}): DirectOptions => ({
  id: 'jump',
  dataDir: temporaryDirectory(),
  listen: { host: '127.0.0.1', port: 0 },
  registry: 'memory',
  store: memoryStore(),
  clock: realClock,
  log: recordingLog(),
  ...over,
});

export type Started = { readonly connector: DirectConnector; readonly address: DirectAddress };

/** A running endpoint; closed with the test. */
export async function startDirect(over: Partial<DirectOptions> = {}): Promise<Started> {
  const connector = createDirect(optionsFor(over));
  onTestFinished(() => connector.close());
  return { connector, address: await connector.start() };
}

export type Posted = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly text: string };

export type PostOptions = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly gzip?: boolean;
  /** To share connections; osquery opens one for each request. */
  readonly agent?: Agent;
  readonly tls?: {
    readonly cert?: string;
    readonly key?: string;
    readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2';
    readonly minVersion?: 'TLSv1.1';
    readonly ciphers?: string;
  };
};

/** One exchange on a connection of its own, as osquery does it. The body is sent as it is when it is text or bytes. */
export function post(address: DirectAddress, path: string, body: unknown, options: PostOptions = {}): Promise<Posted> {
  const plain = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
  const bytes = options.gzip ? gzipSync(plain) : plain;
  const headers = {
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...(options.gzip ? { 'content-encoding': 'gzip' } : {}),
    ...options.headers,
  };
  const target = {
    host: '127.0.0.1',
    port: address.port,
    path,
    method: options.method ?? 'POST',
    ca: address.caPem,
    agent: options.agent ?? (false as const),
  };
  return new Promise((resolve, reject) => {
    const sending = request({ ...target, ...options.tls, headers }, response => {
      const chunks: Buffer[] = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
      );
    });
    sending.on('error', reject);
    sending.end(bytes);
  });
}

export const json = ({ text }: Posted): Record<string, unknown> => JSON.parse(text);

export const ask = async (
  address: DirectAddress,
  path: string,
  body: unknown,
  options: PostOptions = {},
): Promise<Record<string, unknown>> => json(await post(address, path, body, options));

/** An enrol request with values of our own, in osquery's shape. */
export const enrolment = (secret: string, identifier: string, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  enroll_secret: secret,
  host_identifier: identifier,
  platform_type: '9',
  host_details: {
    os_version: { name: 'Debian GNU/Linux', version: '13 (trixie)', platform: 'debian', platform_like: '' },
    osquery_info: { version: '5.19.0', uuid: `${identifier}-uuid`, build_platform: 'linux' },
    platform_info: {},
    system_info: { hostname: identifier, computer_name: `${identifier} (desk)`, uuid: `${identifier}-uuid` },
  },
  ...over,
});

export type ReadReply = { readonly queries?: Readonly<Record<string, string>>; readonly accelerate?: number };

/** An enrolled node of the test's own. */
export class TestNode {
  readonly address: DirectAddress;
  readonly key: string;
  /** Query ids that it was handed. */
  readonly seen: string[] = [];
  readonly #agent: Agent | undefined;

  constructor(address: DirectAddress, key: string, agent?: Agent) {
    this.address = address;
    this.key = key;
    this.#agent = agent;
  }

  static async enroll(
    address: DirectAddress,
    identifier: string,
    over: Readonly<Record<string, unknown>> = {},
    agent?: Agent,
  ): Promise<TestNode> {
    const reply = await ask(address, '/enroll', enrolment(address.enrollSecret, identifier, over), agent ? { agent } : {});
    return new TestNode(address, String(reply.node_key), agent);
  }

  ask(path: string, body: Readonly<Record<string, unknown>> = {}, options: PostOptions = {}): Promise<Record<string, unknown>> {
    return ask(this.address, path, { node_key: this.key, ...body }, this.#agent ? { agent: this.#agent, ...options } : options);
  }

  async read(): Promise<ReadReply> {
    const reply: ReadReply = await this.ask('/distributed/read');
    this.seen.push(...Object.keys(reply.queries ?? {}));
    return reply;
  }

  write(id: string, rows: unknown, status: unknown = 0, message = ''): Promise<Record<string, unknown>> {
    return this.ask('/distributed/write', {
      queries: { [id]: rows },
      statuses: { [id]: status },
      messages: { [id]: message },
      stats: { [id]: {} },
    });
  }

  log(data: readonly unknown[], type = 'result', options: PostOptions = {}): Promise<Record<string, unknown>> {
    return this.ask('/log', { log_type: type, data }, options);
  }
}

/** One row of a differential query, in event form. */
export const difference = (name: string, columns: Readonly<Record<string, unknown>>, over: Readonly<Record<string, unknown>> = {}) => ({
  name,
  hostIdentifier: 'said-by-the-host',
  calendarTime: 'Sat Nov 21 03:00:00 2026 UTC',
  unixTime: 1_795_230_000,
  epoch: 0,
  counter: 1,
  numerics: false,
  columns,
  action: 'added',
  ...over,
});

/** Consumes the feed as the engine does: every batch is "on disk" as soon as it is in `events`. */
export function consume(connector: DirectConnector): { readonly events: RawEvent[]; readonly batches: EventBatch[] } {
  const stop = new AbortController();
  const batches: EventBatch[] = [];
  const events: RawEvent[] = [];
  const reading = (async () => {
    const [feed] = connector.feeds;
    for await (const batch of feed?.read(undefined, 0, stop.signal) ?? []) {
      batches.push(batch);
      events.push(...batch.events);
    }
  })();
  onTestFinished(async () => {
    stop.abort();
    await reading;
  });
  return { events, batches };
}

/** Follows a run as the engine does: a host is told that its answer is safe when the next one is asked for. */
export function follow(connector: DirectConnector, remoteId: string, hosts: readonly Host[]): void {
  const stop = new AbortController();
  const options = { timeoutMs: 60_000, offline: 'wait' } as const;
  const following = (async () => {
    for await (const _update of connector.liveQuery?.updates(remoteId, hosts, options, stop.signal) ?? []);
  })();
  onTestFinished(async () => {
    stop.abort();
    await following;
  });
}
