/** HTTP with osctrl-api: bearer token, retries of reads, problems in plain words (contracts/osctrl.md 1). */
import type { z } from 'zod';
import type { Clock, Http, HttpReply, HttpRequest, SecretSource } from '../../core/ports.ts';
import { Problem, type ProblemKind, type ProblemOptions } from '../../core/problem.ts';
import { exchangeProblem, isJson, notApiProblem, parseJson, problemAt, readShape, replyProblem, serverWords } from '../http-problem.ts';
import { retrying } from '../retry.ts';
import { claimsShape, pageShape } from './shapes.ts';

export type ApiDeps = {
  readonly source: string;
  readonly http: Http;
  readonly clock: Clock;
  readonly secret: SecretSource;
};

export type ReadOptions = {
  /** Tries in all, and ms for them all: see `retrying`. */
  readonly attempts?: number;
  readonly budgetMs?: number;
  readonly maxBytes?: number;
  /** Statuses that are answers too, besides 200. */
  readonly also?: readonly number[];
  /** Without the token. */
  readonly anonymous?: boolean;
};

export type Page = {
  readonly items: readonly unknown[];
  readonly total: number /** Items too large to be read. */;
  readonly skipped: number;
};

const EXCHANGE_MS = 20_000;
const PAGE_BYTES = 16 * 2 ** 20;
const ITEM_BYTES = 64 * 2 ** 20;

/** An unknown environment is a 404, a 400 or a 500, told by its text (contracts/osctrl.md 1). */
const isUnknownEnvironment = (reply: HttpReply): boolean =>
  reply.status >= 400 && /^(environment not found|error getting environment)$/.test(serverWords(reply));

/** How 0.5.1 refuses a token: 403, HTML and this Location (contracts/osctrl.md 8). */
const isForbiddenPage = (reply: HttpReply): boolean => reply.headers.location === '/forbidden';

export class OsctrlApi {
  readonly source: string;
  readonly clock: Clock;
  /** Server's clock minus ours in ms, from the Date header (whole seconds); undefined before the first answer. */
  skewMs: number | undefined;
  /** Names of the environments that exist, where they could be read: for the message about a wrong one. */
  environments: readonly string[] = [];
  /** Called when JSON has a shape that this generation does not have: the server may have been upgraded. */
  onUnknownShape: () => void = () => undefined;
  readonly #http: Http;
  readonly #secret: SecretSource;
  readonly #environment: string;
  #token: string | undefined;

  constructor({ source, http, clock, secret }: ApiDeps, environment: string) {
    this.source = source;
    this.clock = clock;
    this.#http = http;
    this.#secret = secret;
    this.#environment = environment;
  }

