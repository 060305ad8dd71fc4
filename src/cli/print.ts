/** Printing in the four formats. Everything that goes out is safe on a terminal and keeps its meaning for a program. */
import { safeJson } from '../core/sanitize.ts';
import type { CommandContext } from './context.ts';
import { csvLine } from './csv.ts';
import { type Cell, tableLines } from './table.ts';

/** Lines are handed over in parts of about this many characters. */
const PART = 65_536;

type Sink = Pick<CommandContext, 'out' | 'terminal'>;

/** Writes texts, gathered into larger parts, until nobody reads any more. */
export async function writeAll({ out }: Sink, texts: Iterable<string>): Promise<void> {
  let part = '';
  for (const text of texts) {
    part += text;
    if (part.length < PART) continue;
    await out.write(part);
    part = '';
    if (out.gone.aborted) return;
  }
  await out.write(part);
}

/** One JSON document: indented for people, in one line for programs. */
export const writeJson = (sink: Sink, value: unknown): Promise<void> =>
  sink.out.write(`${safeJson(value, sink.terminal.tty ? 2 : undefined)}\n`);

export const jsonLine = (value: unknown): string => `${safeJson(value)}\n`;

/** How a list of things is printed. */
export type ListForm<T> = {
  json(item: T): unknown;
  /** Columns of the table. */
  readonly header: readonly string[];
  cells(item: T): readonly Cell[];
  /** Columns of the CSV, keys of the JSON; lists in a cell are joined, objects become JSON. */
  readonly csv: readonly string[];
  /** Instead of a table without rows. */
  readonly none: string;
};

function csvValue(value: unknown): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value) && value.every(part => typeof part === 'string')) return value.join(' ');
  if (typeof value === 'object') return safeJson(value);
  return value as string | number | boolean;
}

/** One CSV record of the named keys. */
export function csvRecord(columns: readonly string[], value: unknown): string {
  const record = value as Readonly<Record<string, unknown>>;
  return csvLine(columns.map(name => csvValue(record[name])));
}

function* jsonLines<T>(items: readonly T[], form: ListForm<T>): Generator<string> {
  for (const item of items) yield jsonLine(form.json(item));
}

function* csvList<T>(items: readonly T[], form: ListForm<T>): Generator<string> {
  yield csvLine(form.csv);
  for (const item of items) yield csvRecord(form.csv, form.json(item));
}

/** Prints a list in the format of the context. */
export async function printList<T>(context: CommandContext, items: readonly T[], form: ListForm<T>): Promise<void> {
  const { format, terminal } = context;
  if (format === 'json') await writeJson(context, items.map(form.json));
  else if (format === 'jsonl') await writeAll(context, jsonLines(items, form));
  else if (format === 'csv') await writeAll(context, csvList(items, form));
  else if (items.length === 0) context.messages.tell(form.none);
  else
    await writeAll(
      context,
      tableLines(form.header, items.map(form.cells), terminal).map(line => `${line}\n`),
    );
}
