/** Queries that osctrl may have created without telling us: found again, taken up, or ended (contracts/osctrl.md 0.4). */
import { isAbort } from '../../core/problem.ts';
import { clean } from '../../core/sanitize.ts';
import { expireQuery, listQueries, showQuery } from './queries.ts';
import type { Session } from './session.ts';
import type { OsctrlQuery } from './shapes.ts';

/** How far a query's creation may lie before our POST by the server's clock, whose offset we know to a second. */
const CLOCK_SLACK_MS = 3_000;
/** How often, and after what pause, a query is looked for. Creating one with 1,000 targets takes 0.3 s. */
const LOOKS = 4;
const LOOK_PAUSE_MS = 1_000;
/** Somebody waits for the end of this. */
const LOOK = { attempts: 3, budgetMs: 6_000 };

/** What was sent. `creator`: our account, empty where it is not known. */
export type Order = { readonly sql: string; readonly uuids: readonly string[]; readonly creator: string };

export type Attempt = {
  readonly session: Session;
  readonly order: Order;
  /** Epoch ms, our clock. */
  readonly sentAt: number;
  /** Names of queries that are known to be others. */
  readonly known: ReadonlySet<string>;
};

/** Why a created query is not the one that was ordered; undefined when it is. */
export function mismatch(query: OsctrlQuery, { sql, uuids }: Order): string | undefined {
  const wanted = new Set(uuids.map(uuid => uuid.toUpperCase()));
  if (query.query !== sql) return 'it holds other SQL than was sent';
  if (query.expected !== uuids.length) return `it counts ${query.expected} hosts where ${uuids.length} were picked`;
  const stray = (query.targets ?? []).find(({ type, value }) => type !== 'uuid' || !wanted.has(value.toUpperCase()));
  return stray ? `it has a target that was not picked (${clean(stray.type, 40)} ${clean(stray.value, 80)})` : undefined;
}

/** Ends a query that must not run; says in a sentence how that went. `untargeted`: it is known to reach nobody. */
export async function undo(session: Session, name: string, signal: AbortSignal, untargeted = false): Promise<string> {
  const expired = await expireQuery(session, name, signal).catch((thrown: unknown) => {
    if (isAbort(thrown)) throw thrown;
    return false;
  });
  if (expired) return `${name} was expired.`;
  if (untargeted) return `${name} is left on the server, without a target.`;
  return `${name} could not be expired: hosts may run it, so ask an osctrl admin to expire it.`;
}

/** Queries that our POST may have created: same SQL, by us, just now, and not one that we know to be another. */
async function candidates({ session, order, sentAt, known }: Attempt, signal: AbortSignal): Promise<OsctrlQuery[]> {
  const earliest = sentAt + (session.api.skewMs ?? 0) - CLOCK_SLACK_MS;
  const found: OsctrlQuery[] = [];
  for await (const { queries } of listQueries(session, 'active', signal, LOOK)) {
    const recent = queries.filter(query => (query.created_at ?? 0) >= earliest && query.query === order.sql && !known.has(query.name));
    found.push(...recent.filter(query => order.creator === '' || query.creator === order.creator));
    if ((queries.at(-1)?.created_at ?? 0) < earliest) break;
  }
  return found;
}

/**
 * After a create whose outcome is unknown: the query's name if it is there in full. Half-made ones are ended, and
 * `leftover` says so. `untargeted`: osctrl has said that it failed before it had given the query a target. Throws when
 * the server does not let itself be asked.
 */
export async function recover(attempt: Attempt, untargeted: boolean, signal: AbortSignal): Promise<{ name?: string; leftover: string }> {
  const { session, order } = attempt;
  let found: OsctrlQuery[] = [];
  for (let look = 1; look <= LOOKS; look++) {
    if (look > 1) await session.api.clock.sleep(LOOK_PAUSE_MS, signal);
    found = await candidates(attempt, signal);
    for (const { name } of found) {
      const query = await showQuery(session, name, signal, LOOK);
      if (query && mismatch(query, order) === undefined) return { name, leftover: '' };
    }
    if (untargeted && found.length > 0) break;
  }
  const ends: string[] = [];
  for (const { name } of found) ends.push(await undo(session, name, signal, untargeted));
  return { leftover: ends.join(' ') };
}
