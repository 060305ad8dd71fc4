/** Shapes of osctrl's answers, for all three generations of its API (contracts/osctrl.md 3, 8). Unknown fields are dropped. */
import { z } from 'zod';

const SNAKE = new Map<string, string>();

/** `ID` -> `id`, `IPAddress` -> `ip_address`, `EnvironmentID` -> `environment_id`; names that have no capitals stay. */
function snakeCase(name: string): string {
  if (!/[A-Z]/.test(name) || name.length > 40) return name;
  const known = SNAKE.get(name);
  if (known !== undefined) return known;
  const made = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
  if (SNAKE.size < 500) SNAKE.set(name, made);
  return made;
}

/** osctrl 0.5.1 and older speak PascalCase, newer ones snake_case: one schema reads both. */
const record = <S extends z.ZodRawShape>(shape: S) =>
  z.preprocess(value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snakeCase(name), inner]));
  }, z.object(shape));

const text = z.string().default('');
const count = z.number().default(0);
const flag = z.boolean().default(false);

/** RFC 3339 as epoch ms; null for Go's zero time (`0001-01-01T00:00:00Z`), which means "never". */
const time = z
  .string()
  .default('')
  .transform(value => {
    const ms = Date.parse(value);
    return Number.isNaN(ms) || ms <= 0 ? null : ms;
  });

export const nodeShape = record({
  uuid: z.string().min(1),
  hostname: text,
  localname: text,
  platform: text,
  platform_version: text,
  osquery_version: text,
  ip_address: text,
  /** The environment's name. */
  environment: text,
  last_seen: time,
});
export type OsctrlNode = z.infer<typeof nodeShape>;

export const queryShape = record({
  /** 0: there is no such query (contracts/osctrl.md 0.5). */
  id: z.number(),
  name: z.string(),
  creator: text,
  query: text,
  expected: count,
  executions: count,
  errors: count,
  active: flag,
  completed: flag,
  deleted: flag,
  expired: flag,
  type: z.string().default('query'),
  created_at: time,
  updated_at: time,
  expiration: time,
  /** What was asked for. Absent in lists and in 0.5.1. */
  targets: z.array(record({ type: z.string(), value: z.string() })).optional(),
});
export type OsctrlQuery = z.infer<typeof queryShape>;

/** One host's answer. `data` is JSON text of an `answerShape`. */
export const resultShape = record({
  id: z.number(),
  created_at: z.string(),
  uuid: z.string().min(1),
  status: z.number().default(0),
  data: z.string(),
});

export const answerShape = z.object({
  result: z.array(z.unknown()).nullish(),
  status: z.number().optional(),
  message: z.string().optional(),
});

/** 0.5.1 and older: `{uuid: data}`, the last answer of each host. */
export const resultMapShape = z.record(z.string(), z.string());

/** Items are read one by one, so that a bad one costs itself only. */
export const pageShape = z.object({ items: z.array(z.unknown()).nullable(), total_items: z.number() });

export const listShape = z.array(z.unknown());

export const createdShape = z.object({ query_name: z.string().regex(/^[\w-]{1,128}$/) });

export const actionShape = z.object({ message: z.string() });

export const environmentShape = record({ uuid: z.string(), name: z.string() });
export type Environment = z.infer<typeof environmentShape>;

/** Payload of the token. `exp`: epoch s. */
export const claimsShape = z.object({ username: z.string(), exp: z.number().optional() });

const rights = z.object({ user: flag, query: flag, admin: flag });

export const accountShape = z.object({
  username: z.string(),
  admin: flag,
  token_expire: time,
  permissions: z.record(z.string(), rights).nullish(),
});
