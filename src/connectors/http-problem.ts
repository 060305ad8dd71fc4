/** What servers do wrong, as `Problem`s in plain words. Shared by the connectors that talk HTTP. */
import type { z } from 'zod';
import type { HttpReply } from '../core/ports.ts';
import { Problem, type ProblemKind, type ProblemOptions } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';

/** Who was asked for what: "osctrl 'prod' … while listing the hosts". */
export type Exchange = {
  /** The source's name, as configured. */
  readonly source: string;
  /** The server's product name. */
  readonly server: string;
  /** What was being done, with -ing: "listing the hosts". */
  readonly doing: string;
};

const MAX_WORDS = 200;
const MAX_RETRY_AFTER_MS = 3_600_000;

/** `osctrl 'prod' <what> while <doing>`; `what` begins with a verb and `meaning` says what it means and what to do. */
export function problemAt(kind: ProblemKind, at: Exchange, what: string, meaning: string, options: ProblemOptions = {}): Problem {
  return new Problem(kind, `${at.server} '${at.source}' ${what} while ${at.doing}: ${meaning}`, { source: at.source, ...options });
}

/** ms to wait by a Retry-After header (seconds or an HTTP date), at most an hour; undefined when there is none. */
export function retryAfterMs(headers: HttpReply['headers'], now: number): number | undefined {
  const value = headers['retry-after']?.trim();
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

export const isJson = (reply: HttpReply): boolean => /^application\/([\w.-]+\+)?json\b/i.test(reply.headers['content-type'] ?? '');

/** Any JSON value of a text, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The error text in a reply (`{"error": …}`, `{"message": …}` or a short plain text), printable and cut; may be empty. */
export function serverWords(reply: HttpReply): string {
  const body = parseJson(reply.text);
  if (typeof body === 'object' && body !== null) {
    const { error, message } = body as { error?: unknown; message?: unknown };
    const words = [error, message].find(text => typeof text === 'string' && text !== '');
    return typeof words === 'string' ? clean(words, MAX_WORDS) : '';
  }
  return /^\s*</.test(reply.text) ? '' : clean(reply.text.trim(), MAX_WORDS);
}

/** Shape of a value without its contents, for the log: `{items: [{id: number, uuid: string}], page: number}`. */
export function shapeOf(value: unknown, depth = 3): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${shapeOf(value[0], depth - 1)}, ${value.length} in all]`;
  if (depth === 0) return '{…}';
  const entries = Object.entries(value);
  const shown = entries.slice(0, 24).map(([name, inner]) => `${clean(name, 60)}: ${shapeOf(inner, depth - 1)}`);
  return `{${shown.join(', ')}${entries.length > shown.length ? ', …' : ''}}`;
}

function statusMeaning(status: number): [kind: ProblemKind, meaning: string, transient: boolean] {
  if (status === 401) return ['auth', 'authentication failed; check api_token.', false];
  if (status === 403) return ['auth', 'authentication failed; check api_token, and what its account may do.', false];
  if (status === 429) return ['unreachable', 'it asks us to wait. Try again later.', true];
  if (status === 408 || status >= 500)
    return ['unreachable', 'the server has a fault, or what stands before it has. Try again later.', true];
  if (status >= 300 && status < 400) return ['unreachable', 'redirects are not followed. Check base_url.', false];
  return ['unreachable', 'this is not the API we know. Check base_url and the server’s version.', false];
}

/** A reply that is not the wanted one, by its status. `now` (epoch ms) is for a Retry-After that is a date. */
export function replyProblem(reply: HttpReply, at: Exchange, now: number): Problem {
  const words = serverWords(reply);
  const [kind, meaning, transient] = statusMeaning(reply.status);
  const wait = retryAfterMs(reply.headers, now);
  return problemAt(kind, at, `answered HTTP ${reply.status}${words ? ` (${words})` : ''}`, meaning, {
    transient,
    detail: `HTTP ${reply.status} ${words}`.trim(),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

/** A 200 that holds no JSON of this API: a proxy's page, a login form, another product, a cut connection. */
export function notApiProblem(reply: HttpReply, at: Exchange, what = 'answered with something that is not its API'): Problem {
  const type = clean(reply.headers['content-type'] ?? 'no content type', 80);
  return problemAt('unreachable', at, what, `${type}, ${reply.text.length} characters. Check base_url, and what stands between.`, {
    detail: `HTTP ${reply.status}, ${type}`,
  });
}

/** JSON of a known shape. Throws `Problem`: transient when the text is no JSON (cut off), lasting when the shape is unknown. */
export function readShape<T>(text: string, schema: z.ZodType<T>, at: Exchange): T {
  const value = parseJson(text);
  if (value === undefined) {
    throw problemAt('unreachable', at, 'sent broken JSON', `it ends early or is no JSON (${text.length} characters). Try again.`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = clean(issue?.path.join('.') || 'the top', 100);
  throw problemAt(
    'unreachable',
    at,
    'sent a shape we do not know',
    `at ${where}: ${clean(issue?.message ?? '', 120)}. Its version may be too new; or check base_url.`,
    {
      transient: false,
      detail: `unknown shape: ${shapeOf(value)}`,
    },
  );
}

/** A failed exchange, said of this server and task; anything else (an abort, our own fault) is given back as it is. */
export function exchangeProblem(thrown: unknown, at: Exchange): unknown {
  if (!(thrown instanceof Problem) || thrown.kind !== 'unreachable') return thrown;
  const { detail, transient } = thrown;
  return problemAt('unreachable', at, 'could not be asked', clean(thrown.message, 400), { detail, transient, cause: thrown });
}
