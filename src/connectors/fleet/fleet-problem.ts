/** Fleet's refusals in plain words, by the table of contracts/fleet.md 2. */
import type { HttpReply } from '../../core/ports.ts';
import type { Problem } from '../../core/problem.ts';
import { clean } from '../../core/sanitize.ts';
import { type Exchange, parseJson, problemAt, replyProblem, retryAfterMs } from '../http-problem.ts';
import { errorBody } from './api.ts';

const MAX_WORDS = 300;

/** The text for people in an error body, whatever its content type says; empty when there is none. */
export function reasonIn(reply: HttpReply): string {
  const body = errorBody.safeParse(parseJson(reply.text));
  if (!body.success) return '';
  const { errors, message } = body.data;
  return clean(errors.find(({ reason }) => reason !== '')?.reason ?? message, MAX_WORDS);
}

export const WAYS_IN =
  'accounts with single sign-on or e-mail verification cannot log in with a password; for them use an API token (Fleet: My account, Get API token).';

const RESET = 'this account must set a new password first: log in once on Fleet’s web page, then try again.';

/** A reply other than 200 as a `Problem`. `now` (epoch ms) is for a Retry-After that is a date. */
export function fleetProblem(reply: HttpReply, at: Exchange, now: number): Problem {
  const reason = reasonIn(reply);
  const said = `answered HTTP ${reply.status}${reason ? ` (${reason})` : ''}`;
  const detail = `HTTP ${reply.status} ${reason}`.trim();
  const wait = retryAfterMs(reply.headers, now);
  switch (reply.status) {
    case 401:
      if (/password reset required/i.test(reason)) return problemAt('auth', at, said, RESET, { detail });
      return problemAt(
        'auth',
        at,
        said,
        'the token is unknown, expired or logged out. Give a new one (Fleet: My account, Get API token).',
        { detail },
      );
    case 402:
      return problemAt('auth', at, said, 'this needs Fleet Premium.', { detail });
    case 403:
      if (/permission denied/i.test(reason)) {
        return problemAt('auth', at, said, 'live queries are disabled in Fleet’s settings. An admin can enable them.', { detail });
      }
      return problemAt('auth', at, said, 'this account’s role may not do that. Ask a Fleet admin for a larger one.', { detail });
    case 408:
      return problemAt(
        'unreachable',
        at,
        said,
        'Fleet has lost its Redis; until it is back, log-ins and live queries fail. Try again later.',
        { detail },
      );
    case 429:
      return problemAt(
        'unreachable',
        at,
        said,
        `it limits the rate of requests${wait === undefined ? '' : `; try again in ${Math.ceil(wait / 1_000)} s`}.`,
        {
          detail,
          ...(wait === undefined ? {} : { retryAfterMs: wait }),
        },
      );
    case 500:
      if (reply.text.trim() === '')
        return problemAt('unreachable', at, said, 'Fleet has probably lost its database. Try again later.', { detail });
      return replyProblem(reply, at, now);
    case 400:
    case 422:
      if (/team is invalid|fleet is invalid/i.test(reason))
        return problemAt('usage', at, said, 'there is no such team here. Check team_id.', { detail });
      return problemAt('unreachable', at, said, 'it refuses this request as it is; its version may be too new or too old.', {
        detail,
        transient: false,
      });
    default:
      return replyProblem(reply, at, now);
  }
}

/** What a reply to a log-in says, when it is no log-in. */
export function loginProblem(reply: HttpReply, at: Exchange, now: number): Problem {
  const reason = reasonIn(reply);
  const said = `answered HTTP ${reply.status}${reason ? ` (${reason})` : ''}`;
  const detail = `HTTP ${reply.status} ${reason}`.trim();
  if (reply.status === 401) return problemAt('auth', at, said, `e-mail or password is wrong; ${WAYS_IN}`, { detail });
  if (reply.status === 202 || /MFA|email verification/i.test(reason)) {
    return problemAt('auth', at, 'wants to verify this log-in by e-mail', WAYS_IN, { detail });
  }
  return fleetProblem(reply, at, now);
}

/** A log-in that worked, for an account that may do nothing yet. */
export const resetProblem = (at: Exchange): Problem => problemAt('auth', at, 'accepts the password', RESET);
