/** What the owner of a shared machine allows: which templates, on how many hosts, and from how many on a person is asked. */
import { z } from 'zod';
import { AllowlistError } from './problem.ts';

export type Policy = {
  /** Digests by the names of templates: nothing else may run. Undefined: no such limit. */
  readonly templates: Readonly<Record<string, string>> | undefined;
  /** Whether templates of users may run, once approved. */
  readonly siteTemplates: boolean;
  /** Hosts that one launch may reach. */
  readonly maxHosts: number;
  /** A launch on more hosts than this needs a word. */
  readonly confirmAbove: number;
};

export const DEFAULT_CONFIRM_ABOVE = 25;

/** Where nobody has written a policy. */
export const NO_POLICY: Policy = {
  templates: undefined,
  siteTemplates: true,
  maxHosts: Number.POSITIVE_INFINITY,
  confirmAbove: DEFAULT_CONFIRM_ABOVE,
};

const digestText = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits, as `rollcall templates NAME` prints it');

/** As written; strict, so that a mistyped key does not lift a limit in silence. */
const policyShape = z.strictObject({
  templates: z.record(z.string(), digestText).optional(),
  site_templates: z.boolean().default(NO_POLICY.siteTemplates),
  max_hosts: z.int().min(1).optional(),
  confirm_above: z.int().min(0).default(NO_POLICY.confirmAbove),
});

/** A policy as read from its file (YAML), or what is off, with the field. An empty file has no limits. */
export function parsePolicy(value: unknown): Policy | { readonly problem: string } {
  const parsed = policyShape.safeParse(value ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.map(String).join('.') ?? '';
    return { problem: `${where === '' ? '' : `${where}: `}${issue?.message ?? 'it is not understood'}` };
  }
  const { templates, site_templates: siteTemplates, max_hosts: maxHosts = NO_POLICY.maxHosts, confirm_above: confirmAbove } = parsed.data;
  return { templates, siteTemplates, maxHosts, confirmAbove };
}

/** Why a template may not run under this policy; undefined when it may. */
export function forbids(
  { templates, siteTemplates }: Policy,
  { name, digest }: { readonly name: string; readonly digest: string },
  origin: 'shipped' | 'site',
): string | undefined {
  if (origin === 'site' && !siteTemplates) return 'the policy of this machine allows no site templates';
  if (templates === undefined) return undefined;
  const allowed = Object.hasOwn(templates, name) ? templates[name] : undefined;
  if (allowed === undefined) return 'the policy of this machine does not name it';
  return allowed === digest ? undefined : 'it is not what the policy of this machine allows by that name (another digest)';
}

/** Throws `AllowlistError` when a launch would reach more hosts than the policy allows. */
export function permitHosts({ maxHosts }: Policy, hosts: number): void {
  if (hosts <= maxHosts) return;
  throw new AllowlistError(`The policy of this machine allows ${maxHosts} hosts at once, not ${hosts}: nothing was sent. Ask fewer.`);
}
