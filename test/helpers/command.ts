/** rollcall as a script starts it: the built program with pipes instead of a terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach } from 'vitest';
import { environment, program, type StartOptions } from './pty.ts';

export type CommandOptions = Pick<StartOptions, 'env' | 'dataDir' | 'configDir'> & { readonly stdin?: string };

export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Running = {
  /** Resolves when the command has ended and all it printed is there. */
  readonly finished: Promise<Finished>;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
};

const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

/** Starts a command and lets it run; it is ended after the test. Its stdin is empty unless given. */
export function start(args: readonly string[], options: CommandOptions = {}): Running {
  const child = spawn(process.execPath, [program, ...args], { env: environment(options), stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  child.stdin.end(options.stdin ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>(resolve => {
    child.on('close', code => {
      running.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
  return { finished, stdout: () => stdout, stderr: () => stderr, kill: signal => child.kill(signal) };
}

/** Runs a command to its end. */
export function rollcall(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  return start(args, options).finished;
}
