/** Log lines on their way to the server: kept until it says that it has them (contracts/osquery-remote.md 1.5). */
import type { Clock, Log } from '../core/ports.ts';
import { isAbort, Problem } from '../core/problem.ts';
import type { LogType, NodeClient } from './client.ts';

type Entry = { readonly line: unknown; readonly acknowledged: (() => void) | undefined };

export type LogBufferOptions = {
  readonly client: NodeClient;
  /** ms between deliveries, asked before each. */
  periodMs(): number;
  readonly clock: Clock;
  readonly log: Log;
};

const TYPES = ['result', 'status'] as const;
const MAX_LINES = 1_024;
/** Characters of a line; a longer one is dropped with a warning, as by osquery. */
const MAX_LINE = 1024 * 1024;
const MAX_BUFFERED = 100_000;
const MAX_BACKOFF_MS = 3_600_000;

export class LogBuffer {
  readonly #options: LogBufferOptions;
  readonly #lines: Record<LogType, Entry[]> = { result: [], status: [] };

  constructor(options: LogBufferOptions) {
    this.#options = options;
  }

  /** `acknowledged` is called once the server has the line. */
  add(type: LogType, line: unknown, acknowledged?: () => void): void {
    const { log } = this.#options;
    if (JSON.stringify(line).length > MAX_LINE) {
      log.write('warn', 'A log line of more than 1 MiB was dropped.', { type });
      return;
    }
    const lines = this.#lines[type];
    lines.push({ line, acknowledged });
    if (lines.length > MAX_BUFFERED) {
      lines.shift();
      log.write('warn', 'The log buffer is full: the oldest line was dropped.', { type });
    }
  }

  /** Lines that the server does not have yet. */
  get waiting(): number {
    return this.#lines.result.length + this.#lines.status.length;
  }

  /** One delivery of up to 1,024 lines of each type. Throws the first Problem; what was not taken stays. */
  async flush(signal: AbortSignal): Promise<void> {
    for (const type of TYPES) {
      const lines = this.#lines[type];
      const sent = lines.slice(0, MAX_LINES);
      if (sent.length === 0) continue;
      await this.#options.client.log(
        type,
        sent.map(({ line }) => line),
        signal,
      );
      const taken = new Set(sent);
      this.#lines[type] = this.#lines[type].filter(entry => !taken.has(entry));
      for (const { acknowledged } of sent) acknowledged?.();
    }
  }

  /** Delivers once a period until the signal stops it; after failures the pauses grow with their square, up to an hour. */
  async run(signal: AbortSignal): Promise<void> {
    const { periodMs, clock, log } = this.#options;
    let failures = 0;
    for (;;) {
      await clock.sleep(Math.min(periodMs() * Math.max(1, failures ** 2), MAX_BACKOFF_MS), signal);
      try {
        await this.flush(signal);
        failures = 0;
      } catch (thrown) {
        if (isAbort(thrown) || !(thrown instanceof Problem)) throw thrown;
        failures += 1;
        if (failures === 1)
          log.write('warn', 'Log lines could not be delivered; they are kept.', { waiting: this.waiting, reason: thrown.message });
      }
    }
  }
}
