/**
 * Creating a query so that it can reach no more hosts than were picked (contracts/osctrl.md 0, 5). osctrl takes a missing
 * target list for the whole fleet, and combines lists in surprising ways.
 */
import type { Host } from '../../core/model.ts';
import type { HttpReply, LaunchOptions } from '../../core/ports.ts';
import { isAbort, Problem } from '../../core/problem.ts';
import { clean } from '../../core/sanitize.ts';
import { parseJson, serverWords } from '../http-problem.ts';
import { type Attempt, mismatch, recover, undo } from './orphan.ts';
import { showQuery } from './queries.ts';
import type { Session } from './session.ts';
import { createdShape } from './shapes.ts';

const STARTING = 'starting the query';
const HOUR_MS = 3_600_000;
/** osctrl looks up and writes each target by itself: 1,000 take 0.2 s, on a busy server ten times that. */
const CREATE_MS = 20_000;
const CREATE_MS_PER_HOST = 5;
const VERIFY = { budgetMs: 15_000 };

/** The hosts that a run asks: all picked, or without the offline ones. Each once. */
export function addressed(hosts: readonly Host[], { offline }: LaunchOptions): Host[] {
  const byId = new Map(hosts.map(host => [host.id, host]));
  return [...byId.values()].filter(host => offline === 'wait' || host.status !== 'offline');
}

/** Whole hours, at least one: with 0 or a fraction osctrl hands the query to nobody. One minute to spare for slow hosts. */
const expHours = (timeoutMs: number): number => Math.max(1, Math.ceil((timeoutMs + 60_000) / HOUR_MS));

function notAllowed({ api }: Session, name: string): Problem {
  const meaning = 'the account needs the query right in this environment.';
  return api.problem('auth', STARTING, `lets no queries be run by '${clean(name, 80)}'`, meaning);
}

/** `known`: names of queries that are not this one. Returns the name of the created query, checked. Throws `Problem`. */
export async function createQuery(
  session: Session,
  sql: string,
  hosts: readonly Host[],
  options: LaunchOptions,
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string> {
  const { api } = session;
  const uuids = addressed(hosts, options).map(host => host.uuid);
  if (uuids.length === 0 || uuids.includes('')) {
    throw api.problem('usage', STARTING, 'was not asked', 'there is no host to ask, and osctrl takes an empty list for the whole fleet.');
  }
  const account = await session.account(signal);
  if (account.run === false) throw notAllowed(session, account.name);
  if (signal.aborted) throw new DOMException('Stopped.', 'AbortError');

  const attempt: Attempt = { session, order: { sql, uuids, creator: account.name }, sentAt: api.clock.now(), known };
  const sent = await send(attempt, expHours(options.timeoutMs));
  return 'name' in sent ? verified(attempt, sent.name, signal) : adopted(attempt, sent.problem, signal);
}

/** Whether a reply proves that osctrl did not take the order. Any other 5xx may come after the creation. */
const wasRefused = (reply: HttpReply): boolean =>
  (reply.status >= 300 && reply.status < 500) || /^error (getting environment|parsing POST body)$/.test(serverWords(reply));

/** A failed exchange that cannot have reached the server. */
const neverSent = (thrown: unknown): boolean => thrown instanceof Problem && /^(refused|dns|tls)$/.test(thrown.detail);

/** Nobody above may take a failed launch for one that can be repeated. */
function lasting(thrown: unknown): unknown {
  if (!(thrown instanceof Problem) || !thrown.transient) return thrown;
  const { kind, message, detail, source = '' } = thrown;
  return new Problem(kind, message, { source, detail, transient: false, cause: thrown });
}

/**
 * Sends the order, once. Without the caller's signal: a request that is cut half-way may or may not have started the
 * query. `problem`: nobody knows whether it was taken. Throws when it surely was not.
 */
async function send({ session, order }: Attempt, hours: number): Promise<{ name: string } | { problem: Problem }> {
  const { api } = session;
  const uncut = new AbortController().signal;
  try {
    const { env } = await session.server(uncut);
    const body = { query: order.sql, uuid_list: order.uuids, exp_hours: hours };
    const timeoutMs = CREATE_MS + CREATE_MS_PER_HOST * order.uuids.length;
    const reply = await api.exchange({ method: 'POST', path: `/queries/${env}`, body, timeoutMs }, STARTING, uncut);
    if (wasRefused(reply)) throw lasting(api.refusal(reply, STARTING));
    if (reply.status !== 200) return { problem: api.refusal(reply, STARTING) };
    const created = createdShape.safeParse(parseJson(reply.text)).data;
    return created
      ? { name: created.query_name }
      : { problem: api.problem('unreachable', STARTING, 'named no query', 'its answer is not known.') };
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.kind !== 'unreachable' || !thrown.transient || neverSent(thrown)) throw lasting(thrown);
    return { problem: thrown };
  }
}

/** The caller has stopped: what may have been made is taken back. */
async function abandon(attempt: Attempt, name: string | undefined): Promise<never> {
  const uncut = new AbortController().signal;
  const made = name ?? (await recover(attempt, false, uncut).catch(() => undefined))?.name;
  if (made !== undefined) await undo(attempt.session, made, uncut);
  throw new DOMException('Stopped.', 'AbortError');
}

async function verified(attempt: Attempt, name: string, signal: AbortSignal): Promise<string> {
  const { session, order } = attempt;
  let fault: string | undefined;
  try {
    const query = await showQuery(session, name, signal, VERIFY);
    fault = query ? mismatch(query, order) : 'the server does not know it';
  } catch (thrown) {
    if (isAbort(thrown)) return abandon(attempt, name);
    fault = `it could not be looked at (${thrown instanceof Problem ? thrown.message : String(thrown)})`;
  }
  if (fault === undefined) return name;
  const end = await undo(session, name, signal);
  throw session.api.problem('unreachable', STARTING, 'made another query than was ordered', `${fault}. ${end}`, { transient: false });
}

async function adopted(attempt: Attempt, problem: Problem, signal: AbortSignal): Promise<string> {
  const { api } = attempt.session;
  const options = { transient: false, detail: problem.detail, cause: problem };
  const why = problem.cause instanceof Problem ? problem.cause.message : problem.message;
  const untargeted = /error creating query$/.test(problem.detail);
  const found = await recover(attempt, untargeted, signal).catch(async (thrown: unknown) => {
    if (isAbort(thrown)) return abandon(attempt, undefined);
    const meaning = `${why} The query may or may not run now; it was not sent again. Look on the server before you try anew.`;
    throw api.problem('unreachable', STARTING, 'gave no clear answer', meaning, options);
  });
  if (found.name !== undefined) return found.name;
  const reason = untargeted ? 'often it does not know one of the hosts any more: list them again.' : why;
  const rest = found.leftover || 'It lists no such query, but one may still appear; it was not sent again.';
  throw api.problem('unreachable', STARTING, 'failed', `${reason} ${rest}`, options);
}
