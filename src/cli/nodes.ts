/** `rollcall nodes`: who enrolled to the direct endpoint, and what is decided about them. */
import type { EnrolledNode, NodeAdmin, NodeChange } from '../core/ports.ts';
import { Problem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { parseTags } from '../core/tags.ts';
import { isoUtc } from '../core/time.ts';
import type { Command, CommandContext } from './context.ts';
import { endpointNames, endpointOf } from './endpoint.ts';
import { type ListForm, printList } from './print.ts';
import { withSession } from './session.ts';

const form: ListForm<EnrolledNode> = {
  json: ({ id, source, hostname, uuid, platform, ip, status, lastSeen, enrolledAt, standing, tags }) => ({
    id,
    source,
    hostname,
    uuid,
    platform,
    ip,
    status,
    last_seen: lastSeen === null ? null : isoUtc(lastSeen),
    enrolled_at: isoUtc(enrolledAt),
    standing,
    tags,
  }),
  header: ['id', 'hostname', 'platform', 'ip', 'status', 'standing', 'tags'],
  cells: ({ id, hostname, platform, ip, status, standing, tags }) => [id, hostname, platform, ip, status, standing, tags.join(' ')],
  csv: ['id', 'source', 'hostname', 'uuid', 'platform', 'ip', 'status', 'last_seen', 'enrolled_at', 'standing', 'tags'],
  none: 'No host has enrolled yet. `rollcall enroll` prints what enrols one.',
};

/** By id, else by a hostname or uuid that only one has. Throws a 'usage' Problem. */
async function nodeNamed(nodes: NodeAdmin, name: string, signal: AbortSignal): Promise<EnrolledNode> {
  const all = await nodes.list(signal);
  const wanted = name.toLowerCase();
  const byId = all.filter(({ id }) => id === wanted);
  const found = byId.length > 0 ? byId : all.filter(({ hostname, uuid }) => [hostname, uuid].some(text => text.toLowerCase() === wanted));
  const [node] = found;
  if (!node) throw new Problem('usage', `There is no node '${clean(name, 80)}'. \`rollcall nodes\` shows them.`);
  if (found.length > 1)
    throw new Problem(
      'usage',
      `'${clean(name, 80)}' are ${found.length} nodes: ${found.map(({ id }) => id).join(', ')}. Name one by its id.`,
    );
  return node;
}

export const listNodes: Command = context =>
  withSession(
    context,
    async session => {
      const { nodes } = endpointOf(session, 'nodes');
      await printList(context, await nodes.list(context.signal), form);
      return 0;
    },
    endpointNames(context),
  );

const changing =
  (changeOf: (context: CommandContext) => NodeChange): Command =>
  context => {
    const change = changeOf(context);
    const work: Parameters<typeof withSession<number>>[1] = async session => {
      const { args, signal } = context;
      const { nodes } = endpointOf(session, 'nodes');
      const node = await nodeNamed(nodes, args[0] ?? '', signal);
      await printList(context, [await nodes.change(node.id, change, signal)], form);
      return 0;
    };
    return withSession(context, work, endpointNames(context));
  };

export const approveNode = changing(() => ({ action: 'approve' }));
export const blockNode = changing(() => ({ action: 'block' }));
export const forgetNode = changing(() => ({ action: 'forget' }));
export const tagNode = changing(({ args }) => ({ action: 'tag', tags: parseTags(args[1] ?? '') }));
