/** Least-frequency stacking: which values are rare over a fleet. Counts hosts, not only rows, and keeps up while answers come. */
import { columnsOfRows } from './diff.ts';
import type { Row } from './model.ts';
import type { Template } from './template.ts';

/** What one host answered; `hostKey` is its name in results (`Target.key`). */
export type HostRows = { readonly hostKey: string; readonly rows: readonly Row[] };

/** Rows that agree in the stacked columns. A column that a row does not have counts as null. */
export type StackGroup = {
  /** In the order of the stack's columns. */
  readonly values: readonly (string | null)[];
  readonly hosts: number;
  readonly rows: number;
  /** Of its hosts, the one that answered first. */
  readonly firstHost: string;
};

export interface Stack {
  readonly columns: readonly string[];
  /** Hosts that have answered, also those without rows: "on 1 of 412". */
  readonly hosts: number;
  /** More rows of a host. Costs as much as there are rows. */
  add(hostKey: string, rows: readonly Row[]): void;
  /** Instead of whatever the host said before; it keeps its place in the order of hosts where its values stay. */
  replace(hostKey: string, rows: readonly Row[]): void;
  /**
   * Rarest first: by hosts, then rows, then values (numbers by value, then texts, empty last). The same array until
   * something changes, and the same object for a group that did not.
   */
  groups(): readonly StackGroup[];
  /** The hosts of a group, in the order in which they answered. Empty when the group is no more. */
  hostsOf(group: StackGroup): readonly string[];
  /** Whether a row belongs to a group. */
  holds(group: StackGroup, row: Row): boolean;
}

/**
 * The columns to stack on unless somebody chooses: the template's, as far as rows have them; else all that are not
 * volatile. `seen`: the columns of rows so far (`columnsIn`); while there are none the template's stand.
 */
export function stackColumns({ stack, volatile }: Pick<Template, 'stack' | 'volatile'>, seen: readonly string[]): readonly string[] {
  if (seen.length === 0) return stack;
  const chosen = stack.filter(column => seen.includes(column));
  if (chosen.length > 0) return chosen;
  const steady = seen.filter(column => !volatile.includes(column));
  return steady.length > 0 ? steady : seen;
}

/** The columns of answers, in order of appearance. A host's rows all have the columns of its first. */
export const columnsIn = (answers: Iterable<Pick<HostRows, 'rows'>>): readonly string[] =>
  columnsOfRows([...answers].flatMap(({ rows }) => rows.slice(0, 1)));

export const createStack = (columns: readonly string[]): Stack => new FleetStack(columns);

/** A stack of answers that are all there. */
export function stackOf(answers: Iterable<HostRows>, columns: readonly string[]): Stack {
  const stack = createStack(columns);
  for (const { hostKey, rows } of answers) stack.add(hostKey, rows);
  return stack;
}

/** Mutable counts of a group. `view` is what callers see; it is made anew after a change. */
type Group = {
  readonly key: string;
  readonly values: readonly (string | null)[];
  readonly ranks: readonly Rank[];
  readonly hosts: Map<string, number>;
  rows: number;
  view: StackGroup;
};

class FleetStack implements Stack {
  readonly columns: readonly string[];
  readonly #groups = new Map<string, Group>();
  readonly #answers = new Map<string, Map<Group, number>>();
  /** Groups that are not where they belong in `#sorted`, or should not be there at all. */
  readonly #changed = new Set<Group>();
  #sorted: readonly Group[] = [];
  #views: readonly StackGroup[] = [];

  constructor(columns: readonly string[]) {
    this.columns = [...columns];
  }

  get hosts(): number {
    return this.#answers.size;
  }

