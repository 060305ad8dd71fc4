/** From the arguments of `rollcall run` to steps that can be run. Reads files and secrets; asks no source. */
import { readFileSync, statSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { openSettings, type SourceSettings } from '../adapters/config-file.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { type Backend, findSteps, namedValues, readStep, STEP_TYPE, type Step, secretsOf } from '../core/step.ts';
import type { CommandContext, WantedSources } from './context.ts';
import { endpointNames } from './endpoint.ts';
import { pairsOf } from './pairs.ts';
import { readSecrets } from './secrets-map.ts';
import { checkOwnSettings } from './source-settings.ts';

const MAX_BYTES = 2 ** 20;

const usage = (message: string): Problem => new Problem('usage', `${message} Nothing was sent.`);

function readText(what: string, file: string): string {
  try {
    if (statSync(file).size > MAX_BYTES) throw usage(`${what} ${file} is larger than ${MAX_BYTES / 2 ** 20} MiB.`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw usage(`${what} ${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
  }
}

/** The parser's own words would repeat the line, and with it a secret that stands there. */
function readYaml(file: string): unknown {
  const document = parseDocument(readText('The step file', file), { prettyErrors: false });
  const [error] = document.errors;
  if (error) throw usage(`The step file ${file} is no YAML (${error.code}, at character ${error.pos[0] + 1}).`);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw usage(`The step file ${file} refers to itself too often.`);
  }
}

function readAlert(file: string | undefined): unknown {
  if (file === undefined) return undefined;
  let alert: unknown;
  try {
    alert = JSON.parse(readText('The alert', file));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw usage(`The alert ${file} is no JSON.`);
  }
  if (typeof alert === 'object' && alert !== null && !Array.isArray(alert)) return alert;
  throw usage(`The alert ${file} is no JSON object.`);
}

/** Whether `--lab` or `--source` stands in place of the steps' own backends. */
export const isElsewhere = ({ common }: CommandContext): boolean => common.lab !== undefined || common.sources.length > 0;

/** The steps of the file, each complete. Throws a 'usage' Problem that names what is off, and `AllowlistError` for raw SQL. */
export async function readSteps(context: CommandContext): Promise<readonly Step[]> {
  const { args, given, env, directories } = context;
  const [file = ''] = args;
  const value = namedValues(pairsOf('var', given), readAlert(given.get('alert')?.[0]));
  const found = findSteps(readYaml(file));
  if (found.length === 0) throw usage(`The step file ${file} has no step of type ${STEP_TYPE}.`);
  const names = secretsOf(found);
  const place = names.length > 0 ? openSettings(directories.configDir).secrets() : undefined;
  const secrets = await readSecrets(names, place, env);
  const values = { value, secret: (name: string) => secrets.get(name) };
  const maxTimeout = env.AISOC_PLAYBOOK_MAX_TIMEOUT_SECONDS;
  return found.map(step => readStep(step, { values, withoutBackend: isElsewhere(context), maxTimeout }));
}

function settingsOf(backend: Exclude<Backend, { kind: 'direct' }>): SourceSettings {
  const { kind, baseUrl, verifyTls } = backend;
  const own = kind === 'osctrl' ? { environment: backend.environment } : backend.email === undefined ? {} : { email: backend.email };
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).host : clean(baseUrl, 80);
  return { name: `${kind}@${host}`, kind, secret: undefined, caFile: undefined, insecure: !verifyTls, own: { base_url: baseUrl, ...own } };
}

/** The sources that a step asks. Throws a 'usage' Problem for an address that is none, or when there is no direct endpoint. */
export function sourcesOf(context: CommandContext, { label, backend }: Step): WantedSources {
  if (backend === undefined) return context.common.sources;
  if (backend.kind === 'direct') return endpointNames(context);
  const source = settingsOf(backend);
  const checked = checkOwnSettings(source);
  if ('why' in checked) throw usage(`Step '${label}': params.${checked.field.map(String).join('.')}: ${clean(checked.why, 300)}.`);
  return { source, secret: backend.secret };
}
