/** Proves address, TLS, token and environment, and says what the account may do. */
import type { SourceReport } from '../../core/ports.ts';
import { clean } from '../../core/sanitize.ts';
import { isoUtc, shortAge } from '../../core/time.ts';
import { type Account, GENERATION_TEXT, type Session } from './session.ts';

const CHECKING = 'checking the account';
const SKEW_MS = 60_000;
const TOKEN_SOON_MS = 7 * 86_400_000;

/** 200, or 403 for a right that is missing; an unknown environment or a bad token throws. */
async function probe(session: Session, path: string, signal: AbortSignal): Promise<boolean> {
  const reply = await session.api.read(path, CHECKING, signal, { also: [403, 404] });
  if (reply.headers.location) throw session.api.refusal(reply, CHECKING);
  // 404 is "no queries" or "no nodes" in 0.5.1, an unknown environment in newer ones.
  if (reply.status === 404 && !/no (queries|nodes)/.test(reply.text)) throw session.api.refusal(reply, CHECKING);
  return reply.status !== 403;
}

/** Undefined rights are those that only the deed can show. */
function rights({ list, run, cancel }: Account): { can: string[]; cannot: string[] } {
  const all: ReadonlyArray<readonly [text: string, allowed: boolean | undefined]> = [
    ['list hosts', list],
    ['run live queries', run],
    ['cancel live queries', cancel],
  ];
  return {
    can: all.flatMap(([text, allowed]) => (allowed === true ? [text] : [])),
    cannot: all.flatMap(([text, allowed]) => (allowed === false ? [text] : [])),
  };
}

function remarksOn(session: Session, account: Account): string[] {
  const { skewMs = 0, clock } = session.api;
  const remarks: string[] = [];
  if (Math.abs(skewMs) > SKEW_MS) {
    const way = skewMs > 0 ? 'behind' : 'ahead of';
    remarks.push(`This machine's clock is ${shortAge(Math.abs(skewMs))} ${way} the server's: times in the feed are the server's.`);
  }
  const expires = account.tokenExpires;
  const left = expires === null ? Number.POSITIVE_INFINITY : expires - clock.now() - skewMs;
  if (expires !== null && left < TOKEN_SOON_MS) remarks.push(`The token expires in ${shortAge(left)}, at ${isoUtc(expires)}.`);
  if (account.cancel === undefined) remarks.push('Whether the account may cancel live queries will show when it tries.');
  if (account.list === false) remarks.push('Hosts can be named by uuid only: this account may not list them.');
  return remarks;
}

export async function checkAccount(session: Session, signal: AbortSignal): Promise<SourceReport> {
  session.forget();
  const { generation, env } = await session.server(signal);
  const known = await session.account(signal);
  const list = await probe(session, generation === '0.5.1' ? `/nodes/${env}/active` : `/nodes/${env}?page=1&page_size=1`, signal);
  const run = await probe(
    session,
    generation === '0.5.1' ? `/queries/${env}/list/active` : `/queries/${env}/list/active?page=1&page_size=1`,
    signal,
  );
  // The node lists and the actions of 0.5.1 both take the admin right; it does not tell rights otherwise.
  const account: Account = { ...known, list, run, cancel: generation === '0.5.1' ? list : known.cancel };
  if (!list && !run) {
    const meaning = 'authentication failed; check api_token. Its account needs at least the query right there.';
    throw session.api.problem('auth', CHECKING, 'lets this account do nothing in our environment (HTTP 403)', meaning);
  }
  const remarks = remarksOn(session, account);
  const name = clean(known.name, 80) || 'unknown (this version does not tell)';
  return { version: `osctrl ${GENERATION_TEXT[generation]}`, account: name, ...rights(account), remarks };
}
