/** `rollcall rules`: what raises and lowers severities, whether it does what it says, and why an event has the severity it has. */
import { type BrokenRules, brokenLine, type RuleFile, readRuleFile } from '../adapters/rule-files.ts';
import { factsOfEvent } from '../core/judge.ts';
import type { FeedEvent } from '../core/model.ts';
import { Problem } from '../core/problem.ts';
import { checkSamples, type Facts } from '../core/rules/compile.ts';
import { isOff, type Rule } from '../core/rules/rule.ts';
import { clean } from '../core/sanitize.ts';
import { severityOfTables } from '../core/severity.ts';
import type { Command, CommandContext } from './context.ts';
import { toAscii } from './messages.ts';
import { type ListForm, printList, writeAll, writeJson } from './print.ts';
import { type LoadedRules, loadRules } from './rule-set.ts';
import { withSession } from './session.ts';

/** What the rule does with the severity: `>= high`. */
function effect({ severity, at_least: atLeast, at_most: atMost }: Rule): string {
  if (severity !== undefined) return `= ${severity}`;
  return atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`;
}

type Listed = { readonly rule: Rule; readonly file: string };

const ruleList: ListForm<Listed> = {
  json: ({ rule: { matches: _, spares: __, ...rule }, file }) => ({ ...rule, file }),
  header: ['rule', 'severity', 'tables', 'ATT&CK', 'title'],
  cells: ({ rule }) => [rule.id, effect(rule), rule.table.join(' ') || 'any', rule.attack.join(' '), rule.title],
  csv: ['id', 'title', 'why', 'severity', 'at_least', 'at_most', 'table', 'action', 'platform', 'attack', 'file'],
  none: 'No rules are in force.',
};

/** Rules in force with the file that each stands in. */
function listed({ rules, files }: LoadedRules): Listed[] {
  const fileOf = (id: string) => files.findLast(({ entries }) => entries.some(entry => entry.id === id))?.file ?? '';
  return rules.rules.map(rule => ({ rule, file: fileOf(rule.id) }));
}

export const listRules: Command = async context => {
  const loaded = loadRules(context.directories.configDir);
  for (const broken of loaded.broken) context.messages.tell(brokenLine(broken));
  await printList(context, listed(loaded), ruleList);
  return 0;
};

type Tested = { readonly file: string; readonly line: number | null; readonly id: string | null; readonly reason: string };

const testList: ListForm<Tested> = {
  json: ({ reason, ...tested }) => ({ ...tested, ok: reason === '', reason }),
  header: ['rule', 'result', 'file', 'reason'],
  cells: ({ id, file, line, reason }) => [id, reason === '' ? 'ok' : 'FAILED', line === null ? file : `${file}:${line}`, reason],
  csv: ['file', 'line', 'id', 'ok', 'reason'],
  none: 'There are no rules to test.',
};

const tested = ({ file, entries }: RuleFile): Tested[] =>
  entries.map(entry => ({ file, line: null, id: entry.id, reason: isOff(entry) ? '' : checkSamples(entry).join('; ') }));

const unreadable = ({ file, line, reason }: BrokenRules): Tested => ({ file, line, id: null, reason });

/** Ends with 2 when a file is broken, else with 1 when a sample does not do what it should. */
export const testRules: Command = async context => {
  const [file] = context.args;
  const read = file === undefined ? undefined : readRuleFile(file);
  const all = read === undefined ? loadRules(context.directories.configDir) : undefined;
  const files = all?.files ?? (read !== undefined && 'entries' in read ? [read] : []);
  const broken = all?.broken ?? (read !== undefined && 'reason' in read ? [read] : []);
  for (const one of broken) context.messages.tell(brokenLine(one));
  const results = [...files.flatMap(tested), ...broken.map(unreadable)];
  await printList(context, results, testList);
  if (broken.length > 0) return 2;
  return results.some(({ reason }) => reason !== '') ? 1 : 0;
};

type Considered = {
  readonly rule: string;
  readonly title: string;
  readonly effect: string;
  readonly matches: boolean;
  readonly why: string;
};

/** Rules that look at the event's tables, or at any; those that match first. */
function considered({ rules }: LoadedRules, facts: Facts): Considered[] {
  const near = rules.rules.filter(({ table }) => table.length === 0 || table.some(name => facts.tables.includes(name)));
  const told = near.map(rule => {
    const why = rules.why(rule.id, facts);
    return { rule: rule.id, title: rule.title, effect: effect(rule), matches: why === undefined, why: clean(why ?? rule.why, 400) };
  });
  return told.sort((a, b) => Number(b.matches) - Number(a.matches));
}

function explanation(event: FeedEvent, loaded: LoadedRules) {
  const facts = factsOfEvent(event);
  const table = severityOfTables(facts.tables);
  const tried = considered(loaded, facts);
  const now = tried.filter(({ matches }) => matches).map(({ rule }) => rule);
  return {
    id: event.id,
    title: event.title,
    hostname: event.hostname,
    severity: event.severity,
    severity_reason: event.severityReason,
    table: table.reason,
    attack: event.attack,
    /** Those that matched when the event came in, which may be others than match today. */
    rules: event.rules ?? [],
    rules_now: now,
    considered: tried,
    other_tables: loaded.rules.rules.length - tried.length,
  };
}

function* explained(told: ReturnType<typeof explanation>): Generator<string> {
  yield `${told.title} on ${told.hostname}`;
  yield `${told.severity}: ${told.severity_reason}`;
  if (told.attack.length > 0) yield `ATT&CK ${told.attack.join(' ')}`;
  if (told.rules.join() !== told.rules_now.join()) {
    yield `when it came in these rules matched: ${told.rules.join(', ') || 'none'}; today these would: ${told.rules_now.join(', ') || 'none'}`;
  }
  yield '';
  for (const { rule, effect: gives, matches, why } of told.considered) yield `${matches ? '+' : '-'} ${rule} (${gives}): ${why}`;
  yield `${told.other_tables} rules are about other tables.`;
}

async function print(context: CommandContext, told: ReturnType<typeof explanation>): Promise<void> {
  if (context.format !== 'table') return writeJson(context, told);
  const { unicode } = context.terminal;
  return writeAll(
    context,
    [...explained(told)].map(line => `${unicode ? clean(line) : toAscii(clean(line))}\n`),
  );
}

/** Throws a 'usage' Problem for an id that is none. */
export const explainRules: Command = context =>
  withSession(
    context,
    async ({ store }) => {
      const [id = ''] = context.args;
      const found = store.event(id);
      if (!found) throw new Problem('usage', `There is no event '${clean(id, 80)}'. \`rollcall feed --format jsonl\` prints ids.`);
      await print(context, explanation(found.event, loadRules(context.directories.configDir)));
      return 0;
    },
    'none',
  );
