/** One host of a run: in which states it can be, what it said, and what it is called. */
import type { Host, Row } from './model.ts';

/** `queued`: its wave has not begun. `not_asked`: its wave never will. */
export const TARGET_STATES = [
  'waiting',
  'queued',
  'rows',
  'no_rows',
  'error',
  'denylisted',
  'timed_out',
  'offline',
  'cancelled',
  'not_asked',
] as const;
export type TargetState = (typeof TARGET_STATES)[number];

/** States of a host that is not waited for and has not said anything. */
export const SILENT_STATES = ['queued', 'timed_out', 'offline', 'not_asked'] as const satisfies readonly TargetState[];
export type SilentState = (typeof SILENT_STATES)[number];

/** One sending of a run: to some of its hosts, the first time or once more. Times are epoch ms and ms. */
export type Sending = {
  readonly at: number;
  readonly timeoutMs: number;
  /** Of its hosts in `Run.targets`. */
  readonly places: readonly number[];
  /** The server's own id of it, by source. */
  readonly remoteIds: (readonly [source: string, id: string])[];
};

/**
 * How the hosts of a sending stand. `open`: those that are waited for. The others count only hosts that were not away when
 * they were asked: `well` answered, `badly` failed or stayed silent, `pending` are waited for.
 */
export type Standing = { readonly open: number; readonly well: number; readonly badly: number; readonly pending: number };

export type Target = {
  readonly host: Host;
  /** The host's name in results: its hostname, with the first 8 of its uuid where two targets share it. */
  readonly key: string;
  readonly state: TargetState;
  readonly rows: readonly Row[];
  /** Why there are no rows: the host's error, or why it is silent. Empty for answers. */
  readonly reason: string;
  /** ms from dispatch to the answer; null while there is none. */
  readonly afterMs: number | null;
  /** Answered after its deadline. */
  readonly late: boolean;
  /** The last one that asked it. */
  readonly sending?: Sending;
};

export type Tally = {
  readonly targeted: number;
  readonly answered: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly waiting: number;
};

const BUCKET: Record<TargetState, 'answered' | 'failed' | 'timedOut' | 'waiting'> = {
  waiting: 'waiting',
  queued: 'waiting',
  rows: 'answered',
  no_rows: 'answered',
  error: 'failed',
  denylisted: 'failed',
  timed_out: 'timedOut',
  offline: 'timedOut',
  cancelled: 'timedOut',
  not_asked: 'timedOut',
};

/** Which of the three documented buckets a state counts in (`waiting` until the run ends). */
export const bucketOf = (state: TargetState): keyof Omit<Tally, 'targeted'> => BUCKET[state];

const VERDICT: Partial<Record<TargetState, 'well' | 'badly' | 'pending'>> = {
  waiting: 'pending',
  rows: 'well',
  no_rows: 'well',
  error: 'badly',
  denylisted: 'badly',
  timed_out: 'badly',
};

/** What an answer, or that there is none, says about the query. Who turned out to be away says nothing. */
export const verdictOf = (state: TargetState): 'well' | 'badly' | 'pending' | undefined => VERDICT[state];

/** Known to be away when it was picked. */
export const isAway = ({ status }: Pick<Host, 'status'>): boolean => status === 'offline' || status === 'missing';

/** Names for a set of hosts: the hostname, and `hostname (first 8 of uuid)` for each host that shares one. */
export function targetKeys(hosts: readonly Host[]): string[] {
  const seen = new Map<string, number>();
  for (const host of hosts) seen.set(host.hostname, (seen.get(host.hostname) ?? 0) + 1);
  const keys = hosts.map(host => (seen.get(host.hostname) === 1 ? host.hostname : `${host.hostname} (${host.uuid.slice(0, 8)})`));
  // Two hosts may even share name and uuid (cloned images): the id is unique within a source.
  const again = new Map<string, number>();
  for (const key of keys) again.set(key, (again.get(key) ?? 0) + 1);
  return keys.map((key, index) => ((again.get(key) ?? 0) > 1 ? `${key} [${hosts[index]?.source}/${hosts[index]?.id}]` : key));
}
