/** An enrolled node's side of osquery's TLS remote API: bodies, keys and retries (contracts/osquery-remote.md 1.1 to 1.7). */
import type { Clock, Log } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import type { TableRow } from './table.ts';
import type { Transport } from './transport.ts';

/** First rows of tables by name: what a node tells of itself when it enrols. Values are sent as strings. */
export type HostDetails = Readonly<Record<string, TableRow>>;

export type NodeClientOptions = {
  readonly transport: Transport;
  /** For `/log` alone: a delivery may wait for the server's disk, and must not hold up the rest. Default: `transport`. */
  readonly logTransport?: Transport;
  /** What it calls itself: an osquery version. */
  readonly version: string;
  readonly enrollSecret: string;
  readonly hostIdentifier: string;
  /** osquery's platform bits, decimal: "9" Linux, "21" macOS, "2" Windows. */
  readonly platformType: string;
  hostDetails(): Promise<HostDetails>;
  /** Where the node key outlives the process. */
  readonly keys: { get(): string | undefined; set(key: string): void };
  readonly clock: Clock;
  readonly log: Log;
};

export type ServerReply = Readonly<Record<string, unknown>>;
export type LogType = 'result' | 'status';

const PATHS = {
  enroll: '/enroll',
  config: '/config',
  log: '/log',
  read: '/distributed/read',
  write: '/distributed/write',
  carveStart: '/carve/start',
  carveBlock: '/carve/block',
} as const;

const ENROLL_ATTEMPTS = 12;
const ENROLL_MAX_INTERVAL_S = 600;
const ATTEMPTS = 3;

export class NodeClient {
  readonly #options: NodeClientOptions;
  /** The key in use; empty while the node is not enrolled. */
  #key: string;
  #enrolling: Promise<void> | undefined;

  constructor(options: NodeClientOptions) {
    this.#options = options;
    this.#key = options.keys.get() ?? '';
  }

  /**
   * Enrols unless the node has a key. Tries twelve times with growing pauses (n² s, at most 600); then throws an
   * 'unreachable' Problem, or an 'auth' one when the server answered but gave no key.
   */
  async enroll(signal: AbortSignal): Promise<void> {
    if (this.#key !== '') return;
    this.#enrolling ??= this.#enroll(signal).finally(() => {
      this.#enrolling = undefined;
    });
    await this.#enrolling;
  }

  config(signal: AbortSignal): Promise<ServerReply> {
    return this.#call(PATHS.config, {}, ATTEMPTS, signal);
  }

  read(signal: AbortSignal): Promise<ServerReply> {
    return this.#call(PATHS.read, {}, ATTEMPTS, signal);
  }

  write(results: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<ServerReply> {
    return this.#call(PATHS.write, results, ATTEMPTS, signal);
  }

  /** One attempt: the caller keeps the lines and comes again. */
  log(type: LogType, lines: readonly unknown[], signal: AbortSignal): Promise<ServerReply> {
    return this.#call(PATHS.log, { log_type: type, data: lines }, 1, signal);
  }

  /** Returns the session that the blocks belong to. Throws an 'unreachable' Problem when the server wants no such carve. */
  async carveStart(carve: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<string> {
    const { session_id } = await this.#call(PATHS.carveStart, carve, ATTEMPTS, signal);
    if (typeof session_id === 'string' && session_id !== '') return session_id;
    throw refused(PATHS.carveStart, { error: 'no session was given' });
  }

  /** A block carries no key in its body, and whatever is replied counts as success: osquery does not look at it. */
  async carveBlock(block: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
    const { version, transport } = this.#options;
    await this.#again(ATTEMPTS, signal, async () =>
      parseReply(await transport.post(PATHS.carveBlock, block, { version, nodeKey: this.#key }, signal)),
    );
  }

  async #enroll(signal: AbortSignal): Promise<void> {
    const { version, enrollSecret, hostIdentifier, platformType, hostDetails, transport, keys, clock, log } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const host_details = texts(await hostDetails());
        const body = { enroll_secret: enrollSecret, host_identifier: hostIdentifier, platform_type: platformType, host_details };
        const reply = parseReply(await transport.post(PATHS.enroll, body, { version }, signal));
        this.#key = nodeKeyOf(reply);
        keys.set(this.#key);
        return;
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof Problem) || attempt >= ENROLL_ATTEMPTS) throw thrown;
        log.write('warn', 'Enrolling failed; it is tried again.', { host: hostIdentifier, attempt, reason: thrown.message });
        await clock.sleep(Math.min(attempt ** 2, ENROLL_MAX_INTERVAL_S) * 1000, signal);
      }
    }
  }

  /** A reply that says `node_invalid` costs the key: the next attempt enrols anew. */
  async #call(path: string, body: Readonly<Record<string, unknown>>, attempts: number, signal: AbortSignal): Promise<ServerReply> {
    const { version, transport, logTransport = transport } = this.#options;
    return this.#again(attempts, signal, async () => {
      await this.enroll(signal);
      const key = this.#key;
      const channel = path === PATHS.log ? logTransport : transport;
      const reply = parseReply(await channel.post(path, { node_key: key, ...body }, { version, nodeKey: key }, signal));
      if (reply.node_invalid === true) this.#forget(key);
      if (reply.node_invalid === true || 'error' in reply) throw refused(path, reply);
      return reply;
    });
  }

  /** Up to `attempts` times, with pauses of n² s. */
  async #again<T>(attempts: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof Problem) || attempt >= attempts) throw thrown;
        await this.#options.clock.sleep(attempt ** 2 * 1000, signal);
      }
    }
  }

  #forget(key: string): void {
    if (this.#key !== key) return;
    this.#key = '';
    this.#options.keys.set('');
  }
}

/** What osquery makes of a reply: nothing at all is success; anything but an object is a failure. */
function parseReply(text: string): ServerReply {
  if (text === '') return {};
  try {
    const reply: unknown = JSON.parse(text);
    if (isReply(reply)) return reply;
  } catch (thrown) {
    throw notJson(thrown);
  }
  throw notJson(undefined);
}

export const isReply = (value: unknown): value is ServerReply => typeof value === 'object' && value !== null && !Array.isArray(value);

const notJson = (cause: unknown): Problem =>
  new Problem('unreachable', 'The osquery server answered something that is not its API. The node keeps its data and tries again.', {
    detail: 'not JSON',
    cause,
  });

const refused = (path: string, reply: ServerReply): Problem => {
  const reason = typeof reply.error === 'string' ? reply.error : 'the node key is not valid';
  return new Problem('unreachable', `The osquery server refused ${path}: ${reason}. The node keeps its data and tries again.`, {
    detail: reason,
  });
};

/** `node_invalid` beside a key is ignored, as osquery does. */
function nodeKeyOf(reply: ServerReply): string {
  const key = reply.node_key ?? reply.id;
  if (typeof key === 'string' && key !== '') return key;
  throw new Problem('auth', 'The osquery server gave no node key: it refused the enroll secret. Check the secret.', {
    detail: typeof reply.error === 'string' ? reply.error : 'no node_key',
    transient: true,
  });
}

const texts = (details: HostDetails): Record<string, Record<string, string>> =>
  Object.fromEntries(
    Object.entries(details).map(([table, row]) => [
      table,
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null || value === undefined ? '' : String(value)])),
    ]),
  );
