/** The console's side of the field process: starts it, keeps what it wants kept, and starts it again when it dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { ServerAddress } from '../agent/index.ts';
import type { Clock, KeyValueStore, Log } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import type { FieldNode, FromField, ToField } from './field-messages.ts';
import { type LabHostInfo, labHosts } from './index.ts';

export type { FieldNode } from './field-messages.ts';

export type FieldOptions = {
  /** Program and arguments that come to `runField()`, e.g. Node, the bundle and a hidden word. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly server: ServerAddress;
  readonly enrollSecret: string;
  /** This machine as a node. */
  readonly node?: FieldNode;
  readonly lab?: { readonly count: number; readonly seed: string };
  /** Where this machine's node keeps, under `space`, what its scheduled queries found last. Keys last as long as this object. */
  readonly store: KeyValueStore;
  readonly space: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a statement may hang before the process is ended and started again, ms; default 15 s. */
  readonly limitMs?: number;
};

export type Field = {
  readonly hosts: readonly LabHostInfo[];
  /** Resolves when this machine and the lab are ready (see `createAgent`, `startLab`); rejects when `run` ends before. */
  readonly ready: Promise<void>;
  /** Runs the process until the signal stops it. Throws a Problem when enrolling is refused, or it dies again and again. */
  run(signal: AbortSignal): Promise<void>;
};

/** Deaths in a row; a process that lived for a while before counts anew. */
const MAX_DEATHS = 5;
const LONG_LIFE_MS = 60_000;
const PAUSE_MS = 1_000;
const LIMIT_MS = 15_000;
/** Node keys and marks of running statements are for the next life of the process, not for the next console. */
const LASTING = /^node\.query\./;
const HEAP_MIB = 1_024;
const MAX_STDERR = 2_000;

export const startField = (options: FieldOptions): Field => new FieldProcess(options);

class FieldProcess implements Field {
  readonly hosts: readonly LabHostInfo[];
  readonly #options: FieldOptions;
  readonly #ready = Promise.withResolvers<void>();
  readonly #state: Map<string, string>;
  #deaths = 0;

  constructor(options: FieldOptions) {
    this.#options = options;
    const { lab, clock, store, space } = options;
    this.#state = new Map(store.entries(space));
    this.hosts = lab ? labHosts(lab.count, lab.seed, clock.now()) : [];
    this.#ready.promise.catch(() => undefined);
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#once(signal);
        if (!signal.aborted) await this.#options.clock.sleep(PAUSE_MS, signal);
      }
    } catch (thrown) {
      if (!signal.aborted) {
        this.#ready.reject(thrown);
        throw thrown;
      }
    } finally {
      this.#ready.reject(new DOMException('stopped', 'AbortError'));
    }
  }

  /** One life of the process. Throws what it failed with. */
  async #once(signal: AbortSignal): Promise<void> {
    const { command, server, enrollSecret, node = null, lab = null, limitMs = LIMIT_MS, clock, log } = this.#options;
    const [program, ...args] = command;
    const child = spawn(program, [`--max-old-space-size=${HEAP_MIB}`, ...args], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const stop = () => child.kill('SIGKILL');
    signal.addEventListener('abort', stop);
    try {
      const ended = this.#listen(child);
      const start: ToField = { kind: 'start', server, enrollSecret, node, lab, limitMs, state: [...this.#state] };
      const born = clock.now();
      child.send(start, () => undefined);
      const death = await ended;
      if (signal.aborted) return;
      this.#deaths = clock.now() - born > LONG_LIFE_MS ? 1 : this.#deaths + 1;
      log.write('warn', 'The process of the local node and the lab ended; it is started again.', { deaths: this.#deaths, ...death });
      if (this.#deaths < MAX_DEATHS) return;
      throw new Problem('bug', `The process of the local node and the lab died ${this.#deaths} times in a row. The log has the details.`, {
        detail: death.stderr,
      });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Resolves with how the process ended; rejects with the Problem that it ended with. */
  #listen(child: ChildProcess): Promise<{ readonly signal: string; readonly stderr: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ readonly signal: string; readonly stderr: string }>();
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_STDERR);
    });
    child.on('message', (message: FromField) => {
      const failure = this.#take(message);
      if (failure) reject(failure);
    });
    child.on('error', thrown =>
      reject(new Problem('bug', `The process of the local node and the lab could not be started: ${thrown.message}.`, { cause: thrown })),
    );
    child.on('close', (code, name) => resolve({ signal: name ?? String(code), stderr }));
    return promise;
  }

  #take(message: FromField): Problem | undefined {
    const { store, space, log } = this.#options;
    if (message.kind === 'ready') this.#ready.resolve();
    if (message.kind === 'state') this.#state.set(message.key, message.value);
    if (message.kind === 'state' && LASTING.test(message.key)) store.set(space, message.key, message.value);
    if (message.kind === 'log') log.write(message.level, message.message, message.detail);
    return message.kind === 'failed' ? new Problem(message.problem, message.message, { detail: message.detail }) : undefined;
  }
}
