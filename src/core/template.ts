/** The allowlist: what may be asked, with which parameters. A template is a folder of data (`templates/<name>/`). */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Row } from './model.ts';

export const PLATFORMS = ['linux', 'darwin', 'windows'] as const;
export type Platform = (typeof PLATFORMS)[number];

const common = { name: z.string().regex(/^[a-z][a-z0-9_]*$/), title: z.string().min(1) };

/** Typed parameters. One without `default` is required. A `time` default is a span ("24h"); its value is epoch seconds. */
export const paramSpec = z.discriminatedUnion('type', [
  z.strictObject({ ...common, type: z.literal('int'), min: z.int(), max: z.int(), default: z.int().optional() }),
  z.strictObject({ ...common, type: z.literal('time'), default: z.string().optional() }),
  z.strictObject({ ...common, type: z.literal('enum'), values: z.array(z.string()).min(1), default: z.string().optional() }),
  z.strictObject({ ...common, type: z.literal('path'), default: z.string().optional() }),
  z.strictObject({ ...common, type: z.literal('ip'), default: z.string().optional() }),
  z.strictObject({ ...common, type: z.literal('sha256'), default: z.string().optional() }),
  z.strictObject({ ...common, type: z.literal('text'), maxLength: z.int().min(1).max(4096), default: z.string().optional() }),
]);
export type ParamSpec = z.infer<typeof paramSpec>;
export type ParamValue = string | number;

/**
 * What must be on for a template over event tables to see anything: publishers as the table `osquery_events` names them
 * (one per platform at most), and the flags of osqueryd that start them.
 */
const eventSource = z.strictObject({
  publishers: z.array(z.string().regex(/^\w+$/)).min(1),
  flags: z.array(z.string().regex(/^--[a-z_]+=\S+$/)).min(1),
});

/**
 * `template.yaml`. `stack`: columns that make a least-frequency table; `volatile`: columns that differ on every run; `key`:
 * columns that tell rows of one host apart, and stay when the rest of a row changes (none: a row is its whole content);
 * `secrets`: columns that may hold secrets, which are masked when shown (`maskRow`); `events`: it reads an event table.
 */
export const templateMeta = z.strictObject({
  title: z.string().min(1),
  why: z.string().min(1),
  platforms: z.array(z.enum(PLATFORMS)).min(1),
  params: z.array(paramSpec).default([]),
  attack: z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/)).default([]),
  cost: z.enum(['low', 'medium', 'high']),
  stack: z.array(z.string()).default([]),
  volatile: z.array(z.string()).default([]),
  key: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  events: eventSource.optional(),
});

export type Template = z.infer<typeof templateMeta> & {
  readonly name: string;
  /** SQL with `:name` marks. */
  readonly sql: string;
  /** `sha256:<hex>` over the SQL and the parameters' specification: what an approval is bound to. */
  readonly digest: string;
  readonly sample: readonly Row[];
};

/** A template folder as read: `{name, meta, sql, sample}`. */
export type TemplateSource = { readonly name: string; readonly meta: unknown; readonly sql: string; readonly sample: unknown };

const sampleRows = z.array(z.record(z.string(), z.string().nullable()));

/** Reads one template. Throws ZodError with the field that is off. */
export function parseTemplate({ name, meta, sql, sample }: TemplateSource): Template {
  const known = templateMeta.parse(meta);
  const text = sql.trim().replace(/;$/, '');
  const digest = createHash('sha256')
    .update(JSON.stringify([text, known.params]))
    .digest('hex');
  return { ...known, name, sql: text, digest: `sha256:${digest}`, sample: sampleRows.parse(sample) };
}
