/** The allowlist of a start: shipped templates, those of the site, and what approvals and policy say of each. */
import { forbids, type Policy } from './policy.ts';
import type { Template } from './template.ts';

/**
 * `approved` may run. `unapproved`: nobody has approved it; `changed`: it is not what was approved; `broken`: it cannot be
 * read, or is no single read-only SELECT; `shadows`: it has the name of a shipped one, which is then `shadowed`;
 * `forbidden`: by the policy.
 */
export type TemplateState = 'approved' | 'unapproved' | 'changed' | 'broken' | 'shadows' | 'shadowed' | 'forbidden';

export type ListedTemplate = {
  readonly name: string;
  readonly origin: 'shipped' | 'site';
  readonly state: TemplateState;
  /** Why it may not run; empty when it may. */
  readonly reason: string;
  /** Undefined for one that cannot be read. */
  readonly template: Template | undefined;
};

/** A template of the site as read: whole, or with the reason why it is broken. */
export type SiteTemplate = { readonly name: string; readonly template: Template | undefined; readonly broken?: string };

/** `by` is a login name, `at` RFC 3339. */
export type Approval = { readonly digest: string; readonly by: string; readonly at: string };

/** By template. A text: why approvals cannot be had, so that none counts. */
export type Approvals = ReadonlyMap<string, Approval> | string;

export type Allowlist = {
  /** All, by name. */
  readonly listed: readonly ListedTemplate[];
  /** Those that may run. */
  readonly templates: readonly Template[];
  /** Why the others may not, by name. */
  readonly refused: ReadonlyMap<string, string>;
  readonly policy: Policy;
};

const SAME_NAME = 'a site template has the name of a shipped one, so which is meant is not clear. Give its folder another';

const approveHint = (name: string): string => `Read it and approve it: rollcall templates approve ${name}`;

function approvalOf({ name, digest }: Template, approvals: Approvals): readonly [TemplateState, string] {
  if (typeof approvals === 'string') return ['unapproved', `approvals are not known (${approvals})`];
  const approval = approvals.get(name);
  if (!approval) return ['unapproved', `nobody has approved it. ${approveHint(name)}`];
  if (approval.digest === digest) return ['approved', ''];
  return ['changed', `it was changed after ${approval.by} approved it at ${approval.at}. ${approveHint(name)}`];
}

function siteState(
  site: SiteTemplate,
  shipped: ReadonlySet<string>,
  approvals: Approvals,
  policy: Policy,
): readonly [TemplateState, string] {
  const { name, template, broken } = site;
  if (shipped.has(name)) return ['shadows', SAME_NAME];
  if (broken !== undefined || !template) return ['broken', (broken ?? 'it cannot be read').replace(/\.$/, '')];
  const forbidden = forbids(policy, template, 'site');
  return forbidden === undefined ? approvalOf(template, approvals) : ['forbidden', forbidden];
}

function shippedState(template: Template, taken: ReadonlySet<string>, policy: Policy): readonly [TemplateState, string] {
  if (taken.has(template.name)) return ['shadowed', SAME_NAME];
  const forbidden = forbids(policy, template, 'shipped');
  return forbidden === undefined ? ['approved', ''] : ['forbidden', forbidden];
}

/** Puts the allowlist together. A name that two templates share stands for neither. */
export function allowlistOf(shipped: readonly Template[], site: readonly SiteTemplate[], approvals: Approvals, policy: Policy): Allowlist {
  const shippedNames = new Set(shipped.map(({ name }) => name));
  const siteNames = new Set(site.map(({ name }) => name));
  const listed = [
    ...shipped.map((template): ListedTemplate => {
      const [state, reason] = shippedState(template, siteNames, policy);
      return { name: template.name, origin: 'shipped', state, reason, template };
    }),
    ...site.map((one): ListedTemplate => {
      const [state, reason] = siteState(one, shippedNames, approvals, policy);
      return { name: one.name, origin: 'site', state, reason, template: one.template };
    }),
  ].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  const templates = listed.flatMap(({ state, template }) => (state === 'approved' && template ? [template] : []));
  const refused = new Map(listed.flatMap(({ name, state, reason }) => (state === 'approved' ? [] : [[name, reason] as const])));
  return { listed, templates, refused, policy };
}
