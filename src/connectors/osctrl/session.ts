/** What we know of a server before we ask it anything else: its generation, our environment, our account. */
import type { HttpReply } from '../../core/ports.ts';
import { clean } from '../../core/sanitize.ts';
import { isJson, serverWords } from '../http-problem.ts';
import type { OsctrlApi } from './api.ts';
import { accountShape, type Environment, environmentShape, listShape } from './shapes.ts';

/** Three APIs under one version prefix, and no version route (contracts/osctrl.md 8). */
export type Generation = 'head' | '0.5.2' | '0.5.1';

export const GENERATION_TEXT: Readonly<Record<Generation, string>> = {
  head: 'newer than 0.5.4',
  '0.5.2': '0.5.2 to 0.5.4',
  '0.5.1': '0.5.1 or older',
};

export type Server = {
  readonly generation: Generation;
  /** `{env}` of paths, encoded. */
  readonly env: string;
  /** Of our environment, where it could be found out. */
  readonly environment: Partial<Environment>;
};

/** Rights in our environment; undefined where the server does not tell. */
export type Account = {
  readonly name: string;
  readonly list: boolean | undefined;
  readonly run: boolean | undefined;
  readonly cancel: boolean | undefined;
  /** Epoch ms. */
  readonly tokenExpires: number | null;
};

const UNKNOWN_ACCOUNT: Account = { name: '', list: undefined, run: undefined, cancel: undefined, tokenExpires: null };
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

export const isUuid = (text: string): boolean => UUID.test(text);

/** What osctrl up to 0.5.2 answers to a GET of any route that it does not have. */
const isCheckMark = (reply: HttpReply): boolean => reply.status === 200 && reply.text.trim() === '✅';

/** Rights may change while the console is open. */
const ACCOUNT_MS = 5 * 60_000;

const PROBING = 'finding out its version';

export class Session {
  readonly api: OsctrlApi;
  readonly #environment: string;
  #server: Server | undefined;
  #account: { readonly is: Account; readonly at: number } | undefined;

  constructor(api: OsctrlApi, environment: string) {
    this.api = api;
    this.#environment = environment;
    api.onUnknownShape = () => this.forget();
  }

  /** Asks anew next time: the server may have been upgraded, the account changed. */
  forget(): void {
    this.#server = undefined;
    this.#account = undefined;
  }

  async server(signal: AbortSignal): Promise<Server> {
    this.#server ??= await this.#probe(signal);
    return this.#server;
  }

  async account(signal: AbortSignal): Promise<Account> {
    const known = this.knownAccount;
    if (known) return known;
    const is = await this.#whoAmI(signal);
    this.#account = { is, at: this.api.clock.now() };
    return is;
  }

  /** What `account` learnt in the last minutes, without asking. */
  get knownAccount(): Account | undefined {
    const { is, at } = this.#account ?? { at: Number.NEGATIVE_INFINITY };
    return this.api.clock.now() - at < ACCOUNT_MS ? is : undefined;
  }

  async #probe(signal: AbortSignal): Promise<Server> {
    const environments = await this.#listEnvironments(signal);
    if (environments === 'old') return this.#probeOld(signal);
    const features = await this.api.read('/features', PROBING, signal, { also: [403, 404] });
    const generation = features.status === 200 && isJson(features) ? 'head' : '0.5.2';
    const environment = this.#find(environments);
    // The server compares UUIDs by their letters' case.
    const env = isUuid(this.#environment) ? environment.uuid : undefined;
    return { generation, env: encodeURIComponent(env ?? this.#environment), environment };
  }

  /** The list needs no token but is rate-limited: a 429 must not stop us, so then a route of the newer versions decides. */
  async #listEnvironments(signal: AbortSignal): Promise<readonly Environment[] | 'old'> {
    const reply = await this.api.read('/login/environments', PROBING, signal, { anonymous: true, also: [403, 404, 429] });
    if (isCheckMark(reply)) return 'old';
    if (reply.status === 200) return this.#readEnvironments(this.api.parse(reply, listShape, PROBING));
    const me = await this.api.read('/users/me', PROBING, signal, { also: [500] });
    return isCheckMark(me) || serverWords(me) === 'error getting user' ? 'old' : [];
  }

  /** `{env}` of 0.5.1 is a UUID; its node list mixes all environments, so the name is needed too (contracts/osctrl.md 13). */
  async #probeOld(signal: AbortSignal): Promise<Server> {
    const doing = 'looking for its environment';
    if (isUuid(this.#environment)) {
      const env = encodeURIComponent(this.#environment);
      const reply = await this.api.read(`/environments/${env}`, doing, signal, { also: [403] });
      if (reply.headers.location) throw this.api.refusal(reply, doing);
      const known = reply.status === 200 ? this.api.parse(reply, environmentShape, doing) : { uuid: this.#environment };
      return { generation: '0.5.1', env, environment: known };
    }
    const reply = await this.api.read('/environments', doing, signal, { also: [403] });
    if (reply.headers.location) throw this.api.refusal(reply, doing);
    const known = reply.status === 200 ? this.#readEnvironments(this.api.parse(reply, listShape, doing)) : [];
    const found = this.#find(known);
    if (found.uuid !== undefined) return { generation: '0.5.1', env: encodeURIComponent(found.uuid), environment: found };
    const list = known.length > 0 ? ` Known: ${known.map(({ name, uuid }) => `${clean(name, 60)} = ${clean(uuid, 60)}`).join(', ')}.` : '';
    const meaning = `0.5.1 and older know an environment by its UUID only: give that.${list}`;
    throw this.api.problem('usage', doing, `cannot be asked for environment '${this.#environment}'`, meaning);
  }

  #readEnvironments(list: readonly unknown[]): Environment[] {
    const read = list.flatMap(item => environmentShape.safeParse(item).data ?? []);
    this.api.environments = read.map(({ name }) => clean(name, 60));
    return read;
  }

  #find(environments: readonly Environment[]): Partial<Environment> {
    const wanted = this.#environment;
    const found = environments.find(({ name, uuid }) => name === wanted || uuid.toLowerCase() === wanted.toLowerCase());
    return found ?? (isUuid(wanted) ? { uuid: wanted } : {});
  }

  async #whoAmI(signal: AbortSignal): Promise<Account> {
    const { generation, environment } = await this.server(signal);
    if (generation === '0.5.1') return { ...UNKNOWN_ACCOUNT, ...(await this.api.tokenClaims()) };
    const me = await this.api.json('/users/me', accountShape, 'asking who we are', signal);
    const common = { name: me.username, tokenExpires: me.token_expire };
    if (me.admin) return { ...common, list: true, run: true, cancel: true };
    if (environment.uuid === undefined) return { ...UNKNOWN_ACCOUNT, ...common };
    const { user = false, query = false, admin = false } = me.permissions?.[environment.uuid] ?? {};
    return { ...common, list: user || admin, run: query || admin, cancel: admin };
  }
}
