/**
 * The bodies of osquery's TLS remote API (contracts/osquery-remote.md 1.2 to 1.6), read leniently: old agents send
 * numbers as strings and no rows as `""`, other clients leave out what they do not have.
 */
import { z } from 'zod';

const text = z.string().catch('');
const table = z.record(z.string(), z.unknown()).catch({});

/** What every request after enrolment carries. */
export const nodeBody = z.looseObject({ node_key: text });

export const enrollBody = z.looseObject({
  enroll_secret: text,
  host_identifier: text,
  platform_type: z.union([z.string(), z.number().transform(String)]).catch(''),
  host_details: table,
});
export type EnrollBody = z.infer<typeof enrollBody>;

/** First rows of tables, by table; all values text. */
export const hostDetail = z.record(z.string(), z.union([z.string(), z.number().transform(String)]).catch('')).catch({});

export const logBody = z.looseObject({ log_type: z.enum(['result', 'status']), data: z.array(z.unknown()) });
export type LogBody = z.infer<typeof logBody>;

const number = z.coerce.number().catch(Number.NaN);
const stamp = z.union([z.number(), z.string()]).nullable().catch(null);
/** Rows of a list; old agents say `""` for none. */
const rows = z.array(z.unknown()).catch([]);

/** Cells are looked at one by one when they are cleaned. */
const cells = z.custom<Readonly<Record<string, unknown>>>(value => typeof value === 'object' && value !== null && !Array.isArray(value));

/** A line of a scheduled query, in any of its three forms; which one it is shows by the key that is there. */
export const resultLine = z.looseObject({
  name: z.string().min(1),
  action: text,
  unixTime: stamp,
  epoch: stamp,
  counter: stamp,
  columns: cells.optional(),
  snapshot: rows.optional(),
  diffResults: z.looseObject({ added: rows, removed: rows }).optional(),
});
export type ResultLine = z.infer<typeof resultLine>;

/** `severity`: 0 info, 1 warning, 2 error; a number, or text from older agents. */
export const statusLine = z.looseObject({
  severity: number,
  message: z.string(),
  filename: text,
  line: z.union([z.string(), z.number().transform(String)]).catch(''),
  version: text,
  unixTime: stamp,
});
export type StatusLine = z.infer<typeof statusLine>;

export const writeBody = z.looseObject({ queries: table, statuses: table, messages: table });

/** What a node says to one distributed query. `status` 0 is success. */
export type QueryResult = { readonly rows: readonly unknown[]; readonly status: number; readonly message: string };

/** Results by query id. A query that only has a status is there too; one without a status succeeded. */
export function queryResults(body: z.infer<typeof writeBody>): Map<string, QueryResult> {
  const ids = new Set([...Object.keys(body.queries), ...Object.keys(body.statuses)]);
  return new Map(
    [...ids].map(id => {
      const status = Object.hasOwn(body.statuses, id) ? number.parse(body.statuses[id]) : 0;
      return [
        id,
        { rows: rows.parse(body.queries[id]), status: Number.isNaN(status) ? 1 : status, message: text.parse(body.messages[id]) },
      ];
    }),
  );
}
