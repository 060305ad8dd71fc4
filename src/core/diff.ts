/** What changed between two answers to the same question: of one host, or of every host of two runs. */
import type { Row } from './model.ts';
import { bucketOf, type Run, type Target } from './run.ts';
import type { Template } from './template.ts';

/** What a template says of its rows. */
export type RowRules = Pick<Template, 'key' | 'volatile'>;

/** The same thing (by key) with other values. `columns` are those that differ, volatile ones left aside. */
export type ChangedRow = {
  readonly key: readonly (string | null)[];
  readonly before: Row;
  readonly after: Row;
  readonly columns: readonly string[];
};

export type RowDiff = {
  readonly added: readonly Row[];
  readonly removed: readonly Row[];
  readonly changed: readonly ChangedRow[];
  /** Rows that are the same but for volatile columns. */
  readonly same: number;
};

/** One text for the values of a row in these columns; what a row does not have counts as null. */
export const rowIdentity = (row: Row, columns: readonly string[]): string => JSON.stringify(columns.map(column => row[column] ?? null));

/** The columns of rows, in order of appearance. */
export function columnsOfRows(rows: Iterable<Row>): readonly string[] {
  const columns = new Set<string>();
  for (const row of rows) for (const column of Object.keys(row)) columns.add(column);
  return [...columns];
}

/** Columns that both sides have and that are not volatile: an agent of another version may have columns more. */
function comparedColumns(before: readonly Row[], after: readonly Row[], volatile: readonly string[]): readonly string[] {
  const [left, right] = [columnsOfRows(before), columnsOfRows(after)];
  const both = before.length > 0 && after.length > 0 ? left.filter(column => right.includes(column)) : [...left, ...right];
  const steady = both.filter(column => !volatile.includes(column));
  return steady.length > 0 ? steady : both;
}

/** Takes away what is equal on both sides, one for one; returns what is left of each. */
function pairOff(before: readonly Row[], after: readonly Row[], columns: readonly string[]): { before: Row[]; after: Row[]; same: number } {
  const surplus = new Map<string, number>();
  const texts = before.map(row => rowIdentity(row, columns));
  for (const text of texts) surplus.set(text, (surplus.get(text) ?? 0) + 1);
  const fresh = after.filter(row => {
    const text = rowIdentity(row, columns);
    const count = surplus.get(text) ?? 0;
    if (count > 0) surplus.set(text, count - 1);
    return count === 0;
  });
  const gone = before.filter((_, index) => {
    const text = texts[index] ?? '';
    const count = surplus.get(text) ?? 0;
    if (count > 0) surplus.set(text, count - 1);
    return count > 0;
  });
  return { before: gone, after: fresh, same: before.length - gone.length };
}

/**
 * Compares two answers as multisets of rows. Without key columns a row is its whole content less volatile columns, so it
 * is either there or not; with them, rows of one key that differ are one changed row each, in order of appearance.
 */
export function diffRows(before: readonly Row[], after: readonly Row[], rules: RowRules): RowDiff {
  const columns = comparedColumns(before, after, rules.volatile);
  const left = pairOff(before, after, columns);
  const keyed = rules.key.length > 0 && rules.key.every(column => columns.includes(column));
  if (!keyed) return { added: left.after, removed: left.before, changed: [], same: left.same };
  const waiting = new Map<string, number[]>();
  for (let index = left.before.length - 1; index >= 0; index -= 1) {
    const key = rowIdentity(left.before[index] ?? {}, rules.key);
    const indexes = waiting.get(key);
    if (indexes) indexes.push(index);
    else waiting.set(key, [index]);
  }
  const added: Row[] = [];
  const changed: ChangedRow[] = [];
  for (const row of left.after) {
    const earlier = left.before[waiting.get(rowIdentity(row, rules.key))?.pop() ?? -1];
    if (earlier) changed.push(change(earlier, row, columns, rules.key));
    else added.push(row);
  }
  const unpaired = new Set([...waiting.values()].flat());
  return { added, removed: left.before.filter((_, index) => unpaired.has(index)), changed, same: left.same };
}

const change = (before: Row, after: Row, columns: readonly string[], key: readonly string[]): ChangedRow => ({
  key: key.map(column => after[column] ?? null),
  before,
  after,
  columns: columns.filter(column => (before[column] ?? null) !== (after[column] ?? null)),
});

/**
 * One host of two runs. `compared`: it answered both, possibly without rows. `only_before`, `only_after`: the other run
 * did not ask it. `no_answer`: at least one run has no answer of it (it failed, was silent, still waits): nothing is known
 * of what changed, and a missing answer is not an empty one.
 */
export type HostDiff =
  | { readonly state: 'compared'; readonly before: Target; readonly after: Target; readonly diff: RowDiff }
  | { readonly state: 'no_answer'; readonly before: Target; readonly after: Target }
  | { readonly state: 'only_before'; readonly before: Target }
  | { readonly state: 'only_after'; readonly after: Target };

/** Whether a target answered the query, with rows or without. */
export const hasAnswered = ({ state }: Target): boolean => bucketOf(state) === 'answered';

/**
 * Compares two runs of one template, host by host: in the order of `after`, then those that only `before` asked. A host is
 * the same when its source and id are.
 */
export function diffRuns(before: Run, after: Run, rules: RowRules): readonly HostDiff[] {
  const hosts = after.targets.map((target): HostDiff => {
    const earlier = before.target(target.host.source, target.host.id);
    if (!earlier) return { state: 'only_after', after: target };
    if (!hasAnswered(earlier) || !hasAnswered(target)) return { state: 'no_answer', before: earlier, after: target };
    return { state: 'compared', before: earlier, after: target, diff: diffRows(earlier.rows, target.rows, rules) };
  });
  const gone = before.targets.filter(({ host }) => !after.target(host.source, host.id));
  return [...hosts, ...gone.map((target): HostDiff => ({ state: 'only_before', before: target }))];
}
