/** What the two ways of running a live query (campaign, host by host) have in common. */
import type { Host, HostAnswer, Row } from '../../core/model.ts';
import type { EndReason, LaunchOptions, LiveUpdate } from '../../core/ports.ts';
import { clean, cleanRow } from '../../core/sanitize.ts';
import { shortAge } from '../../core/time.ts';

export interface RemoteRun {
  readonly remoteId: string;
  updates(options: LaunchOptions, signal: AbortSignal): AsyncIterable<LiveUpdate>;
  /** Returns a remark when there is one. */
  end(reason: EndReason): string | undefined;
  close(): void;
}

const MAX_ERROR = 1_000;
const NAMES_IN_NOTE = 5;
export const CONNECTION_LOST = 'not answered (connection lost)';

/** Rows as a host sent them; what is no object (`null` for a broken row) is left out. */
export const cleanRows = (rows: readonly unknown[]): Row[] => rows.map(cleanRow).filter(row => row !== undefined);

export function failedAnswer(hostId: string, at: number, text: string): HostAnswer {
  const error = clean(text.trim(), MAX_ERROR) || 'failed without a message';
  return { hostId, at, state: /\bdenylisted\b/i.test(error) ? 'denylisted' : 'error', error };
}

export const isOffline = ({ status }: Host): boolean => status === 'offline' || status === 'missing';

/** `now`: epoch ms. */
export const offlineReason = ({ lastSeen, status }: Host, now: number): string =>
  lastSeen === null ? `${status}, never seen` : `${status}, last seen ${shortAge(now - lastSeen)} ago`;

/** Offline hosts as silent, each with its own reason. */
export const offlineUpdates = (hosts: readonly Host[], now: number): LiveUpdate[] =>
  hosts.map(host => ({ kind: 'silent', state: 'offline', hostIds: [host.id], reason: offlineReason(host, now) }));

/** `web-1, web-2 and 3 more`. */
export function namesOf(hosts: readonly Host[]): string {
  const names = hosts.slice(0, NAMES_IN_NOTE).map(({ hostname }) => hostname);
  const more = hosts.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

export const hostCount = (count: number): string => `${count} host${count === 1 ? '' : 's'}`;
