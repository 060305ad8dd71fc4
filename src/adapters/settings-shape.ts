/** What may stand in the settings file, and what it means. */
import path from 'node:path';
import { z } from 'zod';
import { parseFilter } from '../core/filter.ts';
import { toProblem } from '../core/problem.ts';
import { parseSize } from '../core/size.ts';
import { parseSpan } from '../core/time.ts';
import { gelfAddress } from './forward.ts';

const secretPlace = z.union(
  [z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) }), z.strictObject({ command: z.string().min(1) })],
  { error: 'must be one of {"env": NAME}, {"file": PATH}, {"command": COMMAND}' },
);

/** What every source has. All other keys are the connector's own, checked by its `settings` schema. */
export const sourceEntry = z.looseObject({
  kind: z.enum(['osctrl', 'fleetdm', 'direct']),
  secret: secretPlace.optional(),
  ca_file: z.string().min(1).optional(),
  insecure: z.boolean().optional(),
});

/** A file maps names to secrets (YAML, 0600); a command gets the name as `$1` and prints the secret. */
const secretsPlace = z.union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ command: z.string().min(1) })], {
  error: 'must be one of {"file": PATH}, {"command": COMMAND}',
});

const filter = z.string().superRefine((text, context) => {
  try {
    parseFilter(text);
  } catch (thrown) {
    context.addIssue({ code: 'custom', message: toProblem(thrown).message });
  }
});

/** Where events are forwarded to. */
const forwardTarget = z.discriminatedUnion('to', [
  z.strictObject({
    to: z.literal('jsonl'),
    file: z.string().refine(path.isAbsolute, 'must be an absolute path'),
    filter: filter.optional(),
  }),
  z.strictObject({
    to: z.literal('gelf'),
    address: z.string().refine(text => gelfAddress(text) !== undefined, 'must be udp://host:port or tcp://host:port'),
    filter: filter.optional(),
  }),
]);

/** Calls on new critical events; off unless switched on. */
const alarm = z.strictObject({ bell: z.boolean().default(false), title: z.boolean().default(false) });

/** What a process that stays open takes away, in the words of `rollcall prune`. */
const retention = z
  .strictObject({
    older_than: z
      .string()
      .refine(text => (parseSpan(text) ?? 0) > 0, 'must be a span: 30d, 12h')
      .optional(),
    max_size: z
      .string()
      .refine(text => (parseSize(text) ?? 0) > 0, 'must be a size: 500MB, 2GB')
      .optional(),
    keep: filter.default(''),
  })
  .refine(({ older_than, max_size }) => older_than !== undefined || max_size !== undefined, 'must say older_than, max_size or both');

export const settingsShape = z.strictObject({
  sources: z.record(z.string(), sourceEntry).default({}),
  forward: z.array(forwardTarget).optional(),
  secrets: secretsPlace.optional(),
  alarm: alarm.optional(),
  retention: retention.optional(),
});

export type Shape = z.infer<typeof settingsShape>;

/** Where the secrets of playbook steps are, besides the environment. */
export type SecretsPlace = z.infer<typeof secretsPlace>;

/** Which of the terminal's calls are switched on. */
export type AlarmSettings = z.infer<typeof alarm>;

/** `keep`: a filter; its events stay. */
export type Retention = { readonly maxAgeMs: number | undefined; readonly maxBytes: number | undefined; readonly keep: string };

export function retentionOf({ retention: wanted }: Shape): Retention | undefined {
  if (!wanted) return undefined;
  const { older_than, max_size, keep } = wanted;
  return { maxAgeMs: parseSpan(older_than ?? ''), maxBytes: parseSize(max_size ?? ''), keep };
}
