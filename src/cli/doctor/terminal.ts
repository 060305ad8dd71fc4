/** Looks up what can be known of the terminal, without asking it anything. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { TerminalFacts, TmuxFacts } from '../../core/doctor-terminal.ts';
import { multiplexerOf } from '../../core/osc52.ts';
import { SMALLEST } from '../../ui/layout.ts';
import { detectTerminal, isAddressable } from '../../ui/theme.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Stream = { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined; readonly rows?: number | undefined };

export type Streams = { readonly stdin: Stream; readonly stdout: Stream; readonly stderr: Stream };

const run = promisify(execFile);
/** ms for tmux to answer. */
const TMUX_MS = 1_000;

/** tmux's own options; undefined where it cannot be asked. */
async function askTmux(env: Environment, signal: AbortSignal): Promise<TmuxFacts | undefined> {
  if (!env.TMUX) return undefined;
  try {
    const format = '#{set-clipboard}|#{allow-passthrough}';
    const { stdout } = await run('tmux', ['display-message', '-p', format], { env: { ...env }, timeout: TMUX_MS, signal });
    const [setClipboard = '', allowPassthrough = ''] = stdout.trim().split('|');
    return { setClipboard, allowPassthrough };
  } catch {
    // Not installed here, another version, or no such server any more: nothing is known then.
    return undefined;
  }
}

/** Names of the processes that this one descends from, where the system tells. */
export function ancestors(pid: number): string[] {
  const names: string[] = [];
  try {
    for (let at = pid; at > 1; ) {
      const [, name = '', parent = '0'] = /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${at}/stat`, 'utf8')) ?? [];
      names.push(name);
      at = Number(parent);
    }
  } catch {
    // No /proc, or a parent that is gone: the rest is not known.
    return names;
  }
  return names;
}

function localeOf(env: Environment): TerminalFacts['locale'] {
  const name = ['LC_ALL', 'LC_CTYPE', 'LANG'].find(variable => env[variable]);
  return name === undefined ? undefined : { name, value: env[name] ?? '' };
}

export async function terminalOf(
  { stdin, stdout, stderr }: Streams,
  env: Environment,
  noColor: boolean,
  signal: AbortSignal,
): Promise<TerminalFacts> {
  const shown = [stdout, stderr].find(({ isTTY }) => isTTY === true);
  const { colour, unicode } = detectTerminal(noColor ? { ...env, NO_COLOR: '1' } : env);
  return {
    stdin: stdin.isTTY === true,
    stdout: stdout.isTTY === true,
    size: shown && { columns: shown.columns ?? 80, rows: shown.rows ?? 24 },
    smallest: SMALLEST,
    term: env.TERM ?? '',
    colorterm: env.COLORTERM ?? '',
    noColor: noColor || Boolean(env.NO_COLOR),
    colour,
    unicode,
    addressable: isAddressable(env),
    locale: localeOf(env),
    multiplexer: multiplexerOf(env),
    tmux: await askTmux(env, signal),
    ssh: Boolean(env.SSH_CONNECTION || env.SSH_TTY),
    mosh: ancestors(process.pid).includes('mosh-server'),
  };
}
