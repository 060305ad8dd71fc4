/** `rollcall hosts`: the hosts of all sources. */
import { HOST_COLUMNS, hostToJson } from '../core/aisoc.ts';
import { selectHosts } from '../core/host-match.ts';
import type { Host } from '../core/model.ts';
import { textOrder } from '../core/order.ts';
import { Problem } from '../core/problem.ts';
import { shortAge } from '../core/time.ts';
import type { Command } from './context.ts';
import { exitCodeFor } from './exit-codes.ts';
import { changesSince, printChanges } from './host-changes.ts';
import { PATIENCE_MS } from './limits.ts';
import { type ListForm, printList } from './print.ts';
import { withSession } from './session.ts';
import { listHosts } from './targets.ts';
import { worst } from './worst.ts';

const form = (now: number): ListForm<Host> => ({
  json: hostToJson,
  header: ['hostname', 'status', 'seen', 'platform', 'os version', 'osquery', 'ip', 'labels', 'source'],
  cells: host => [
    host.hostname,
    host.status,
    host.lastSeen === null ? 'never' : shortAge(now - host.lastSeen),
    host.platform,
    host.osVersion,
    host.osqueryVersion,
    host.ip,
    host.labels.join(' '),
    host.source,
  ],
  csv: HOST_COLUMNS,
  none: 'No hosts.',
});

const byName = (left: Host, right: Host): number => textOrder(left.hostname, right.hostname) || textOrder(left.source, right.source);

/** The hosts that `name` stands for; all without. Throws a 'usage' Problem when it stands for none, or not for one. */
function named(all: readonly Host[], name: string | undefined): readonly Host[] {
  if (name === undefined) return all;
  const { hosts: found, problems } = selectHosts(all, { names: [name], all: false, platforms: [], labels: [], exclude: [] });
  if (problems.length > 0) throw new Problem('usage', problems.join(' '));
  return found;
}

/** What could be listed is printed; the code is that of the worst failure. Throws when nothing could be listed. */
export const hosts: Command = context => {
  const [name] = context.args;
  const since = changesSince(context);
  return withSession(context, async session => {
    const limit = context.common.timeoutS === undefined ? PATIENCE_MS : context.common.timeoutS * 1_000;
    const failures = await listHosts(context, session, limit);
    context.messages.rest();
    const failure = worst(failures.values());
    if (failure && failures.size === session.engine.connectors.length) {
      for (const problem of failures.values()) if (problem !== failure) context.messages.tell(problem.message);
      throw failure;
    }
    for (const problem of failures.values()) context.messages.tell(problem.message);
    const found = named(session.engine.hosts(), name).toSorted(byName);
    if (since === undefined) await printList(context, found, form(context.clock.now()));
    else await printChanges(context, session, found, since);
    return failure ? exitCodeFor(failure.kind) : 0;
  });
};
