/** `rollcall carve`: asks hosts for a file by osquery's carver, and waits until it is here. */
import { approveCarve } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import { forbids, permitHosts } from '../core/policy.ts';
import type { Carve, Connector, LaunchOptions } from '../core/ports.ts';
import { AllowlistError, isAbort, Problem } from '../core/problem.ts';
import { carveForm } from './carves.ts';
import { confirmMany } from './confirm.ts';
import type { Command, CommandContext } from './context.ts';
import { endpointNames } from './endpoint.ts';
import { within } from './limits.ts';
import { printList } from './print.ts';
import { type Session, withSession } from './session.ts';
import { chooseTargets, wantedHosts } from './targets.ts';

/** Seconds, unless told otherwise: osquery begins a carve at the next full minute, and a file takes its time. */
const DEFAULT_WAIT_S = 600;
const LOOK_MS = 500;

/** One endpoint's share of the carve. */
type Part = {
  readonly connector: Connector;
  readonly hosts: readonly Host[];
  remoteId: string;
  /** Hosts that will not send anything, and why. */
  readonly failed: Map<string, string>;
};

/** Listens for the hosts' answers: a host that refuses, or cannot be asked, will send nothing. */
async function listen(part: Part, options: LaunchOptions, signal: AbortSignal): Promise<void> {
  const { connector, hosts, failed, remoteId } = part;
  try {
    for await (const update of connector.liveQuery?.updates(remoteId, hosts, options, signal) ?? []) {
      if (update.kind === 'silent') for (const id of update.hostIds) failed.set(id, update.reason);
      else if (update.kind === 'answer' && update.answer.state !== 'rows') failed.set(update.answer.hostId, update.answer.error);
      else if (update.kind === 'answer' && update.answer.state === 'rows' && update.answer.rows.length === 0)
        failed.set(update.answer.hostId, 'the host began no carve: is the path right, and the carver on?');
    }
  } catch (thrown) {
    if (!isAbort(thrown) && !signal.aborted) throw thrown;
  }
}

const carvesOf = async ({ connector, remoteId }: Part): Promise<readonly Carve[]> =>
  ((await connector.carves?.list()) ?? []).filter(({ runId }) => runId === remoteId);

/** Resolves when every host has sent its file or failed, or the signal stops the waiting. */
async function arrival(context: CommandContext, parts: readonly Part[], signal: AbortSignal): Promise<void> {
  const { clock, messages } = context;
  while (!signal.aborted) {
    const seen = (await Promise.all(parts.map(carvesOf))).flat();
    const complete = seen.filter(({ state }) => state === 'complete').length;
    const failed = parts.reduce((sum, part) => sum + part.failed.size, 0);
    const [received, size] = [seen.reduce((sum, one) => sum + one.received, 0), seen.reduce((sum, one) => sum + one.size, 0)];
    messages.progress(`complete ${complete} · failed ${failed} · coming ${seen.length - complete} · ${received} of ${size} bytes`);
    if (complete + failed >= parts.reduce((sum, { hosts }) => sum + hosts.length, 0)) return;
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
}

async function launch(
  session: Session,
  path: string,
  hosts: readonly Host[],
  options: LaunchOptions,
  signal: AbortSignal,
): Promise<Part[]> {
  const query = approveCarve(path);
  const forbidden = forbids(session.engine.policy, { name: query.template, digest: query.digest }, 'shipped');
  if (forbidden !== undefined) throw new AllowlistError(`Files cannot be carved: ${forbidden}. Nothing was sent.`);
  const parts: Part[] = [];
  for (const [source, own] of Map.groupBy(hosts, host => host.source)) {
    const connector = session.engine.connectors.find(({ id }) => id === source);
    if (!connector?.carves || !connector.liveQuery)
      throw new Problem('auth', `Source '${source}' cannot carve files: only a direct endpoint can.`);
    const { remoteId } = await connector.liveQuery.launch(query, own, options, signal);
    parts.push({ connector, hosts: own, remoteId, failed: new Map() });
  }
  return parts;
}

/** As for a query: 0 all sent it, 4 nobody did, 3 else. */
function exitCode(hosts: number, complete: number): number {
  if (complete === hosts) return 0;
  return complete === 0 ? 4 : 3;
}

async function report(context: CommandContext, parts: readonly Part[]): Promise<number> {
  const { messages } = context;
  const seen = (await Promise.all(parts.map(carvesOf))).flat();
  messages.rest();
  await printList(context, seen, carveForm);
  for (const { hosts, failed } of parts) {
    for (const [id, reason] of failed) messages.tell(`${hosts.find(host => host.id === id)?.hostname ?? id}: ${reason}`);
  }
  const complete = seen.filter(({ state }) => state === 'complete').length;
  const targeted = parts.reduce((sum, { hosts }) => sum + hosts.length, 0);
  if (complete < targeted)
    messages.tell('What is still coming goes on while a console or `rollcall serve` is open; `rollcall carves` shows it.');
  return exitCode(targeted, complete);
}

export const carve: Command = async context => {
  const path = context.args[0] ?? '';
  approveCarve(path);
  const wanted = await wantedHosts(context);
  const work = async (session: Session): Promise<number> => {
    const { clock, common, signal } = context;
    const hosts = await chooseTargets(context, session, wanted);
    permitHosts(session.engine.policy, hosts.length);
    await confirmMany(context, hosts.length, session.engine.policy);
    const waitMs = (common.timeoutS ?? DEFAULT_WAIT_S) * 1_000;
    const options: LaunchOptions = { timeoutMs: waitMs, offline: 'wait' };
    const parts = await launch(session, path, hosts, options, signal);
    const stop = new AbortController();
    const listening = Promise.all(parts.map(part => listen(part, options, AbortSignal.any([stop.signal, signal]))));
    await within(waitMs, clock, signal, limited => arrival(context, parts, limited)).catch(thrown => {
      if (!isAbort(thrown)) throw thrown;
    });
    stop.abort();
    await listening;
    return report(context, parts);
  };
  return withSession(context, work, endpointNames(context));
};
