/**
 * The bearer token of a source: an API token as it is, or the one of a log-in. Log-ins share one server-wide rate limit
 * (contracts/fleet.md 1.6), so a log-in serves every caller of this process and, sealed, later processes too.
 */
import type { Clock, Http, KeyValueStore, SecretSource } from '../../core/ports.ts';
import { Problem } from '../../core/problem.ts';
import { exchangeProblem, readShape } from '../http-problem.ts';
import { retrying } from '../retry.ts';
import { loginReply } from './api.ts';
import { loginProblem, resetProblem } from './fleet-problem.ts';
import { outage } from './outage.ts';
import { seal, unseal } from './sealed-token.ts';

export type SessionDeps = {
  readonly source: string;
  /** Undefined: the secret is an API token. Else it is this account's password. */
  readonly email: string | undefined;
  readonly baseUrl: string;
  readonly secret: SecretSource;
  readonly http: Http;
  readonly clock: Clock;
  readonly store: KeyValueStore;
};

/** A refused log-in is not tried again before this many ms: every try takes from everybody's limit. */
const REFUSED_FOR_MS = 60_000;
const LOGIN_BUDGET_MS = 20_000;
const LOGIN_ATTEMPTS = 3;

/** What the header of a bearer token may hold (RFC 6750). */
const TOKEN = /^[\w.~+/=-]+$/;

export class Session {
  readonly #deps: SessionDeps;
  readonly #closed = new AbortController();
  #token: string | undefined;
  #login: Promise<string> | undefined;
  #refused: { readonly problem: Problem; readonly until: number } | undefined;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /** The token to send. Throws a 'usage' Problem without a usable secret, 'auth' when a log-in is refused. */
  async token(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    if (this.#token !== undefined) return this.#token;
    this.#login ??= this.#obtain().finally(() => {
      this.#login = undefined;
    });
    return untilAborted(this.#login, signal);
  }

  /** Fleet refused this token. True when the next `token()` may give another: the session of a log-in can end. */
  refused(token: string): boolean {
    const { email, store } = this.#deps;
    if (email === undefined) return false;
    if (this.#token === token) {
      this.#token = undefined;
      store.delete(this.#space, email);
    }
    return true;
  }

  close(): void {
    this.#closed.abort();
  }

  get #space(): string {
    return `fleetdm.${this.#deps.source}.session`;
  }

  async #obtain(): Promise<string> {
    const { email, secret, store, baseUrl } = this.#deps;
    const given = await secret.read();
    if (email === undefined) return this.#keep(given);
    const about = `${baseUrl}\n${email}`;
    const sealed = store.get(this.#space, email);
    const known = sealed === undefined ? undefined : await unseal(sealed, given, about);
    if (known !== undefined) return this.#keep(known);
    const token = this.#keep(await this.#logIn(email, given));
    store.set(this.#space, email, await seal(token, given, about));
    return token;
  }

  #keep(token: string): string {
    if (!TOKEN.test(token)) {
      throw new Problem(
        'usage',
        `The API token of '${this.#deps.source}' is empty or holds characters that no token has. Check where it is read from.`,
      );
    }
    this.#token = token;
    return token;
  }

  async #logIn(email: string, password: string): Promise<string> {
    const { clock } = this.#deps;
    if (this.#refused && clock.now() < this.#refused.until) throw this.#refused.problem;
    try {
      const options = { clock, signal: this.#closed.signal, attempts: LOGIN_ATTEMPTS, budgetMs: LOGIN_BUDGET_MS };
      return await retrying(({ leftMs }) => this.#post(email, password, leftMs), options);
    } catch (thrown) {
      if (thrown instanceof Problem && thrown.kind === 'auth') this.#refused = { problem: thrown, until: clock.now() + REFUSED_FOR_MS };
      throw thrown;
    }
  }

  async #post(email: string, password: string, timeoutMs: number): Promise<string> {
    const { source, http, clock } = this.#deps;
    const at = { source, server: 'Fleet', doing: 'logging in' };
    const request = { method: 'POST', path: '/api/v1/fleet/login', body: { email, password }, timeoutMs } as const;
    const reply = await http.send(request, this.#closed.signal).catch(thrown => {
      throw exchangeProblem(thrown, at);
    });
    if (reply.status !== 200) {
      const broken = reply.status === 401 ? await outage(http, at, this.#closed.signal) : undefined;
      throw broken ?? loginProblem(reply, at, clock.now());
    }
    const { token, user } = readShape(reply.text, loginReply, at);
    if (user?.force_password_reset) throw resetProblem(at);
    if (token === '') throw loginProblem({ ...reply, status: 202 }, at, clock.now());
    return token;
  }
}

/** The promise's outcome, or an AbortError as soon as the signal stops it; the work itself goes on for its other users. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(new DOMException('Stopped.', 'AbortError'));
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
