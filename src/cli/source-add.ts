/** `rollcall source add`: from flags to an entry of the settings file. Connects to nothing; `source test` does. */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { openSettings, type SourceSettings } from '../adapters/config-file.ts';
import type { SecretPlace } from '../adapters/secrets.ts';
import { wholeNumber } from '../core/number.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { COMMANDS, type Flag } from './args.ts';
import type { Command } from './context.ts';
import type { Given } from './parse.ts';
import { checkOwnSettings } from './source-settings.ts';

/** The lab is a source as well, by this name. */
const RESERVED = 'lab';

const usage = (message: string): Problem => new Problem('usage', `${message} Nothing was added.`);

function readFlag(flag: Flag, text: string): string | number {
  if (text.trim() === '') throw usage(`--${flag.name} has an empty value.`);
  if (flag.type === 'path') return path.resolve(text);
  if (flag.type !== 'number') return text;
  const number = wholeNumber(text, 0, Number.MAX_SAFE_INTEGER);
  if (number === undefined) throw usage(`--${flag.name} must be a whole number, not '${clean(text, 80)}'.`);
  return number;
}

/** The connector's own settings, from the flags that set one. */
function ownSettings(flags: readonly Flag[], given: Given): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  for (const flag of flags) {
    const values = given.get(flag.name);
    if (flag.setting === undefined || values === undefined) continue;
    const read = values.map(value => readFlag(flag, value));
    own[flag.setting] = flag.many ? read : read[0];
  }
  return own;
}

function tokenPlaces(given: Given): SecretPlace[] {
  const one = (name: string) => given.get(name)?.[0];
  const [env, file, command] = [one('token-env'), one('token-file'), one('token-command')];
  return [
    ...(env === undefined ? [] : [{ env }]),
    ...(file === undefined ? [] : [{ file: path.resolve(file) }]),
    ...(command === undefined ? [] : [{ command }]),
  ];
}

/** Where the secret is: one token, or for an account with an e-mail address its password. */
function secretPlace(kind: string, given: Given): SecretPlace | undefined {
  if (kind === 'direct') return undefined;
  const tokens = tokenPlaces(given);
  const password = given.get('password-env')?.[0];
  const account = given.has('email') || password !== undefined;
  const ways =
    kind === 'fleetdm'
      ? 'one of --token-env, --token-file, --token-command, or --email with --password-env'
      : 'one of --token-env, --token-file, --token-command';
  const place = account ? (password === undefined ? undefined : { env: password }) : tokens[0];
  const complete = account ? given.has('email') && tokens.length === 0 : tokens.length === 1;
  if (!place || !complete) throw usage(`A secret is needed: ${ways}.`);
  if (Object.values(place).some(value => value === '')) throw usage('The place of the secret is empty.');
  return place;
}

function caFile(given: Given): string | undefined {
  const [file] = given.get('ca-file') ?? [];
  if (file === undefined) return undefined;
  if (given.has('insecure')) throw usage('--ca-file and --insecure exclude each other: trust that CA, or verify nothing.');
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw usage(`The CA file ${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
  }
  return path.resolve(file);
}

/**
 * A source as flags describe it (`given`: by name of the flag). Touches no network. Throws a 'usage' Problem that names the flag.
 */
export function readSource(name: string, kind: SourceSettings['kind'], given: Given): SourceSettings {
  if (name === RESERVED) throw usage(`'${RESERVED}' is the name of the built-in lab. Take another.`);
  const flags = COMMANDS.find(command => command.name === `source add ${kind}`)?.flags ?? [];
  const missing = flags.filter(flag => flag.required && !given.has(flag.name));
  if (missing.length > 0) throw usage(`${missing.map(flag => `--${flag.name}`).join(' and ')} must be given.`);
  const insecure = given.has('insecure');
  const own = ownSettings(flags, given);
  const source = { name, kind, secret: secretPlace(kind, given), caFile: caFile(given), insecure, own };
  const checked = checkOwnSettings(source);
  if ('settings' in checked) return source;
  const flag = flags.find(({ setting }) => setting === checked.field[0]);
  throw usage(`--${flag?.name ?? checked.field.join('.')}: ${clean(checked.why, 300)}.`);
}

const addSource =
  (kind: SourceSettings['kind']): Command =>
  async context => {
    const source = readSource(context.args[0] ?? '', kind, context.given);
    const settings = openSettings(context.directories.configDir);
    await settings.add(source);
    const { messages } = context;
    messages.step(`Source '${source.name}' added to ${settings.path}. Try it: rollcall source test ${source.name}`);
    if (source.insecure)
      messages.tell(`The TLS certificate of '${source.name}' is not verified: whoever is in between can read and change everything.`);
    return 0;
  };

export const addOsctrl = addSource('osctrl');
export const addFleetdm = addSource('fleetdm');
export const addDirect = addSource('direct');
