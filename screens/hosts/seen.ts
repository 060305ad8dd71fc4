/** What the hosts of the inventory hold, for completion: values of a field, the most frequent first. */
import type { Seen } from '../../src/core/filter-completions.ts';
import { platformFamily } from '../../src/core/host-match.ts';
import type { Host } from '../../src/core/model.ts';
import { byFrequency } from '../../src/ui/filter-prompt.ts';

const READ: Readonly<Record<string, (host: Host) => readonly string[]>> = {
  host: host => [host.hostname],
  status: host => [host.status],
  platform: host => [host.platform, platformFamily(host.platform)],
  label: host => host.labels,
  source: host => [host.source],
  ip: host => [host.ip],
  uuid: host => [host.uuid],
};

/** `hosts`: those that are listed now; counted once for each listing. */
export function seenInInventory(hosts: () => readonly Host[]): Seen {
  const known = new Map<string, { readonly of: readonly Host[]; readonly values: readonly string[] }>();
  return field => {
    const of = hosts();
    const before = known.get(field);
    if (before?.of === of) return before.values;
    const read = READ[field];
    const values = read ? byFrequency(of.flatMap(read)).filter(value => value !== '') : [];
    known.set(field, { of, values });
    return values;
  };
}
