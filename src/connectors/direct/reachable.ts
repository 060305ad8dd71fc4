/** Proves that an endpoint of this machine answers. */
import { get } from 'node:https';
import { Problem } from '../../core/problem.ts';
import { hostFor, type ListenAddress } from './address.ts';

/** Asks the endpoint for its page over TLS, trusting nothing but its own certificate. Throws an 'unreachable' Problem. */
export async function reachable(listen: ListenAddress, port: number, ca: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const request = get({ host: hostFor(listen, []), port, path: '/healthz', ca, signal, agent: false }, response => {
    response.resume();
    response.on('end', resolve);
  });
  request.on('error', thrown => reject(thrown));
  try {
    await promise;
  } catch (thrown) {
    signal.throwIfAborted();
    throw new Problem('unreachable', `The direct endpoint does not answer on ${listen.host}:${port}: ${String(thrown)}.`, {
      cause: thrown,
    });
  }
}