  problem(kind: ProblemKind, doing: string, what: string, meaning: string, options?: ProblemOptions): Problem {
    return problemAt(kind, this.#at(doing), what, meaning, options);
  }

  /**
   * One exchange with the token, any status; never repeated, except that a 401 reads the token anew and tries a changed
   * one once: a refused request has done nothing. Throws `Problem` when there is no answer.
   */
  async exchange(request: HttpRequest, doing: string, signal: AbortSignal): Promise<HttpReply> {
    this.#token ??= await this.#readToken();
    const reply = await this.#send(request, doing, signal, this.#token);
    if (reply.status !== 401) return reply;
    const fresh = await this.#readToken();
    if (fresh === this.#token) return reply;
    this.#token = fresh;
    return this.#send(request, doing, signal, fresh);
  }

  /** What an unwanted reply means. */
  refusal(reply: HttpReply, doing: string): Problem {
    if (isUnknownEnvironment(reply)) return this.#unknownEnvironment(doing);
    if (isForbiddenPage(reply)) {
      return this.problem('auth', doing, `answered HTTP ${reply.status} (/forbidden)`, 'authentication failed; check api_token.');
    }
    return replyProblem(reply, this.#at(doing), this.clock.now());
  }

  /** What the token (a JWT) says of its user; 0.5.1 has no route for that. Nobody vouches for it. */
  async tokenClaims(): Promise<{ name: string; tokenExpires: number | null }> {
    const [, payload = ''] = (await this.#readToken()).split('.');
    const claims = claimsShape.safeParse(parseJson(Buffer.from(payload, 'base64url').toString())).data;
    return { name: claims?.username ?? '', tokenExpires: claims?.exp === undefined ? null : claims.exp * 1_000 };
  }

  /** GET, retried. Throws `Problem` for every status that is neither 200 nor among `also`. */
  read(path: string, doing: string, signal: AbortSignal, options: ReadOptions = {}): Promise<HttpReply> {
    return this.#retried({ path }, doing, signal, options, reply => reply);
  }

  /** Like `read`, for a POST that does no harm when it is repeated. */
  post(path: string, doing: string, signal: AbortSignal, options: ReadOptions = {}): Promise<HttpReply> {
    return this.#retried({ method: 'POST', path }, doing, signal, options, reply => reply);
  }

  /** GET of JSON, retried. Text that is no JSON is a passing fault, another shape a lasting one. */
  json<T>(path: string, schema: z.ZodType<T>, doing: string, signal: AbortSignal, options: ReadOptions = {}): Promise<T> {
    return this.#retried({ path }, doing, signal, options, reply => this.parse(reply, schema, doing));
  }

  parse<T>(reply: HttpReply, schema: z.ZodType<T>, doing: string): T {
    try {
      if (!isJson(reply)) throw notApiProblem(reply, this.#at(doing));
      return readShape(reply.text, schema, this.#at(doing));
    } catch (thrown) {
      if (thrown instanceof Problem && !thrown.transient) this.onUnknownShape();
      throw thrown;
    }
  }

  /**
   * Items of a paged route. A page that is too large is read again in smaller ones; one item that is too large is counted
   * and passed over. `sizes` falls, each a multiple of the next, the last is 1.
   */
  async *pages(
    path: string,
    doing: string,
    signal: AbortSignal,
    sizes: readonly number[],
    options: ReadOptions = {},
  ): AsyncGenerator<Page> {
    const join = path.includes('?') ? '&' : '?';
    const last = sizes.length - 1;
    let level = 0;
    for (let offset = 0, total = Number.POSITIVE_INFINITY; offset < total; ) {
      const size = sizes[level] ?? 1;
      const maxBytes = level === last ? ITEM_BYTES : PAGE_BYTES;
      try {
        const url = `${path}${join}page=${offset / size + 1}&page_size=${size}`;
        const page = await this.json(url, pageShape, doing, signal, { ...options, maxBytes });
        total = page.total_items;
        yield { items: page.items ?? [], total, skipped: 0 };
        if ((page.items?.length ?? 0) < size) return;
      } catch (thrown) {
        if (!(thrown instanceof Problem) || thrown.detail !== 'too large') throw thrown;
        if (level < last) {
          level += 1;
          continue;
        }
        yield { items: [], total, skipped: 1 };
      }
      offset += size;
      if (offset % (sizes[0] ?? 1) === 0) level = 0;
    }
  }

  #at(doing: string) {
    return { source: this.source, server: 'osctrl', doing };
  }

  async #readToken(): Promise<string> {
    const token = (await this.#secret.read()).trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
    const meaning = 'it is empty or holds characters that no token has. Check where api_token comes from.';
    throw new Problem('usage', `The token of '${this.source}' cannot be sent: ${meaning}`, { source: this.source });
  }

  #unknownEnvironment(doing: string): Problem {
    const known = this.environments.length > 0 ? ` Known: ${this.environments.join(', ')}.` : '';
    const meaning = `check its spelling, upper and lower case included.${known}`;
    return this.problem('usage', doing, `has no environment '${this.#environment}'`, meaning);
  }

  async #send(request: HttpRequest, doing: string, signal: AbortSignal, token: string | undefined): Promise<HttpReply> {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { accept: 'application/json', ...authorization };
    try {
      const reply = await this.#http.send({ timeoutMs: EXCHANGE_MS, ...request, path: `/api/v1${request.path}`, headers }, signal);
      const date = Date.parse(reply.headers.date ?? '');
      if (!Number.isNaN(date)) this.skewMs = date - this.clock.now();
      return reply;
    } catch (thrown) {
      throw exchangeProblem(thrown, this.#at(doing));
    }
  }

  #retried<T>(asked: HttpRequest, doing: string, signal: AbortSignal, options: ReadOptions, use: (reply: HttpReply) => T): Promise<T> {
    const { also = [], maxBytes, anonymous, ...bounds } = options;
    return retrying(
      async ({ leftMs }) => {
        const limits = { timeoutMs: Math.min(EXCHANGE_MS, leftMs), ...(maxBytes === undefined ? {} : { maxBytes }) };
        const request = { ...asked, ...limits };
        const reply = anonymous ? await this.#send(request, doing, signal, undefined) : await this.exchange(request, doing, signal);
        if (reply.status !== 200 && !also.includes(reply.status)) throw this.refusal(reply, doing);
        return use(reply);
      },
      { clock: this.clock, signal, ...bounds },
    );
  }
}
