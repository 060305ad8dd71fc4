/** Secrets from where the settings say they are: a variable, a file, a command. They are read when needed and kept nowhere. */
import { spawn } from 'node:child_process';
import { readFileSync, type Stats, statSync } from 'node:fs';
import type { SecretSource } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';

/** Where a secret is. A command runs under `sh -c`; its standard output is the secret. */
export type SecretPlace = { readonly env: string } | { readonly file: string } | { readonly command: string };

/** Whose secret it is, for messages. */
export type SecretOwner = {
  readonly source: string;
  /** How a message begins, where it is no source's secret: "The secrets file is of no use". */
  readonly complaint?: string;
};

export type SecretOptions = SecretOwner & {
  /** A command's `$1`: which of several secrets is wanted. */
  readonly argument?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of every value that was read, so that it can be kept out of logs. */
  readonly learn?: (secret: string) => void;
  /** ms that a command may take; default 10 s. */
  readonly timeoutMs?: number;
};

const COMMAND_TIMEOUT_MS = 10_000;
const MAX_BYTES = 65_536;

const lacking = ({ source, complaint = `Source '${source}' has no secret to log in with` }: SecretOwner, what: string): Problem =>
  new Problem('usage', `${complaint}: ${what}`, { source });

function fromVariable(name: string, options: SecretOptions): string {
  const value = options.env[name];
  if (value === undefined || value === '') throw lacking(options, `the variable ${name} is not set. Set it and start rollcall again.`);
  return value;
}

/** Why others may know what is in the file; undefined when only its owner, who runs this, can read it. */
function exposed({ mode, uid }: Stats): string | undefined {
  if (process.platform === 'win32') return undefined;
  if ((mode & 0o077) !== 0) return `others may read it (mode ${(mode & 0o777).toString(8)}). Make it yours alone: chmod 600`;
  const self = process.getuid?.();
  return uid === self || self === 0 ? undefined : 'it belongs to somebody else. Copy it to a file of your own';
}

/**
 * The text of a file that only its owner, who runs this, can read. Throws a 'usage' Problem that says why it is not used,
 * never what is in it.
 */
export function readPrivateFile(file: string, owner: SecretOwner): string {
  try {
    const stats = statSync(file);
    const why = stats.isFile() ? exposed(stats) : 'it is no file. Name a file that holds only the secret';
    if (why) throw lacking(owner, `${file} is not used, because ${why}.`);
    if (stats.size > MAX_BYTES) throw lacking(owner, `${file} is not used, because it is too large for a secret.`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Problem) throw error;
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw lacking(owner, `${file} ${missing ? 'does not exist' : 'cannot be read'}. Put the secret there, readable for you alone.`);
  }
}

/** Its own process group, so that a time limit ends everything that the command started. What it says is never repeated. */
async function fromCommand(command: string, options: SecretOptions): Promise<string> {
  const { argument, env, timeoutMs = COMMAND_TIMEOUT_MS } = options;
  const child = spawn('sh', ['-c', command, 'sh', ...(argument === undefined ? [] : [argument])], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...env },
    detached: true,
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  let stopped: string | undefined;
  const stop = (why: string) => {
    if (stopped || child.pid === undefined) return;
    stopped = why;
    process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(() => stop(`was stopped after ${Math.round(timeoutMs / 100) / 10} s`), timeoutMs);
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BYTES) stop('was stopped, because it prints too much for a secret');
  });
  const end = await new Promise<string | undefined>(resolve => {
    child.once('error', () => resolve('could not be started: there is no sh'));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? code}`));
  });
  clearTimeout(timer);
  if (stopped ?? end) throw lacking(options, `its command ${stopped ?? end}. Run the command by hand to see why.`);
  return Buffer.concat(chunks).toString('utf8');
}

function checked(raw: string, owner: SecretOwner, where: string): string {
  const secret = raw.replace(/\r?\n$/, '');
  if (secret.trim() === '') throw lacking(owner, `${where} is empty.`);
  if (/[\p{Cc}]/u.test(secret)) throw lacking(owner, `${where} holds more than one line, or control characters.`);
  return secret;
}

/** The secret of a source. `read` throws a 'usage' Problem that names where it was looked for, never what was there. */
export function secretSource(place: SecretPlace | undefined, options: SecretOptions): SecretSource {
  const { learn } = options;
  const lookUp = async (): Promise<string> => {
    if (!place) throw lacking(options, 'the settings name none. Remove the source and add it again with one of the --token options.');
    if ('env' in place) return checked(fromVariable(place.env, options), options, `the variable ${place.env}`);
    if ('file' in place) return checked(readPrivateFile(place.file, options), options, place.file);
    return checked(await fromCommand(place.command, options), options, 'the output of its command');
  };
  return {
    async read() {
      const secret = await lookUp();
      learn?.(secret);
      return secret;
    },
  };
}
