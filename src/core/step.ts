/** AiSOC playbook steps of type `osquery_live_query` (contracts/aisoc.md 2.1): found in a document, filled in, checked. */
import { z } from 'zod';
import { isGlob } from './glob.ts';
import type { LaunchRequest } from './launch-policy.ts';
import { fillIn, secretsIn, type Values, valueAt } from './placeholders.ts';
import { AllowlistError, Problem } from './problem.ts';
import { clean } from './sanitize.ts';
import { MAX_WAIT_S } from './wait.ts';

export const STEP_TYPE = 'osquery_live_query';

/** Where a step sends its query. `secret` is the API token, or the password of `email`. */
export type Backend =
  | {
      readonly kind: 'osctrl';
      readonly baseUrl: string;
      readonly environment: string;
      readonly secret: string;
      readonly verifyTls: boolean;
    }
  | {
      readonly kind: 'fleetdm';
      readonly baseUrl: string;
      readonly email: string | undefined;
      readonly secret: string;
      readonly verifyTls: boolean;
    }
  | { readonly kind: 'direct' };

/** A step that can be run as it is. */
export type Step = {
  /** Its id, else its name, else its place in the file. */
  readonly label: string;
  readonly request: LaunchRequest;
  /** Names of hosts, each once; no globs. */
  readonly hosts: readonly string[];
  readonly timeoutS: number;
  /** Whether the steps behind it run when it fails. A query is never sent twice, so 'retry' aborts. */
  readonly goesOn: boolean;
  /** Undefined where something else takes its place. */
  readonly backend: Backend | undefined;
  /** Told before it runs. */
  readonly remarks: readonly string[];
};

export type StepOptions = {
  readonly values: Values;
  /** The backend is not looked at: the caller has another. */
  readonly withoutBackend: boolean;
  /** `AISOC_PLAYBOOK_MAX_TIMEOUT_SECONDS` as set. */
  readonly maxTimeout: string | undefined;
};

/** A step as found, its marks not yet filled in. */
export type FoundStep = { readonly label: string; readonly step: Record<string, unknown> };

const DEFAULT_TIMEOUT_S = 60;
const MAX_TIMEOUT_S = 300;
const ABSOLUTE_MAX_TIMEOUT_S = 900;
const DEFAULT_ENVIRONMENT = 'default';
/** Keys of `params` that may hold a secret: what is in them goes to the server's log-in only. */
const SECRET_KEYS = ['api_token', 'username', 'password'];
/** Where people put SQL, which is never sent. */
const SQL_KEYS = ['sql', 'query', 'raw_sql'];

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A whole number, also as text; anything else is no limit. */
function wholeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'string' && /^\s*[+-]?\d{1,15}\s*$/.test(value) ? Number(value) : undefined;
}

/** Seconds that a step waits: 60 unless it says a whole number, at least 1, at most 300 or `maxTimeout`, which is at most 900. */
export function clampTimeout(value: unknown, maxTimeout: string | undefined): number {
  const ceiling = Math.min(ABSOLUTE_MAX_TIMEOUT_S, Math.max(1, wholeNumber(maxTimeout) ?? MAX_TIMEOUT_S));
  return Math.min(ceiling, Math.max(1, wholeNumber(value) ?? DEFAULT_TIMEOUT_S));
}

/**
 * The steps of our type in a document, in order: the document is a step, a list of steps, or a playbook with `steps`.
 * Steps of other types are passed over, but not the `steps` in them.
 */
export function findSteps(document: unknown): FoundStep[] {
  const found: Record<string, unknown>[] = [];
  const look = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(look);
    else if (!isObject(part)) return;
    else if (part.type === STEP_TYPE) found.push(part);
    else look(part.steps);
  };
  look(document);
  return found.map((step, index) => {
    const name = [step.id, step.name].find(text => typeof text === 'string' && text.trim() !== '');
    return { step, label: typeof name === 'string' ? clean(name, 80) : `step ${index + 1}` };
  });
}

const scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'must be text, a number or a boolean (quote what begins with {{)' });
const text = z.union([z.string(), z.number()], { error: 'must be text (quote what begins with {{)' }).transform(String);
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform(word => word === 'true')], { error: 'must be true or false' });

