/** Who holds the direct endpoints of a data directory, seen from outside. */
import { connect } from 'node:net';
import path from 'node:path';
import { inspectLock } from '../../adapters/sqlite-inspect.ts';
import { socketPath } from '../../connectors/direct/control-socket.ts';
import { directoryOf } from '../../connectors/direct/options.ts';
import type { EndpointFacts } from '../../core/doctor-sources.ts';

/** ms for the holder to greet. */
const ANSWER_MS = 1_000;

/** A holder greets at once; the system takes connections also for a process that stands still. */
function answersAt(socket: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const connection = connect(socket);
  connection.setTimeout(ANSWER_MS, () => resolve(false));
  connection.once('data', () => resolve(true));
  connection.once('end', () => resolve(false));
  connection.once('error', () => resolve(false));
  return promise.finally(() => connection.destroy());
}

/** Throws a 'storage' Problem where lock or pointer cannot be read. */
export async function endpointOf(source: string, dataDir: string): Promise<EndpointFacts> {
  const dir = directoryOf({ dataDir, id: source });
  const { held, pid } = inspectLock(path.join(dir, 'owner.lock'));
  const socket = socketPath(dir);
  return { source, held, pid, socket, answers: held && (await answersAt(socket)) };
}
