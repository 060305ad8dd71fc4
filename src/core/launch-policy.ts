/** The only place that says yes. A backend takes an `ApprovedQuery`, and only `approve` and `approveCarve` can make one. */
import { createHash } from 'node:crypto';

import { resolveParams } from './params.ts';
import { AllowlistError } from './problem.ts';
import { CARVE, renderSql } from './render-sql.ts';
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

/** Why templates may not be used, by name. */
export type Refusals = ReadonlyMap<string, string>;

const NONE: Refusals = new Map();

export type LaunchRequest = { readonly template: string; readonly params: Readonly<Record<string, string>> };

/**
 * Checks a request against the allowlist and renders its SQL. `now` (epoch ms) anchors spans such as `since=24h`.
 * Throws `AllowlistError` for anything that is not a known template with valid parameters, with the reason where the name is
 * `refused`; no network is touched.
 */
export function approve(templates: readonly Template[], request: LaunchRequest, now: number, refused: Refusals = NONE): ApprovedQuery {
  const template = findTemplate(templates, request.template, refused);
  const params = resolveParams(template, request.params, now);
  const query = { template: template.name, digest: template.digest, sql: renderSql(template, params), params };
  return query as ApprovedQuery;
}

/** What osqueryd's carver cannot carry in a path, or takes for a pattern. */
const NO_CARVE_PATH = /[,%*?[\]{}\p{C}]/u;
const ABSOLUTE = /^(\/|[A-Za-z]:\\)./;

/**
 * A query that makes a host send one file, by its absolute path. Throws `AllowlistError` for a relative path, a pattern,
 * or a path that the carver would take for several (contracts/osquery-remote.md 1.7).
 */
export function approveCarve(path: string): ApprovedQuery {
  const refusal = (why: string) => new AllowlistError(`The path '${clean(path, 200)}' cannot be carved: ${why}. Nothing was sent.`);
  if (!ABSOLUTE.test(path)) throw refusal('it is not absolute');
  if (path.split(/[/\\]/).includes('..')) throw refusal("it goes up by '..'");
  if (NO_CARVE_PATH.test(path)) throw refusal('commas, wildcards and control characters are not allowed');
  const digest = `sha256:${createHash('sha256').update(CARVE.sql).digest('hex')}`;
  const query = { template: CARVE.name, digest, sql: renderSql(CARVE, { path }), params: { path } };
  return query as unknown as ApprovedQuery;
}

/** The path of a query that was made by `approveCarve`. */
export const carvedPath = ({ template, params }: ApprovedQuery): string | undefined =>
  template === CARVE.name && typeof params.path === 'string' ? params.path : undefined;

/** The template of that name. Throws `AllowlistError` that says why it is refused, or lists the known ones (wording: contracts/aisoc.md 2.2). */
export function findTemplate(templates: readonly Template[], name: string, refused: Refusals = NONE): Template {
  const reason = refused.get(name);
  if (reason !== undefined) throw new AllowlistError(`Template '${clean(name, 80)}' is refused: ${reason}.`);
  const template = templates.find(candidate => candidate.name === name);
  if (template) return template;
  const available = templates
    .map(candidate => candidate.name)
    .sort()
    .join(', ');
  const raw = /\s/.test(name.trim()) ? ' Raw SQL is never sent: only these templates are.' : '';
  throw new AllowlistError(`Unknown template '${clean(name, 80)}'. Available: ${available}.${raw}`);
}
