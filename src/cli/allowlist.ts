/** The allowlist as this start finds it on disk. */
import { readApprovals } from '../adapters/approvals.ts';
import { type PolicyPlace, readPolicy } from '../adapters/policy-file.ts';
import { readSiteTemplates } from '../adapters/template-dir.ts';
import { type Allowlist, allowlistOf } from '../core/allowlist.ts';
import type { Template } from '../core/template.ts';

/** Reads policy, site templates and approvals. Throws a 'usage' Problem for a policy that cannot be followed. */
export async function loadAllowlist(configDir: string, shipped: readonly Template[], place?: PolicyPlace): Promise<Allowlist> {
  const policy = readPolicy(place);
  const site = await readSiteTemplates(configDir);
  return allowlistOf(shipped, site, site.length > 0 ? readApprovals(configDir) : new Map(), policy);
}
