/** Queries on the server: list, show, results, expire (contracts/osctrl.md 2, 4, 8). */
import { parseJson, serverWords } from '../http-problem.ts';
import type { ReadOptions } from './api.ts';
import type { HostResult } from './normalise.ts';
import type { Session } from './session.ts';
import { actionShape, answerShape, listShape, type OsctrlQuery, queryShape, resultMapShape, resultShape } from './shapes.ts';

const LIST_SIZES = [500, 50, 5, 1];
const RESULT_SIZES = [200, 20, 1];
/** Names come from the server and go into paths. */
const SAFE_NAME = /^[\w-]{1,128}$/;

export const isSafeName = (name: string): boolean => SAFE_NAME.test(name);

export type QueryPage = { readonly queries: readonly OsctrlQuery[]; readonly skipped: number };

/** `target`: "active", or "all-full" (all but deleted ones). Newest first; 0.5.1 sends all at once, in any order. */
export async function* listQueries(
  session: Session,
  target: 'active' | 'all-full',
  signal: AbortSignal,
  options: ReadOptions = {},
): AsyncGenerator<QueryPage> {
  const doing = 'listing the queries';
  const { generation, env } = await session.server(signal);
  const path = `/queries/${env}/list/${target}`;
  const read = (items: readonly unknown[], lost: number): QueryPage => {
    const queries = items.flatMap(item => queryShape.safeParse(item).data ?? []).filter(query => isSafeName(query.name));
    return { queries, skipped: items.length - queries.length + lost };
  };
  if (generation === '0.5.1') {
    const reply = await session.api.read(path, doing, signal, { ...options, also: [404] });
    if (reply.status === 200) {
      const { queries, skipped } = read(session.api.parse(reply, listShape, doing), 0);
      yield { queries: queries.toSorted((one, other) => (other.created_at ?? 0) - (one.created_at ?? 0)), skipped };
    } else if (serverWords(reply) !== 'no queries') throw session.api.refusal(reply, doing);
    return;
  }
  const sorted = `${path}?sort=created&dir=desc`;
  for await (const page of session.api.pages(sorted, doing, signal, LIST_SIZES, options)) yield read(page.items, page.skipped);
}

/** Undefined when the server has no query of that name: it answers 200 with zeros then. */
export async function showQuery(
  session: Session,
  name: string,
  signal: AbortSignal,
  options: ReadOptions = {},
): Promise<OsctrlQuery | undefined> {
  const { env } = await session.server(signal);
  const query = await session.api.json(`/queries/${env}/${name}`, queryShape, 'looking at the query', signal, options);
  return query.id === 0 ? undefined : query;
}

/** One stored answer; `id` is undefined in 0.5.1, which keeps but the last answer of each host. */
export type StoredResult = HostResult & { readonly id: number | undefined };

export type ResultPage = { readonly results: readonly StoredResult[]; readonly skipped: number; readonly sample?: string };

function readResults(items: readonly unknown[], lost: number): ResultPage {
  const results: StoredResult[] = [];
  let sample: string | undefined;
  for (const item of items) {
    const { data: result, error } = resultShape.safeParse(item);
    const at = Date.parse(result?.created_at ?? '');
    if (result && !Number.isNaN(at)) results.push({ id: result.id, uuid: result.uuid, status: result.status, data: result.data, at });
    else sample ??= `result: ${error?.issues[0]?.message ?? 'no time'} at ${error?.issues[0]?.path.join('.') ?? 'created_at'}`;
  }
  const skipped = items.length - results.length + lost;
  return { results, skipped, ...(sample === undefined ? {} : { sample }) };
}

const statusIn = (data: string): number => answerShape.safeParse(parseJson(data)).data?.status ?? 0;

/**
 * Stored answers, oldest first, those after `since` (epoch ms) only. A `since` that the server cannot read would be
 * ignored in silence, so it is made here. 0.5.1 knows no times: its answers carry `fallbackTime`, and all of them come.
 */
export async function* readResultsOf(
  session: Session,
  name: string,
  since: number | undefined,
  fallbackTime: number,
  signal: AbortSignal,
  options: ReadOptions = {},
): AsyncGenerator<ResultPage> {
  const doing = 'reading the answers';
  const { generation, env } = await session.server(signal);
  const path = `/queries/${env}/results/${name}`;
  if (generation === '0.5.1') {
    const map = await session.api.json(path, resultMapShape, doing, signal, options);
    const results = Object.entries(map).map(([uuid, data]) => ({ id: undefined, uuid, status: statusIn(data), data, at: fallbackTime }));
    yield { results, skipped: 0 };
    return;
  }
  const filtered = since === undefined ? path : `${path}?since=${new Date(Math.max(0, since)).toISOString()}`;
  for await (const page of session.api.pages(filtered, doing, signal, RESULT_SIZES, options)) yield readResults(page.items, page.skipped);
}

/**
 * Ends a query on the server: nodes that have not fetched it will not get it. Repeating it does no harm, so it is
 * retried. Returns false when the account may not (it takes the admin right of the environment).
 */
export async function expireQuery(session: Session, name: string, signal: AbortSignal): Promise<boolean> {
  const doing = 'ending the query';
  const { env } = await session.server(signal);
  const reply = await session.api.post(`/queries/${env}/expire/${name}`, doing, signal, { also: [403], budgetMs: 10_000 });
  if (reply.headers.location) throw session.api.refusal(reply, doing);
  if (reply.status === 403) return false;
  // An action that osctrl does not know is 200 with an empty message, and nothing is done.
  if (session.api.parse(reply, actionShape, doing).message !== '') return true;
  throw session.api.problem('unreachable', doing, 'did not do it', 'its answer was empty.', { transient: false });
}
