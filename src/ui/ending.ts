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
 * There is work left after this signal. Ink's own listener for it would end the process by it as soon as it is the only one.
 * A lost line is told of more than once (by the kernel, by the shell); of the others a second one ends the process at once.
 */
function outlive(signal: string): void {
  process.on(signal, ignore);
  if (signal !== 'SIGHUP') setImmediate(() => process.off(signal, ignore));
}

/**
 * Listens for signals, for faults that nobody caught and for the loss of the terminal; returns how to stop listening. A
 * terminal that is gone fails again while it is given back, so its errors are listened to for good.
 */
export function onEnding({ stdin, stdout, end, restore }: Ending): () => void {
  const failed = (error: unknown) => end({ code: 1, error });
  const lost = () => {
    outlive('SIGHUP');
    end({ code: SIGNALS.SIGHUP });
  };
  const signalled = Object.entries(SIGNALS).map(([signal, code]) => {
    const listener = () => {
      outlive(signal);
      end({ code });
    };
    return [signal, listener] as const;
  });
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
    stdin.on('error', ignore);
    stdin.off('error', lost);
    stdout.on('error', ignore);
    stdout.off('error', lost);
  };
}
