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
  /** Of its hosts, the one that answered first (`add`, `replace`). */
  readonly firstHost: string;
};

export interface Stack {
  readonly columns: readonly string[];
  /** Hosts that have answered, also those without rows: "on 1 of 412". */
  readonly hosts: number;
  /** More rows of a host. Costs as much as there are rows. */
  add(hostKey: string, rows: readonly Row[]): void;
  /** Instead of whatever the host said before; it keeps its place in the order of hosts. */
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

/** One host, in the order of answers, with its rows by group. */
type Answer = { readonly hostKey: string; readonly place: number; readonly counts: Map<Group, number> };

/** Counts of a group; which hosts have it is kept with the hosts. `view` is what callers see, made anew after a change. */
type Group = {
  readonly key: string;
  readonly values: readonly (string | null)[];
  readonly ranks: readonly Rank[];
  hosts: number;
  rows: number;
  first: Answer | undefined;
  view: StackGroup;
  /** It is not where it belongs in the sorted list, or should not be there at all. */
  moved: boolean;
};

class FleetStack implements Stack {
  readonly columns: readonly string[];
  readonly #groups = new Map<string, Group>();
  readonly #answers = new Map<string, Answer>();
  #moved: Group[] = [];
  #sorted: readonly Group[] = [];
  #views: readonly StackGroup[] = [];

  constructor(columns: readonly string[]) {
    this.columns = [...columns];
  }

  get hosts(): number {
    return this.#answers.size;
  }

  add(hostKey: string, rows: readonly Row[]): void {
    const answer = this.#answer(hostKey);
    for (const [group, count] of this.#count(rows)) this.#set(group, answer, (answer.counts.get(group) ?? 0) + count);
  }

  replace(hostKey: string, rows: readonly Row[]): void {
    const answer = this.#answer(hostKey);
    const counts = this.#count(rows);
    for (const group of [...answer.counts.keys()]) if (!counts.has(group)) this.#set(group, answer, 0);
    for (const [group, count] of counts) this.#set(group, answer, count);
  }

  groups(): readonly StackGroup[] {
    if (this.#moved.length === 0) return this.#views;
    const settled = this.#sorted.filter(group => !group.moved);
    const moved = this.#moved.filter(group => group.rows > 0);
    for (const group of this.#moved) {
      group.moved = false;
      group.view = viewOf(group);
    }
    this.#moved = [];
    this.#sorted = merged(settled, moved.sort(rarestFirst));
    this.#views = this.#sorted.map(group => group.view);
    return this.#views;
  }

  hostsOf({ values }: StackGroup): readonly string[] {
    const group = this.#groups.get(values.map(keyPart).join(''));
    return group ? this.#holders(group).map(({ hostKey }) => hostKey) : [];
  }

  holds(group: StackGroup, row: Row): boolean {
    return this.columns.every((column, index) => (row[column] ?? null) === group.values[index]);
  }

  #answer(hostKey: string): Answer {
    const known = this.#answers.get(hostKey);
    if (known) return known;
    const answer = { hostKey, place: this.#answers.size, counts: new Map<Group, number>() };
    this.#answers.set(hostKey, answer);
    return answer;
  }

  #holders(group: Group): Answer[] {
    return [...this.#answers.values()].filter(({ counts }) => counts.has(group));
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
    let key = '';
    for (const column of this.columns) key += keyPart(row[column] ?? null);
    const known = this.#groups.get(key);
    if (known) return known;
    const values = this.columns.map(column => row[column] ?? null);
    const view = { values, hosts: 0, rows: 0, firstHost: '' };
    const group: Group = { key, values, ranks: values.map(rankOf), hosts: 0, rows: 0, first: undefined, view, moved: false };
    this.#groups.set(key, group);
    return group;
  }

  #set(group: Group, answer: Answer, count: number): void {
    const before = answer.counts.get(group) ?? 0;
    if (count === before) return;
    group.rows += count - before;
    if (count === 0) {
      answer.counts.delete(group);
      group.hosts -= 1;
      if (group.first === answer) group.first = this.#holders(group)[0];
    } else {
      answer.counts.set(group, count);
      if (before === 0) group.hosts += 1;
      if (!group.first || answer.place < group.first.place) group.first = answer;
    }
    if (!group.moved) this.#moved.push(group);
    group.moved = true;
    if (group.rows === 0) this.#groups.delete(group.key);
  }
}

const viewOf = ({ values, hosts, rows, first }: Group): StackGroup => ({ values, hosts, rows, firstHost: first?.hostKey ?? '' });

/** Put one behind the other, the parts of different lists of values differ: lengths keep `a`, `bc` apart from `ab`, `c`. */
const keyPart = (value: string | null): string => (value === null ? '-' : `${value.length}:${value}`);

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
  const byCount = left.hosts - right.hosts || left.rows - right.rows;
  if (byCount !== 0) return byCount;
  for (let index = 0; index < left.ranks.length; index += 1) {
    const byValue = byRank(left.ranks[index] ?? null, right.ranks[index] ?? null);
    if (byValue !== 0) return byValue;
  }
  return left.key < right.key ? -1 : 1;
}

/** Index of the first group from `from` on that does not come before `group`. */
function placeOf(group: Group, sorted: readonly Group[], from: number): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = sorted[middle];
    if (other && rarestFirst(other, group) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Two sorted lists as one; `moved` is the short one, as a rule. */
function merged(settled: readonly Group[], moved: readonly Group[]): readonly Group[] {
  const all: Group[] = [];
  let from = 0;
  for (const group of moved) {
    const place = placeOf(group, settled, from);
    for (const other of settled.slice(from, place)) all.push(other);
    all.push(group);
    from = place;
  }
  for (const other of settled.slice(from)) all.push(other);
  return all;
}
