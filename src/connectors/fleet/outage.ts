/** Tells a server that has lost its database from a token that is wrong. */
import type { Http } from '../../core/ports.ts';
import { isAbort, type Problem } from '../../core/problem.ts';
import { type Exchange, problemAt } from '../http-problem.ts';

const PROBE_MS = 5_000;

/**
 * To be asked after a 401: without its database Fleet cannot find the session and may answer "Authentication required",
 * while its health check, which needs no token, fails with a 5xx. The problem, or undefined when the server is well.
 */
export async function outage(http: Http, at: Exchange, signal: AbortSignal): Promise<Problem | undefined> {
  try {
    const { status } = await http.send({ path: '/healthz', timeoutMs: PROBE_MS }, signal);
    if (status < 500) return undefined;
    const said = `says that it is not healthy (HTTP ${status})`;
    return problemAt('unreachable', at, said, 'it has probably lost its database or its Redis. Try again later.', {
      detail: `HTTP ${status}`,
    });
  } catch (thrown) {
    if (isAbort(thrown)) throw thrown;
    return undefined;
  }
}
