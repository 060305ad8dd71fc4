/** Which of the picked hosts a live query did not reach. Fleet tells their number only. */
import type { Host } from '../../core/model.ts';
import type { Log } from '../../core/ports.ts';
import { toProblem } from '../../core/problem.ts';
import type { Account } from './account.ts';
import { type Listing, listHosts } from './hosts.ts';

/**
 * The `count` hosts that the server left out: those of teams that the account may not query and those that are gone.
 * Undefined when these do not explain the number. Never throws.
 */
export async function hostsLeftOut(
  hosts: readonly Host[],
  count: number,
  account: Account,
  listing: Listing,
  log: Log,
  signal: AbortSignal,
): Promise<readonly Host[] | undefined> {
  const isForeign = ({ id }: Host) => {
    const seen = listing.directory.find(id);
    return seen !== undefined && !account.mayQuery(seen.teamId);
  };
  const foreign = hosts.filter(isForeign);
  if (foreign.length === count) return foreign;
  try {
    const enrolled = new Set<string>();
    for await (const page of listHosts(listing, signal)) for (const { host } of page.hosts) enrolled.add(host.id);
    const left = hosts.filter(host => isForeign(host) || !enrolled.has(host.id));
    return left.length === count ? left : undefined;
  } catch (thrown) {
    log.write('warn', toProblem(thrown).message, { source: listing.client.source });
    return undefined;
  }
}
