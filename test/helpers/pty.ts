/** rollcall as a person starts it: the built program in a real terminal, with directories of its own. */
import path from 'node:path';
import { afterEach } from 'vitest';
import { temporaryDirectory } from './directories.ts';
import { root } from './paths.ts';
import { PtyProgram } from './terminal.ts';

/** The built program. */
export const program = path.join(root, 'dist/main.js');

export type StartOptions = {
  readonly args?: readonly string[];
  readonly cols?: number;
  readonly rows?: number;
  /** Added to a small, fixed environment; nothing of the tester's own shows through. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: a new temporary directory. Give the same one twice to restart on the same data. */
  readonly dataDir?: string;
  readonly configDir?: string;
};

const started: PtyProgram[] = [];

afterEach(async () => {
  for (const terminal of started.splice(0)) {
    terminal.kill('SIGKILL');
    await terminal.exited;
    terminal.dispose();
  }
});

/** The environment of a rollcall under test. `CI` is empty: it changes what Ink does. */
export function environment({ env, dataDir, configDir }: Pick<StartOptions, 'env' | 'dataDir' | 'configDir'> = {}): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: temporaryDirectory(),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    // Compiled code is kept from one start to the next, as it is for a person.
    XDG_CACHE_HOME: path.join(root, 'node_modules/.cache'),
    CI: '',
    ROLLCALL_DATA_DIR: dataDir ?? temporaryDirectory(),
    ROLLCALL_CONFIG_DIR: configDir ?? temporaryDirectory(),
    ...env,
  };
}

/** Sees to it that a program is ended after the test. */
export function own(terminal: PtyProgram): PtyProgram {
  started.push(terminal);
  return terminal;
}

/** Starts the built program in a terminal; it is ended after the test. */
export function startRollcall(options: StartOptions = {}): PtyProgram {
  const { args = [], cols = 120, rows = 30 } = options;
  return own(new PtyProgram(process.execPath, [program, ...args], { cols, rows, env: environment(options) }));
}
