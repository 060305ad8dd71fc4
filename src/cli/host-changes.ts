/** `rollcall hosts HOST --changes`: what was added and removed on one host, by table, from the events that are stored. */
import type { Host } from '../core/model.ts';
import type { HostChanges } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { isoUtc, parseTime, shortAge } from '../core/time.ts';
import type { CommandContext } from './context.ts';
import { type ListForm, printList } from './print.ts';
import type { Session } from './session.ts';

const DEFAULT_SINCE = '24h';

const form = (now: number): ListForm<HostChanges> => ({
  json: ({ subject, added, removed, snapshot, other, newest, worst }) => ({
    table: subject,
    added,
    removed,
    snapshot,
    other,
    newest: isoUtc(newest),
    worst_severity: worst,
  }),
  header: ['table', 'added', 'removed', 'snapshot', 'other', 'newest', 'worst'],
  cells: ({ subject, added, removed, snapshot, other, newest, worst }) => [
    subject,
    ...[added, removed, snapshot, other].map(String),
    `${shortAge(now - newest)} ago`,
    worst,
  ],
  csv: ['table', 'added', 'removed', 'snapshot', 'other', 'newest', 'worst_severity'],
  none: 'Nothing is stored of this host in this time. `rollcall feed` reads what its source has.',
});

/** From when on changes are asked for (epoch ms); undefined when they are not. Throws a 'usage' Problem. */
export function changesSince({ args, given, clock }: CommandContext): number | undefined {
  const [since = DEFAULT_SINCE] = given.get('since') ?? [];
  if (!given.has('changes')) {
    if (given.has('since')) throw new Problem('usage', '--since goes with --changes: `rollcall hosts HOST --changes --since 7d`.');
    return undefined;
  }
  if (args[0] === undefined) throw new Problem('usage', 'Changes of which host? `rollcall hosts HOST --changes`.');
  const from = parseTime(since, clock.now());
  if (from === undefined)
    throw new Problem('usage', `--since takes a span (30m, 24h, 7d) or a time (RFC 3339), not '${clean(since, 80)}'.`);
  return from;
}

/** By table, in the order of their names. Throws a 'usage' Problem unless it is about one host. */
export async function printChanges(context: CommandContext, { store }: Session, hosts: readonly Host[], since: number): Promise<void> {
  const [host] = hosts;
  if (!host || hosts.length > 1) throw new Problem('usage', `Changes of one host at a time: ${hosts.length} fit the name.`);
  const now = context.clock.now();
  const changes = store.changesOfHost({ source: host.source, hostId: host.id, since, until: now });
  const byName = changes.toSorted((a, b) => (a.subject < b.subject ? -1 : Number(a.subject > b.subject)));
  await printList(context, byName, form(now));
}
