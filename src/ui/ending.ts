/** Everything that can end the console from outside, in one place. */
import type { TtyInput } from './stdin-guard.ts';

/** `code` is the exit code: 0 left by a person, 128 + n by a signal, 1 for `error`. */
export type ConsoleEnd = { readonly code: number; readonly error?: unknown };

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export type Ending = {
  readonly stdin: TtyInput;
  readonly stdout: NodeJS.WriteStream;
  /** Called with how it ended. */
  end(how: ConsoleEnd): void;
  /** Gives the terminal back, when the process exits without asking. */
  restore(): void;
};

const ignore = () => undefined;

/** Does `act` the first time it is called, and nothing after that. */
export function once<T>(act: (argument: T) => void): (argument: T) => void {
  let done = false;
  return argument => {
    if (done) return;
    done = true;
    act(argument);
  };
}

/**
 * Listens for signals, for faults that nobody caught and for the loss of the terminal; returns how to stop listening. A
 * terminal that is gone fails again while it is given back, so its errors are listened to for good.
 */
export function onEnding({ stdin, stdout, end, restore }: Ending): () => void {
  const failed = (error: unknown) => end({ code: 1, error });
  const lost = () => end({ code: SIGNALS.SIGHUP });
  const signalled = Object.entries(SIGNALS).map(([signal, code]) => [signal, () => end({ code })] as const);
  for (const [signal, listener] of signalled) process.on(signal, listener);
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
  process.on('exit', restore);
  stdin.on('end', lost);
  stdin.on('error', lost);
  stdout.on('error', lost);
  return () => {
    for (const [signal, listener] of signalled) process.off(signal, listener);
    process.off('uncaughtException', failed);
    process.off('unhandledRejection', failed);
    process.off('exit', restore);
    stdin.off('end', lost);
    stdin.off('error', lost);
    stdout.on('error', ignore);
    stdout.off('error', lost);
  };
}