  add(hostKey: string, rows: readonly Row[]): void {
    const answer = this.#answers.get(hostKey) ?? new Map<Group, number>();
    this.#answers.set(hostKey, answer);
    for (const [group, count] of this.#count(rows)) this.#set(group, hostKey, answer, (answer.get(group) ?? 0) + count);
  }

  replace(hostKey: string, rows: readonly Row[]): void {
    const answer = this.#answers.get(hostKey) ?? new Map<Group, number>();
    this.#answers.set(hostKey, answer);
    const counts = this.#count(rows);
    for (const group of [...answer.keys()]) if (!counts.has(group)) this.#set(group, hostKey, answer, 0);
    for (const [group, count] of counts) this.#set(group, hostKey, answer, count);
  }

  groups(): readonly StackGroup[] {
    if (this.#changed.size === 0) return this.#views;
    const settled = this.#sorted.filter(group => !this.#changed.has(group));
    const moved = [...this.#changed].filter(group => group.rows > 0);
    for (const group of moved) group.view = viewOf(group);
    this.#sorted = merged(settled, moved.sort(rarestFirst));
    this.#views = this.#sorted.map(group => group.view);
    this.#changed.clear();
    return this.#views;
  }

  hostsOf(group: StackGroup): readonly string[] {
    return [...(this.#groups.get(keyOf(group.values))?.hosts.keys() ?? [])];
  }

  holds(group: StackGroup, row: Row): boolean {
    return this.columns.every((column, index) => (row[column] ?? null) === group.values[index]);
  }

  #count(rows: readonly Row[]): Map<Group, number> {
    const counts = new Map<Group, number>();
    for (const row of rows) {
      const group = this.#groupOf(row);
      counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    return counts;
  }

  #groupOf(row: Row): Group {
    const values = this.columns.map(column => row[column] ?? null);
    const key = keyOf(values);
    const known = this.#groups.get(key);
    if (known) return known;
    const fresh = { key, values, ranks: values.map(rankOf), hosts: new Map<string, number>(), rows: 0 };
    const group: Group = { ...fresh, view: viewOf(fresh) };
    this.#groups.set(key, group);
    return group;
  }

  #set(group: Group, hostKey: string, answer: Map<Group, number>, count: number): void {
    const before = group.hosts.get(hostKey) ?? 0;
    if (count === before) return;
    group.rows += count - before;
    if (count > 0) {
      group.hosts.set(hostKey, count);
      answer.set(group, count);
    } else {
      group.hosts.delete(hostKey);
      answer.delete(group);
    }
    this.#changed.add(group);
    if (group.rows === 0) this.#groups.delete(group.key);
  }
}

const viewOf = ({ values, hosts, rows }: Pick<Group, 'values' | 'hosts' | 'rows'>): StackGroup => ({
  values,
  hosts: hosts.size,
  rows,
  firstHost: hosts.keys().next().value ?? '',
});

/** One text per list of values; lengths keep `a`, `bc` apart from `ab`, `c`. */
function keyOf(values: readonly (string | null)[]): string {
  let key = '';
  for (const value of values) key += value === null ? '-' : `${value.length}:${value}`;
  return key;
}

/** A value as it is ordered: a number, a text, or null for an empty one. Worked out once per group. */
type Rank = number | string | null;

const DECIMAL = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/;

function rankOf(value: string | null): Rank {
  if (value === null || value === '') return null;
  return DECIMAL.test(value) ? Number(value) : value;
}

const kindOf = (rank: Rank): number => (rank === null ? 2 : typeof rank === 'string' ? 1 : 0);

function byRank(left: Rank, right: Rank): number {
  if (left === right) return 0;
  if (left === null || right === null || typeof left !== typeof right) return kindOf(left) - kindOf(right);
  return left < right ? -1 : 1;
}

function rarestFirst(left: Group, right: Group): number {
  const byCount = left.view.hosts - right.view.hosts || left.view.rows - right.view.rows;
  if (byCount !== 0) return byCount;
  for (let index = 0; index < left.ranks.length; index += 1) {
    const byValue = byRank(left.ranks[index] ?? null, right.ranks[index] ?? null);
    if (byValue !== 0) return byValue;
  }
  return left.key < right.key ? -1 : 1;
}

/** Two sorted lists as one. */
function merged(settled: readonly Group[], moved: readonly Group[]): readonly Group[] {
  const all: Group[] = [];
  let next = 0;
  for (const group of settled) {
    for (let other = moved[next]; other !== undefined && rarestFirst(other, group) < 0; other = moved[next]) {
      all.push(other);
      next += 1;
    }
    all.push(group);
  }
  for (; next < moved.length; next += 1) {
    const rest = moved[next];
    if (rest) all.push(rest);
  }
  return all;
}
