/** The secrets that playbook steps name: from the environment, else from where the settings say. */
import { parse } from 'yaml';
import type { SecretsPlace } from '../adapters/config-file.ts';
import { readPrivateFile, type SecretOwner, secretSource } from '../adapters/secrets.ts';
import { Problem } from '../core/problem.ts';
import { secretVariable } from '../core/step.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const ownerOf = (name: string): SecretOwner => ({ source: 'secrets', complaint: `{{ secrets.${name} }} has no value` });

/** A file of `name: secret` lines. What is wrong with it is told without a word of what is in it. */
function readMap(file: string): Readonly<Record<string, unknown>> {
  let content: unknown;
  try {
    content = parse(readPrivateFile(file, { source: 'secrets', complaint: 'The secrets of steps cannot be read' }));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('usage', `The secrets file ${file} is no YAML. Write one secret a line: name: value.`);
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as Record<string, unknown>;
  throw new Problem('usage', `The secrets file ${file} holds no names. Write one secret a line: name: value.`);
}

/**
 * Secrets by name, of those that could be found: `ROLLCALL_SECRET_NAME`, else the file or command of the settings. A file
 * lacks a secret in silence; a command that fails throws a 'usage' Problem, as does a file that others can read.
 */
export async function readSecrets(
  names: readonly string[],
  place: SecretsPlace | undefined,
  env: Environment,
): Promise<ReadonlyMap<string, string>> {
  const secrets = new Map<string, string>();
  const elsewhere: string[] = [];
  for (const name of names) {
    const variable = secretVariable(name);
    if (!env[variable]) elsewhere.push(name);
    else secrets.set(name, await secretSource({ env: variable }, { ...ownerOf(name), env }).read());
  }
  if (place === undefined || elsewhere.length === 0) return secrets;
  const map = 'file' in place ? readMap(place.file) : {};
  for (const name of elsewhere) {
    if ('command' in place) secrets.set(name, await secretSource(place, { ...ownerOf(name), env, argument: name }).read());
    else if (Object.hasOwn(map, name) && ['string', 'number'].includes(typeof map[name])) secrets.set(name, String(map[name]));
  }
  return secrets;
}
