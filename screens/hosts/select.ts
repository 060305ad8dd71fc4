/** Which hosts the list shows, in which order. Pure. */
import fuzzysort from 'fuzzysort';
import { parseHostFilter } from '../../src/core/host-filter.ts';
import type { Host } from '../../src/core/model.ts';
import { textOrder } from '../../src/core/order.ts';

export const SORTS = ['name', 'status', 'last seen', 'platform', 'source'] as const;
export type Sort = { readonly by: (typeof SORTS)[number]; readonly reverse: boolean };

type Prepared = { readonly host: Host; readonly text: ReturnType<typeof fuzzysort.prepare> };

const prepared = new WeakMap<readonly Host[], readonly Prepared[]>();

/** Preparing 100,000 names takes a moment; it is done once per listing. */
function prepare(hosts: readonly Host[]): readonly Prepared[] {
  const known = prepared.get(hosts);
  if (known) return known;
  const made = hosts.map(host => {
    const other = host.displayName === host.hostname ? '' : ` ${host.displayName}`;
    return { host, text: fuzzysort.prepare(`${host.hostname}${other} ${host.ip}`) };
  });
  prepared.set(hosts, made);
  return made;
}

const isFuzzy = (word: string): boolean => /^[^-!"][^:=<>"]*$/.test(word);

/** Words in quotes may hold spaces. */
const WORD = /[^\s"]*(?:"[^"]*"?[^\s"]*)+|[^\s"]+/g;
const words = (search: string): string[] => search.match(WORD) ?? [];

/** The search with blanks for its fuzzy words: the others keep their places, for errors that point at one. */
const exactPart = (search: string): string => search.replace(WORD, word => (isFuzzy(word) ? ' '.repeat(word.length) : word)).trimEnd();

/**
 * Hosts that fit the search: bare words fuzzily by name and address, best first; `field:value`, quoted and excluded
 * words (`!db`) exactly. Throws a 'usage' Problem that points at a wrong word.
 */
export function searchHosts(hosts: readonly Host[], search: string): readonly Host[] {
  const exact = exactPart(search);
  const fuzzy = words(search).filter(isFuzzy).join(' ');
  const filter = exact === '' ? undefined : parseHostFilter(exact);
  const found = fuzzy === '' ? hosts : fuzzysort.go(fuzzy, prepare(hosts), { key: 'text', threshold: 0.2 }).map(({ obj }) => obj.host);
  return filter ? found.filter(filter.match) : found;
}

const STATUS_ORDER: Record<Host['status'], number> = { online: 0, unknown: 1, offline: 2, missing: 3 };

const COMPARE: Record<Sort['by'], (left: Host, right: Host) => number> = {
  name: () => 0,
  status: (left, right) => STATUS_ORDER[left.status] - STATUS_ORDER[right.status],
  'last seen': (left, right) => (right.lastSeen ?? 0) - (left.lastSeen ?? 0),
  platform: (left, right) => textOrder(left.platform, right.platform),
  source: (left, right) => textOrder(left.source, right.source),
};

/** A new list in the wanted order; hosts that are equal in it stand by name. */
export function sortHosts(hosts: readonly Host[], { by, reverse }: Sort): readonly Host[] {
  const compare = COMPARE[by];
  const direction = reverse ? -1 : 1;
  return hosts.toSorted((left, right) => direction * (compare(left, right) || textOrder(left.hostname, right.hostname)));
}

/** A fuzzy search has its own order, best first, until another order is asked for. */
export const isRanked = (search: string, sort: Sort): boolean => sort.by === 'name' && !sort.reverse && words(search).some(isFuzzy);

/** `duplicates`: second enrolments of an identifier, which wait for a decision. */
export type Counts = { readonly total: number; readonly online: number; readonly duplicates: number };

export function countHosts(hosts: readonly Host[]): Counts {
  let [online, duplicates] = [0, 0];
  for (const { status, labels } of hosts) {
    if (status === 'online') online += 1;
    if (labels.includes('duplicate')) duplicates += 1;
  }
  return { total: hosts.length, online, duplicates };
}
