/** What the hosts of the inventory hold, for completion: values of a field, the most frequent first. */
import type { Seen } from '../../src/core/filter-completions.ts';
import { hostValues } from '../../src/core/host-filter.ts';
import type { Host } from '../../src/core/model.ts';
import { byFrequency } from '../../src/ui/filter-prompt.ts';

/** `hosts`: those that are listed now; counted once for each listing. */
export function seenInInventory(hosts: () => readonly Host[]): Seen {
  const known = new Map<string, { readonly of: readonly Host[]; readonly values: readonly string[] }>();
  return field => {
    const of = hosts();
    const before = known.get(field);
    if (before?.of === of) return before.values;
    const values = byFrequency(hostValues(of, field));
    known.set(field, { of, values });
    return values;
  };
}
