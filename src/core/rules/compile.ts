/** Rules as something that events can be asked against: indexed by table, so that an event meets few of them. */
import { globTest } from '../glob.ts';
import type { EventAction, EventKind, Row, Severity } from '../model.ts';
import { SEVERITIES } from '../model.ts';
import type { Platform } from '../template.ts';
import { type Compiled, compileGroups } from './conditions.ts';
import type { Rule, Sample } from './rule.ts';

/** What rules look at. `platform` is undefined where it is not known: no rule is ruled out by that. */
export type Facts = {
  readonly kind: EventKind;
  readonly tables: readonly string[];
  readonly action: EventAction | null;
  readonly queryName: string | null;
  readonly row: Row;
  readonly platform?: Platform | undefined;
};

export type RuleSet = {
  readonly rules: readonly Rule[];
  /** The rules that match, in the order of the files. */
  matching(facts: Facts): readonly Rule[];
  /** Why a rule does not match, in words; undefined when it does. */
  why(id: string, facts: Facts): string | undefined;
};

type Ready = {
  readonly rule: Rule;
  readonly place: number;
  readonly why: (facts: Facts) => string | undefined;
  readonly test: (facts: Facts) => boolean;
};

type Step = { test(facts: Facts): boolean; why(facts: Facts): string };

const named = (values: readonly string[]): string => values.join(', ');

function actionStep({ action }: Rule): Step {
  const wanted = new Set<EventAction | null>(action.length > 0 ? action : ['added', 'snapshot', null]);
  return {
    test: facts => wanted.has(facts.action),
    why: facts =>
      `it is about rows ${named(action.length > 0 ? action : ['added', 'snapshot'])}, not ${facts.action ?? 'without an action'}`,
  };
}

function platformStep({ platform }: Rule): Step {
  return {
    test: facts => facts.platform === undefined || platform.includes(facts.platform),
    why: facts => `it is about ${named(platform)}, not ${facts.platform ?? 'an unknown platform'}`,
  };
}

function queryStep({ query }: Rule): Step {
  const tests = query.map(globTest);
  return {
    test: ({ queryName }) => queryName !== null && tests.some(matches => matches(queryName)),
    why: ({ queryName }) => `it is about the query ${named(query)}, not ${queryName ?? 'one without a name'}`,
  };
}

const rowStep = (compiled: Compiled): Step => ({ test: ({ row }) => compiled.test(row), why: ({ row }) => compiled.why(row) });
const exceptStep = (compiled: Compiled): Step => ({ test: ({ row }) => !compiled.test(row), why: () => 'its unless holds' });

const tableName = (name: string): string => name.trim().toLowerCase();

function stepsOf(rule: Rule): Step[] {
  const { kind, table, query, platform, when, unless } = rule;
  const steps: Step[] = [{ test: facts => facts.kind === kind, why: facts => `it is about ${kind}, not ${facts.kind}` }];
  if (table.length > 0) {
    const test = (facts: Facts) => facts.tables.some(name => table.includes(tableName(name)));
    steps.push({ test, why: facts => `it is about ${named(table)}, not ${named(facts.tables) || 'an unknown table'}` });
  }
  steps.push(actionStep(rule));
  if (platform.length > 0) steps.push(platformStep(rule));
  if (query.length > 0) steps.push(queryStep(rule));
  if (when) steps.push(rowStep(compileGroups(when)));
  if (unless) steps.push(exceptStep(compileGroups(unless)));
  return steps;
}

function ready(rule: Rule, place: number): Ready {
  const steps = stepsOf(rule);
  return {
    rule,
    place,
    test(facts) {
      for (const step of steps) if (!step.test(facts)) return false;
      return true;
    },
    why: facts => steps.find(step => !step.test(facts))?.why(facts),
  };
}

const NONE: readonly Ready[] = [];

/** Throws nothing for rules that `parseRules` gave. */
export function compileRules(rules: readonly Rule[]): RuleSet {
  const all = rules.map(ready);
  const byTable = new Map<string, Ready[]>();
  for (const one of all) for (const table of one.rule.table) byTable.set(table, [...(byTable.get(table) ?? []), one]);
  const ofAnyTable = all.filter(({ rule }) => rule.table.length === 0);
  return {
    rules,
    matching(facts) {
      const found = new Set<Ready>();
      for (const name of facts.tables) for (const one of byTable.get(tableName(name)) ?? NONE) if (one.test(facts)) found.add(one);
      for (const one of ofAnyTable) if (one.test(facts)) found.add(one);
      if (found.size === 0) return [];
      return [...found].sort((a, b) => a.place - b.place).map(({ rule }) => rule);
    },
    why(id, facts) {
      const one = all.find(({ rule }) => rule.id === id);
      return one ? one.why(facts) : 'there is no such rule';
    },
  };
}

export const NO_RULES: RuleSet = compileRules([]);

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

/**
 * The severity after rules. The most severe `severity` of the matching rules replaces what the table says, `at_least`
 * raises that, and `at_most` has the last word, so that a site can quieten what others raise. `by` decided; undefined
 * when it stayed as it was and no rule claims it.
 */
export function decide(base: Severity, matched: readonly Rule[]): { readonly severity: Severity; readonly by: Rule | undefined } {
  let severity = base;
  let by: Rule | undefined;
  const take = (rule: Rule, wanted: Severity) => {
    severity = wanted;
    by = rule;
  };
  for (const rule of matched) {
    const wanted = rule.severity;
    if (wanted !== undefined && (!by || rank(wanted) > rank(severity))) take(rule, wanted);
  }
  for (const rule of matched) {
    const wanted = rule.at_least;
    if (wanted !== undefined && (rank(wanted) > rank(severity) || (!by && wanted === severity))) take(rule, wanted);
  }
  for (const rule of matched) if (rule.at_most !== undefined && rank(rule.at_most) < rank(severity)) take(rule, rule.at_most);
  return { severity, by };
}

/** A rule's sample as the event that it stands for. */
export function factsOf({ kind, table, action, query, platform }: Rule, sample: Sample): Facts {
  const name = sample.table ?? table[0];
  return {
    kind,
    tables: name === undefined ? [] : [name],
    action: sample.action ?? action[0] ?? 'added',
    queryName: sample.query ?? query[0]?.replaceAll('*', '') ?? name ?? null,
    row: sample.row,
    platform: sample.platform ?? platform[0],
  };
}

/** What is wrong with a rule's samples: each in one line; empty when they prove what they should. */
export function checkSamples(rule: Rule): readonly string[] {
  const { why } = ready(rule, 0);
  const missed = why(factsOf(rule, rule.matches));
  const spared = why(factsOf(rule, rule.spares));
  return [
    ...(missed === undefined ? [] : [`its sample that must match does not: ${missed}`]),
    ...(spared === undefined ? ['its sample that must not match does'] : []),
  ];
}