const paramsShape = z.looseObject({
  backend: text.default('osctrl'),
  instance_id: z.unknown().optional(),
  target_hosts: z.union([text, z.array(z.union([text, z.array(text)]))], { error: 'must be a list of host names' }).optional(),
  template: text.optional(),
  template_params: z.record(z.string(), z.unknown()).default({}),
  timeout_seconds: z.unknown().optional(),
  verify_tls: flag.default(true),
  base_url: text.optional(),
  environment: text.optional(),
  api_token: text.optional(),
  username: text.optional(),
  password: text.optional(),
});
type Params = z.infer<typeof paramsShape>;

const stepShape = z.looseObject({
  params: z.record(z.string(), z.unknown(), { error: 'params are missing: backend, template, target_hosts ... stand below `params:`' }),
  on_failure: z.enum(['abort', 'continue', 'retry']).default('abort'),
  timeout_seconds: z.int().min(1).max(MAX_WAIT_S).optional(),
});

const off = (label: string, what: string): Problem => new Problem('usage', `Step '${label}': ${what}. Nothing was sent.`);

function checked<T>(label: string, shape: z.ZodType<T>, value: unknown, prefix: readonly string[] = []): T {
  const parsed = shape.safeParse(value);
  const issue = parsed.error?.issues[0];
  if (!issue) return parsed.data as T;
  const where = [...prefix, ...issue.path].map(String).join('.');
  throw off(label, clean(where === '' ? issue.message : `${where}: ${issue.message}`, 300));
}

/** What is empty counts as not given. */
const given = (value: string | undefined): string | undefined => (value?.trim() ? value.trim() : undefined);

function secretOf(label: string, key: string, value: string | undefined): string | undefined {
  const secret = value?.replace(/\r?\n$/, '');
  if (secret === undefined || secret.trim() === '') return undefined;
  if (/\p{Cc}/u.test(secret)) throw off(label, `params.${key} holds more than one line, or control characters`);
  return secret;
}

function backendOf(label: string, params: Params): Backend {
  const { backend, verify_tls: verifyTls } = params;
  if (backend === 'direct' || backend === 'aisoc_direct') return { kind: 'direct' };
  if (backend !== 'osctrl' && backend !== 'fleetdm') {
    throw off(label, `Unknown osquery backend: '${clean(backend, 80)}'. There are osctrl, fleetdm, direct and aisoc_direct`);
  }
  const baseUrl = given(params.base_url);
  if (baseUrl === undefined) throw off(label, `params.base_url is missing: the address of ${backend}`);
  const token = secretOf(label, 'api_token', params.api_token);
  if (backend === 'osctrl') {
    if (token === undefined) throw off(label, 'params.api_token is missing: osctrl takes nothing else to log in');
    return { kind: 'osctrl', baseUrl, environment: given(params.environment) ?? DEFAULT_ENVIRONMENT, secret: token, verifyTls };
  }
  if (token !== undefined) return { kind: 'fleetdm', baseUrl, email: undefined, secret: token, verifyTls };
  const [email, password] = [given(params.username), secretOf(label, 'password', params.password)];
  if (email === undefined || password === undefined) throw off(label, 'params.api_token, or username and password, is missing');
  return { kind: 'fleetdm', baseUrl, email, secret: password, verifyTls };
}

function requestOf(label: string, params: Params): LaunchRequest {
  const template = given(params.template);
  const sql = SQL_KEYS.find(key => given(typeof params[key] === 'string' ? params[key] : undefined) !== undefined);
  if (sql !== undefined) throw new AllowlistError(`Step '${label}': params.${sql}: raw SQL is never sent. Name a template.`);
  if (template === undefined) throw off(label, "osquery_live_query: 'template' param is required");
  const pairs = Object.entries(params.template_params).map(([name, value]) => {
    const known = scalar.safeParse(value);
    if (!known.success) throw new AllowlistError(`Step '${label}': parameter '${clean(name, 80)}' must be text, a number or a boolean.`);
    return [name, String(known.data)] as const;
  });
  return { template, params: Object.fromEntries(pairs) };
}

