/** The only place that says yes. A backend takes an `ApprovedQuery`, and only `approve` can make one. */

import { resolveParams } from './params.ts';
import { AllowlistError } from './problem.ts';
import { renderSql } from './render-sql.ts';
import { clean } from './sanitize.ts';
import type { ParamValue, Template } from './template.ts';

declare const approval: unique symbol;

/** A query that passed the allowlist: a known template with valid parameters, rendered. */
export type ApprovedQuery = {
  readonly template: string;
  readonly digest: string;
  readonly sql: string;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly [approval]: true;
};

export type LaunchRequest = { readonly template: string; readonly params: Readonly<Record<string, string>> };

/**
 * Checks a request against the allowlist and renders its SQL. `now` (epoch ms) anchors spans such as `since=24h`.
 * Throws `AllowlistError` for anything that is not a known template with valid parameters; no network is touched.
 */
export function approve(templates: readonly Template[], request: LaunchRequest, now: number): ApprovedQuery {
  const template = findTemplate(templates, request.template);
  const params = resolveParams(template, request.params, now);
  const query = { template: template.name, digest: template.digest, sql: renderSql(template, params), params };
  return query as ApprovedQuery;
}

/** The template of that name. Throws `AllowlistError` that lists the known ones (wording: contracts/aisoc.md 2.2). */
export function findTemplate(templates: readonly Template[], name: string): Template {
  const template = templates.find(candidate => candidate.name === name);
  if (template) return template;
  const available = templates
    .map(candidate => candidate.name)
    .sort()
    .join(', ');
  const raw = /\s/.test(name.trim()) ? ' Raw SQL is never sent: only these templates are.' : '';
  throw new AllowlistError(`Unknown template '${clean(name, 80)}'. Available: ${available}.${raw}`);
}
