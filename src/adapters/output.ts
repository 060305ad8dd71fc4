/** Where a command's data goes: stdout, or a file that appears whole or not at all. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, closeSync, openSync, realpathSync, renameSync, type Stats, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { Problem } from '../core/problem.ts';
import { storageProblem } from './storage-problem.ts';

export interface Output {
  /** Resolves when the reader has taken the text. Text for a reader that has gone is dropped. */
  write(text: string): Promise<void>;
  /** Aborted when the reader has gone (`rollcall feed | head`): nothing more need be made. */
  readonly gone: AbortSignal;
  /** Completes the output: a file takes its name now. */
  finish(): Promise<void>;
  /** Gives up: a file that was begun leaves nothing behind. */
  discard(): void;
}

export type Writer = {
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
};

const isGone = (error: unknown) =>
  error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');

/** Output to a stream, stdout as a rule. A reader that goes away is no error. */
export function streamOutput(stream: Writer): Output {
  const gone = new AbortController();
  let failure: Error | undefined;
  const failed = (error: Error) => {
    if (isGone(error)) gone.abort();
    else failure = error;
  };
  stream.on('error', failed);
  return {
    gone: gone.signal,
    write: text =>
      new Promise((resolve, reject) => {
        if (gone.signal.aborted || text === '') {
          resolve();
          return;
        }
        stream.write(text, error => {
          if (error) failed(error);
          if (failure) reject(new Problem('storage', `Standard output cannot be written (${failure.message}).`, { cause: failure }));
          else resolve();
        });
      }),
    finish: async () => undefined,
    discard: () => undefined,
  };
}

function unusable(file: string, error: unknown): Problem {
  const why = error instanceof Error ? error.message : String(error);
  return new Problem('usage', `Output cannot go to ${file} (${why}). Name a file in a directory that you may write to.`, { cause: error });
}

/** What stands at the path, through links; undefined when nothing does. */
function existing(file: string): { readonly target: string; readonly stats: Stats | undefined } {
  const stats = statSync(file, { throwIfNoEntry: false });
  return { target: stats ? realpathSync(file) : file, stats };
}

/**
 * Output to a file, 0600: written under a temporary name beside it, which takes its place on `finish`. A device or a
 * pipe is written as it is. Throws a 'usage' Problem at once when that cannot be; writing throws 'storage' Problems.
 */
export function fileOutput(file: string): Output {
  let target: string;
  let written: string;
  let descriptor: number;
  try {
    const found = existing(file);
    target = found.target;
    const replace = !found.stats || found.stats.isFile();
    written = replace ? path.join(path.dirname(target), `.${path.basename(target)}.${randomBytes(6).toString('hex')}`) : target;
    descriptor = openSync(written, replace ? 'wx' : 'w', 0o600);
  } catch (error) {
    throw unusable(file, error);
  }
  const gone = new AbortController();
  const guarded = async (work: () => void) => {
    try {
      work();
    } catch (error) {
      if (!isGone(error)) throw storageProblem(file, error, 'name another file');
      gone.abort();
    }
  };
  let open = true;
  const close = () => {
    if (!open) return false;
    open = false;
    closeSync(descriptor);
    return written !== target;
  };
  return {
    gone: gone.signal,
    write: text => guarded(() => appendFileSync(descriptor, text)),
    finish: () =>
      guarded(() => {
        if (close()) renameSync(written, target);
      }),
    discard() {
      if (close()) unlinkSync(written);
    },
  };
}