/** `target_hosts`, or the host that the alert is about. Exact names only: an alert must not be able to mean every host. */
function hostsOf(label: string, params: Params, values: Values): string[] {
  const { target_hosts: named } = params;
  const alerted = [values.value('alert.host_id'), values.value('alert.host')].find(value => typeof value === 'string' && value !== '');
  const names = named === undefined ? (typeof alerted === 'string' ? [alerted] : []) : [named].flat(2);
  const hosts = [...new Set(names.map(name => name.trim()))];
  if (hosts.length === 0) throw off(label, 'params.target_hosts is missing, and there is no alert that names a host');
  if (hosts.includes('')) throw off(label, 'params.target_hosts has an empty name');
  const glob = hosts.find(isGlob);
  if (glob !== undefined) throw off(label, `params.target_hosts: '${clean(glob, 80)}' is a pattern; hosts must be named one by one`);
  return hosts;
}

function remarksOn(step: Record<string, unknown>, params: Params, withoutBackend: boolean): string[] {
  const unknown = Object.keys(params).filter(key => !Object.hasOwn(paramsShape.shape, key));
  const ignored = params.backend === 'aisoc_direct' && given(params.base_url) !== undefined && !withoutBackend;
  return [
    ...(unknown.length > 0 ? [`not understood and passed over: params.${unknown.map(key => clean(key, 40)).join(', params.')}`] : []),
    ...(step.condition === undefined ? [] : ['its condition is not looked at: it runs']),
    ...(params.verify_tls || withoutBackend ? [] : ['TLS is not verified: whoever is in between can read and change everything']),
    ...(ignored ? ['aisoc_direct is the direct endpoint of this machine: base_url is not used'] : []),
  ];
}

/** Names of all secrets that the steps ask for. */
export const secretsOf = (found: readonly FoundStep[]): string[] => [...new Set(found.flatMap(({ step }) => secretsIn(step.params)))];

function unresolvedProblem(label: string, marks: readonly string[]): Problem {
  const secret = marks.flatMap(mark => secretsIn(mark))[0];
  const hints = [
    ...(secret === undefined ? [] : [`set ${secretVariable(secret)}`]),
    ...(marks.some(mark => secretsIn(mark).length === 0) ? ['give --var KEY=VALUE or --alert FILE'] : []),
  ];
  return off(label, `no value for ${marks.join(', ')}: ${hints.join(', or ')}`);
}

/** The environment variable of a secret. */
export const secretVariable = (name: string): string => `ROLLCALL_SECRET_${name.replaceAll('-', '_').toUpperCase()}`;

/**
 * Fills a step in and checks it. Throws a 'usage' Problem that names what is off: a mark without a value, a secret where it
 * would be shown, a missing or wrong key. Throws `AllowlistError` for raw SQL.
 */
export function readStep({ label, step }: FoundStep, { values, withoutBackend, maxTimeout }: StepOptions): Step {
  const { params: written, on_failure: onFailure } = checked(label, stepShape, step);
  const { value, unresolved, misplaced } = fillIn(written, values, SECRET_KEYS);
  if (misplaced.length > 0) {
    throw off(label, `a secret may stand in ${SECRET_KEYS.join(', ')} only, not in params.${clean(misplaced.join(', params.'), 200)}`);
  }
  if (unresolved.length > 0) throw unresolvedProblem(label, unresolved);
  const filled = Object.fromEntries(Object.entries(value as object).filter(([, part]) => part !== null));
  const params = checked(label, paramsShape, filled, ['params']);
  return {
    label,
    request: requestOf(label, params),
    hosts: hostsOf(label, params, values),
    timeoutS: clampTimeout(params.timeout_seconds, maxTimeout),
    goesOn: onFailure === 'continue',
    backend: withoutBackend ? undefined : backendOf(label, params),
    remarks: remarksOn(step, params, withoutBackend),
  };
}

/** Values of names that are no secrets: `--var` first, then the alert, itself called `alert`. */
export function namedValues(vars: ReadonlyMap<string, string>, alert: unknown): (name: string) => unknown {
  const whole = isObject(alert) ? alert : {};
  const root = { ...whole, alert: isObject(whole.alert) ? whole.alert : whole };
  return name => vars.get(name) ?? valueAt(root, name);
}
