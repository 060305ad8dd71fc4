/** A detection rule as people write it (`rules/*.yaml`): a list of such entries is a file. Data, no code. */
import { z } from 'zod';
import { type EventAction, type EventKind, SEVERITIES } from '../model.ts';
import { PLATFORMS } from '../template.ts';
import { parseCidr } from './cidr.ts';
import { regexFault } from './safe-regex.ts';

const text = z.union([z.string(), z.number()]).transform(String);
const texts = z.union([text.transform(one => [one]), z.array(text).min(1)]);
const checked = (fault: (value: string) => string | undefined) =>
  texts.superRefine((values, context) => {
    for (const value of values) {
      const message = fault(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }
  });

const operators = z
  .strictObject({
    equals: texts,
    in: z.array(text).min(1),
    contains: texts,
    contains_all: texts,
    startswith: texts,
    endswith: texts,
    regex: checked(regexFault),
    cidr: checked(range => (parseCidr(range) ? undefined : `'${range}' is no address range: write 10.0.0.0/8 or fe80::/10`)),
    gt: z.number(),
    gte: z.number(),
    lt: z.number(),
    lte: z.number(),
    exists: z.boolean(),
  })
  .partial();
export type Operators = z.infer<typeof operators>;

/**
 * What a column must be: a value, a list of values, or operators that must all hold. Texts are compared without regard
 * to case; an operator with a list holds when one of the list does (`contains_all`: every one). A column that the row
 * lacks, or that is null, fulfils nothing but `exists: false`.
 */
const condition = z.union([
  text.transform((value): Condition => ({ equals: [value] })),
  z
    .array(text)
    .min(1)
    .transform((values): Condition => ({ in: values })),
  operators.extend({ not: operators.optional() }),
]);
export type Condition = Operators & { readonly not?: Operators | undefined };

/** Columns that must all be so. `a|b`: the first of these columns that the row has. */
const all = z.record(z.string().min(1), condition).refine(columns => Object.keys(columns).length > 0, 'names no column');
/** One such group, or several of which one is enough. */
const groups = z.union([all.transform(one => [one]), z.array(all).min(1)]);

const many = <T extends z.ZodType>(one: T) => z.union([one.transform(value => [value]), z.array(one).min(1)]);

const ACTIONS = ['added', 'removed', 'snapshot'] as const satisfies readonly EventAction[];
const KINDS = ['host', 'query_row', 'status'] as const satisfies readonly EventKind[];

const cell = z.union([z.string(), z.number(), z.boolean()]).transform(String).nullable();
/** An event in short: what is left out is taken from the rule. */
const sample = z.strictObject({
  table: z.string().optional(),
  action: z.enum(ACTIONS).optional(),
  query: z.string().optional(),
  platform: z.enum(PLATFORMS).optional(),
  row: z.record(z.string(), cell).default({}),
});
export type Sample = z.infer<typeof sample>;

const id = z.string().regex(/^[a-z][a-z0-9-]{1,63}$/, 'an id is lower-case words with dashes');

const ruleShape = z
  .strictObject({
    id,
    title: z.string().min(1),
    why: z.string().min(1),
    attack: z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/, 'an ATT&CK id looks like T1059 or T1059.004')).default([]),
    severity: z.enum(SEVERITIES).optional(),
    at_least: z.enum(SEVERITIES).optional(),
    at_most: z.enum(SEVERITIES).optional(),
    kind: z.enum(KINDS).default('query_row'),
    table: many(z.string().regex(/^[a-z0-9_]+$/, 'a table name is lower-case')).default([]),
    query: many(z.string().min(1)).default([]),
    action: many(z.enum(ACTIONS)).default([]),
    platform: many(z.enum(PLATFORMS)).default([]),
    when: groups.optional(),
    unless: groups.optional(),
    matches: sample,
    spares: sample,
  })
  .superRefine((rule, context) => {
    const given = [rule.severity, rule.at_least, rule.at_most].filter(value => value !== undefined).length;
    if (given !== 1) context.addIssue({ code: 'custom', message: 'has to say one of severity, at_least, at_most' });
    if (rule.table.length + rule.query.length === 0 && !rule.when && rule.kind === 'query_row')
      context.addIssue({ code: 'custom', message: 'would match everything: give it a table, a query or a when' });
  });

/**
 * One rule. `severity` sets, `at_least` raises, `at_most` lowers. Empty `table`, `query`, `platform`: any; empty `action`:
 * any but 'removed'. `when`, `unless`: groups of columns.
 */
export type Rule = z.infer<typeof ruleShape>;

/** Takes a shipped rule out of force. */
const off = z.strictObject({ id, off: z.literal(true) });
export type RuleEntry = Rule | z.infer<typeof off>;

export const isOff = (entry: RuleEntry): entry is z.infer<typeof off> => 'off' in entry;

/** What is wrong with a file, and where in it: keys and places in lists, from the top. */
export type RuleFault = { readonly path: readonly (string | number)[]; readonly reason: string };

/** The deepest issue says most: that a union fits in no form tells nobody anything. */
function told(issue: z.core.$ZodIssue): RuleFault {
  let path = issue.path;
  let message = issue.message;
  if (issue.code === 'invalid_union') {
    const inner = issue.errors
      .flat()
      .sort((a, b) => b.path.length - a.path.length || Number(b.code === 'custom') - Number(a.code === 'custom'))[0];
    if (inner) {
      const deeper = told(inner);
      path = [...issue.path, ...deeper.path];
      message = deeper.reason;
    }
  }
  return { path: path.map(part => (typeof part === 'symbol' ? String(part) : part)), reason: message };
}

/** Reads the content of one file. Either all of its rules, or the first thing that is wrong with it. */
export function parseRules(content: unknown): { readonly entries: readonly RuleEntry[] } | { readonly fault: RuleFault } {
  if (!Array.isArray(content)) return { fault: { path: [], reason: 'a file of rules is a list: begin each rule with "- id:"' } };
  const entries: RuleEntry[] = [];
  for (const [index, raw] of content.entries()) {
    const wanted = typeof raw === 'object' && raw !== null && 'off' in raw ? off : ruleShape;
    const parsed = wanted.safeParse(raw);
    const issue = parsed.error?.issues[0];
    if (issue) {
      const { path, reason } = told(issue);
      return { fault: { path: [index, ...path], reason } };
    }
    const entry = parsed.data as RuleEntry;
    if (entries.some(known => known.id === entry.id))
      return { fault: { path: [index, 'id'], reason: `'${entry.id}' stands twice in this file` } };
    entries.push(entry);
  }
  return { entries };
}

/** The rules in force: later entries of the same id replace earlier ones in their place, or switch them off. */
export function inForce(entries: readonly RuleEntry[]): readonly Rule[] {
  const byId = new Map<string, RuleEntry>();
  for (const entry of entries) byId.set(entry.id, entry);
  return [...byId.values()].filter(entry => !isOff(entry)) as readonly Rule[];
}
