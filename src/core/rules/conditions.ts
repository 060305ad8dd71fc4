/** Conditions on columns as tests: fast where events arrive, and in words where somebody asks why. */
import type { Row } from '../model.ts';
import { cidrTest } from './cidr.ts';
import type { Condition, Operators, Rule } from './rule.ts';
import { safeRegex } from './safe-regex.ts';

type Check = { readonly test: (value: string) => boolean; readonly words: string };

/** One column of a group. `test` is called with the first value that the row has under the column's names. */
type Column = { readonly names: readonly string[]; readonly checks: readonly Check[]; readonly wanted: boolean };

/** Tests of a whole row: one group must hold. */
export type Compiled = { test(row: Row): boolean; why(row: Row): string };

type TextTest = (lower: string, wanted: string) => boolean;

let lastText = '';
let lastLower = '';

/** Rules of one table look at the same cell one after the other. */
function lowerCase(text: string): string {
  if (text === lastText) return lastLower;
  lastText = text;
  lastLower = text.toLowerCase();
  return lastLower;
}

const anyText =
  (wanted: readonly string[], test: TextTest): Check['test'] =>
  value => {
    const lower = lowerCase(value);
    for (const one of wanted) if (test(lower, one)) return true;
    return false;
  };

const listed = (values: readonly string[]): string => values.map(value => `'${value}'`).join(' or ');

function textCheck(values: readonly string[], words: string, test: TextTest): Check {
  const wanted = values.map(value => value.toLowerCase());
  return { test: anyText(wanted, test), words: `${words} ${listed(values)}` };
}

function equality(values: readonly string[]): Check {
  const wanted = new Set(values.map(value => value.toLowerCase()));
  return { test: value => wanted.has(lowerCase(value)), words: `be ${listed(values)}` };
}

/** osquery's numbers are decimal texts; an empty one is none. */
function comparison(words: string, test: (value: number) => boolean): Check {
  return { test: value => value.trim() !== '' && test(Number(value)), words };
}

function checksOf(operators: Operators): Check[] {
  const checks: Check[] = [];
  const { equals, in: among, contains, contains_all: every, startswith, endswith, regex, cidr, gt, gte, lt, lte } = operators;
  for (const values of [equals, among]) if (values) checks.push(equality(values));
  if (startswith) checks.push(textCheck(startswith, 'start with', (value, one) => value.startsWith(one)));
  if (endswith) checks.push(textCheck(endswith, 'end with', (value, one) => value.endsWith(one)));
  if (contains) checks.push(textCheck(contains, 'contain', (value, one) => value.includes(one)));
  for (const one of every ?? []) checks.push(textCheck([one], 'contain', (value, wanted) => value.includes(wanted)));
  if (gt !== undefined) checks.push(comparison(`be more than ${gt}`, value => value > gt));
  if (gte !== undefined) checks.push(comparison(`be at least ${gte}`, value => value >= gte));
  if (lt !== undefined) checks.push(comparison(`be less than ${lt}`, value => value < lt));
  if (lte !== undefined) checks.push(comparison(`be at most ${lte}`, value => value <= lte));
  if (cidr) {
    const ranges = cidr.map(cidrTest);
    checks.push({ test: value => ranges.some(inRange => inRange(value)), words: `be in ${listed(cidr)}` });
  }
  if (regex) {
    const patterns = regex.map(safeRegex);
    checks.push({ test: value => patterns.some(matches => matches(value)), words: `match ${listed(regex)}` });
  }
  return checks;
}

function column(names: string, condition: Condition): Column {
  const checks = checksOf(condition);
  const { not } = condition;
  if (not) {
    const denied = checksOf(not);
    checks.push({
      test: value => !denied.every(({ test }) => test(value)),
      words: `not ${denied.map(({ words }) => words).join(' and ')}`,
    });
  }
  if (condition.exists === true) checks.push({ test: value => value !== '', words: 'not be empty' });
  return { names: names.split('|'), checks, wanted: condition.exists !== false };
}

function cellOf(names: readonly string[], row: Row): string | undefined {
  for (const name of names) {
    const value = row[name];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

function holds({ names, checks, wanted }: Column, row: Row): boolean {
  const value = cellOf(names, row);
  if (!wanted) return value === undefined || value === '';
  if (value === undefined) return false;
  for (const { test } of checks) if (!test(value)) return false;
  return true;
}

function failure({ names, checks, wanted }: Column, row: Row): string {
  const value = cellOf(names, row);
  const name = names.join(' or ');
  if (!wanted) return `${name} has to be absent`;
  if (value === undefined) return `the row has no ${name}`;
  const failed = checks.find(({ test }) => !test(value));
  return `${name} is '${value}' and has to ${failed?.words ?? 'be something else'}`;
}

const groupHolds = (columns: readonly Column[], row: Row): boolean => {
  for (const one of columns) if (!holds(one, row)) return false;
  return true;
};

/** Tests for `when` or `unless`. */
export function compileGroups(groups: NonNullable<Rule['when']>): Compiled {
  const compiled = groups.map(group => Object.entries(group).map(([names, condition]) => column(names, condition)));
  return {
    test(row) {
      for (const columns of compiled) if (groupHolds(columns, row)) return true;
      return false;
    },
    why(row) {
      const reasons = compiled.map(columns => {
        const failed = columns.find(one => !holds(one, row));
        return failed ? failure(failed, row) : '';
      });
      return reasons.filter(reason => reason !== '').join('; ');
    },
  };
}
