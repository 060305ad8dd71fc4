/** Nodes of our environment as hosts (contracts/osctrl.md 2, 8, 13). */
import type { Host } from '../../core/model.ts';
import { Problem } from '../../core/problem.ts';
import { hostIdOf, toHost } from './normalise.ts';
import type { Session } from './session.ts';
import { listShape, nodeShape, type OsctrlNode } from './shapes.ts';

const LISTING = 'listing the hosts';
const UUID_ONLY = 'An account that may query but not list can name hosts by uuid only.';
const PAGE_SIZES = [500, 50, 5, 1];

/** How a listing went, beside the hosts. */
export type Listing = {
  /** Records that could not be read. */
  readonly skipped: number;
  /** Nodes that were left out because they have the uuid of another. */
  readonly shared: number;
};

/** Order by uuid: the default order, by last contact, moves between two pages while nodes check in. */
async function* pagesOfNodes(session: Session, signal: AbortSignal): AsyncGenerator<{ items: readonly unknown[]; skipped: number }> {
  const { generation, env } = await session.server(signal);
  if (generation !== '0.5.1') {
    yield* session.api.pages(`/nodes/${env}?status=all&sort=uuid&dir=asc`, LISTING, signal, PAGE_SIZES);
    return;
  }
  const reply = await session.api.read(`/nodes/${env}/all`, LISTING, signal, { also: [404] });
  if (reply.status === 404 && !/no nodes/.test(reply.text)) throw session.api.refusal(reply, LISTING);
  const items = reply.status === 404 ? [] : session.api.parse(reply, listShape, LISTING);
  for (let at = 0; at < items.length; at += 500) yield { items: items.slice(at, at + 500), skipped: 0 };
}

/** 0.5.1 lists the nodes of every environment: which are ours? */
async function belongs(session: Session, signal: AbortSignal): Promise<(node: OsctrlNode) => boolean> {
  const { generation, environment } = await session.server(signal);
  if (generation !== '0.5.1') return () => true;
  const { name } = environment;
  if (name !== undefined) return node => node.environment === name;
  const meaning = `this version lists those of all environments, and ours may not be read. ${UUID_ONLY}`;
  throw session.api.problem('auth', LISTING, 'does not tell which hosts are ours', meaning, { detail: 'HTTP 403 environment' });
}

/** Whether a listing failed because the account lacks the right, not because its token is refused. */
export const mayNotList = (thrown: unknown): thrown is Problem => thrown instanceof Problem && /^HTTP 403/.test(thrown.detail);

function explain(thrown: unknown, session: Session): unknown {
  if (!mayNotList(thrown)) return thrown;
  const meaning = `authentication failed; check api_token. ${UUID_ONLY}`;
  return session.api.problem('auth', LISTING, 'does not let this account list hosts (HTTP 403)', meaning, { detail: thrown.detail });
}

/**
 * All hosts of the environment, page by page; `done` is called after the last. Two nodes with one uuid (cloned images)
 * are one host: osctrl reaches only the first of them, and its answers do not tell them apart.
 */
export async function* listHosts(session: Session, signal: AbortSignal, done: (listing: Listing) => void): AsyncGenerator<readonly Host[]> {
  const { api } = session;
  const seen = new Set<string>();
  let skipped = 0;
  let shared = 0;
  const isNew = (node: OsctrlNode): boolean => {
    const id = hostIdOf(node.uuid);
    const known = seen.has(id);
    if (known) shared += 1;
    seen.add(id);
    return !known;
  };
  try {
    const ours = await belongs(session, signal);
    for await (const page of pagesOfNodes(session, signal)) {
      const nodes = page.items.flatMap(item => nodeShape.safeParse(item).data ?? []);
      skipped += page.skipped + page.items.length - nodes.length;
      const now = api.clock.now() + (api.skewMs ?? 0);
      yield nodes.filter(node => ours(node) && isNew(node)).map(node => toHost(node, api.source, now));
    }
  } catch (thrown) {
    throw explain(thrown, session);
  }
  done({ skipped, shared });
}
