/** `rollcall doctor`: everything that may be in the way, in one report to paste. Looks, and changes nothing. */
import { arch, platform, release } from 'node:os';
import path from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { openSettings, type SourceSettings } from '../adapters/config-file.ts';
import { readAudit } from '../adapters/evidence-audit.ts';
import { POLICY_PLACE } from '../adapters/policy-file.ts';
import { createRedactor } from '../adapters/redact.ts';
import { brokenLine } from '../adapters/rule-files.ts';
import { inspectStore, SCHEMA_VERSION } from '../adapters/sqlite-inspect.ts';
import { DEFAULT_LIMITS } from '../connectors/direct/limits.ts';
import { freeBytes } from '../connectors/direct/quota.ts';
import { type Check, checksOf } from '../core/doctor.ts';
import {
  allowlistChecks,
  auditChecks,
  dataPlaceCheck,
  fileChecks,
  type PlaceFacts,
  rulesChecks,
  settingsCheck,
  settingsPlaceCheck,
  spaceCheck,
  storeChecks,
} from '../core/doctor-data.ts';
import { endpointCheck, sourceChecks } from '../core/doctor-sources.ts';
import { CLIPBOARD_SAMPLE, clipboardChecks, clockChecks, skewCheck, terminalChecks } from '../core/doctor-terminal.ts';
import { clipboardSequence } from '../core/osc52.ts';
import { Problem, toProblem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import type { Command, CommandContext } from './context.ts';
import { endpointOf } from './doctor/endpoint.ts';
import { lookAtDirectory, lookAtFile } from './doctor/places.ts';
import { printReport } from './doctor/print.ts';
import { checkSources } from './doctor/sources.ts';
import { type Streams, terminalOf } from './doctor/terminal.ts';
import { AUDIT_FILE } from './evidence-bundle.ts';
import { exitCodeFor } from './exit-codes.ts';
import { loadRules } from './rule-set.ts';

/** What was found, or why it could not be. */
async function orProblem<T>(look: () => T | Promise<T>): Promise<T | Problem> {
  try {
    return await look();
  } catch (thrown) {
    return toProblem(thrown);
  }
}

function programChecks(): readonly Check[] {
  const check = checksOf('rollcall');
  return [
    check.ok('version', packageJson.version),
    check.ok('Node', `${process.version}, ${process.execPath}`),
    check.ok('platform', `${platform()} ${release()} ${arch()}`),
  ];
}

/** The streams of the process, where what is printed goes there; a file of `--output` says nothing about the terminal. */
function streamsOf({ stdin, terminal, common }: CommandContext): Streams {
  const { stdout, stderr } = process;
  const shown = { isTTY: terminal.tty, columns: terminal.columns, rows: stdout.rows };
  return { stdin, stdout: common.output === undefined ? shown : stdout, stderr };
}

async function terminalSection(context: CommandContext): Promise<readonly Check[]> {
  const { env, common, signal, directories, given, out, terminal } = context;
  const facts = await terminalOf(streamsOf(context), env, common.noColor, signal);
  const file = path.join(directories.dataDir, 'clipboard.txt');
  const checks = [...terminalChecks(facts), ...clipboardChecks(facts, file)];
  if (!given.has('clipboard')) return checks;
  const check = checksOf('clipboard');
  if (!terminal.tty) return [...checks, check.warn('test', 'standard output is no terminal: nothing was sent')];
  await out.write(clipboardSequence(CLIPBOARD_SAMPLE, facts.multiplexer) ?? '');
  return [...checks, check.ok('test', `'${CLIPBOARD_SAMPLE}' was sent: paste somewhere to see whether it came`)];
}

function clockSection({ clock }: CommandContext): readonly Check[] {
  const now = clock.now();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return clockChecks({ now, zone, offsetMinutes: -new Date(now).getTimezoneOffset() });
}

const DATA_FILE = 'rollcall.db';
const PRIVATE_FILES = [DATA_FILE, AUDIT_FILE, 'rollcall.log', 'clipboard.txt'];

async function dataSection({ directories }: CommandContext, data: PlaceFacts): Promise<readonly Check[]> {
  const { configDir, dataDir } = directories;
  const files = [path.join(configDir, 'config.json'), ...PRIVATE_FILES.map(name => path.join(dataDir, name))];
  const free = await orProblem(() => freeBytes(dataDir));
  const store = await orProblem(() => inspectStore(path.join(dataDir, DATA_FILE)));
  const audit = await orProblem(() => readAudit(path.join(dataDir, AUDIT_FILE)));
  return [
    settingsPlaceCheck(lookAtDirectory(configDir)),
    dataPlaceCheck(data),
    ...(typeof free === 'number' ? [spaceCheck(free, DEFAULT_LIMITS.freeBytes)] : []),
    ...fileChecks(files.map(lookAtFile)),
    ...storeChecks(store, SCHEMA_VERSION),
    ...auditChecks(audit),
  ];
}

async function ruleSection({ directories, wire }: CommandContext): Promise<readonly Check[]> {
  const { configDir } = directories;
  const allowlist = await orProblem(async () => (await wire()).allowlist(configDir));
  const { rules, files, broken } = loadRules(configDir);
  return [...allowlistChecks(allowlist, POLICY_PLACE.file), ...rulesChecks(rules.rules.length, files.length, broken.map(brokenLine))];
}

/** The configured sources that the flags choose. Throws a 'usage' Problem for a name that is none. */
function chosen({ common }: CommandContext, all: readonly SourceSettings[]): readonly SourceSettings[] {
  const unknown = common.sources.filter(name => !all.some(source => source.name === name));
  if (unknown.length > 0) throw new Problem('usage', `There is no source called ${clean(unknown.join(', '), 200)}.`);
  return common.sources.length === 0 ? all : all.filter(({ name }) => common.sources.includes(name));
}

type Sources = {
  readonly settings: Check;
  readonly skews: readonly Check[];
  readonly checks: readonly Check[];
  /** Those that hold secrets. */
  readonly variables: readonly string[];
};

async function endpointSection(name: string, dataDir: string): Promise<Check> {
  const facts = await orProblem(() => endpointOf(name, dataDir));
  return facts instanceof Error ? checksOf(`direct endpoint ${name}`).bad('holder', facts.message, facts.kind) : endpointCheck(facts);
}

async function sourceSections(context: CommandContext, data: PlaceFacts): Promise<Sources> {
  const { directories, clock, common } = context;
  const file = openSettings(directories.configDir);
  const read = await orProblem(() => file.sources());
  const all = read instanceof Error ? [] : read;
  const sources = common.lab === undefined ? chosen(context, all) : [];
  const direct = sources.filter(({ kind }) => kind === 'direct').map(({ name }) => name);
  // Before the check of a source, which may take the endpoint itself.
  const endpoints = await Promise.all(direct.map(name => endpointSection(name, directories.dataDir)));
  const hung = new Set(direct.filter((_, index) => endpoints[index]?.level === 'bad'));
  const asked = sources.filter(({ name }) => !hung.has(name));
  const checked = await checkSources(context, asked, data.exists && data.hindrance === undefined);
  return {
    settings: settingsCheck(file.path, read instanceof Error ? read : read.length),
    skews: checked.filter(({ probed }) => probed).map(({ facts, skewMs }) => skewCheck(facts.name, skewMs)),
    variables: all.flatMap(({ secret }) => (secret && 'env' in secret ? [secret.env] : [])),
    checks: [...endpoints, ...checked.flatMap(({ facts }) => sourceChecks(facts, clock.now()))],
  };
}

const SECRET_NAME = /token|secret|passw|api_?key/i;

/** Nothing unprintable, and none of the secrets that variables hold: whatever a server or a file may have said. */
function safely({ env }: CommandContext, named: readonly string[], checks: readonly Check[]): readonly Check[] {
  const redactor = createRedactor();
  const variables = [...named, ...Object.keys(env).filter(name => SECRET_NAME.test(name))];
  for (const name of variables) redactor.learn(env[name] ?? '');
  const safe = (text: string) => clean(String(redactor.redact(text)));
  return checks.map(({ section, name, text, todo, ...rest }) => ({
    ...rest,
    section: safe(section),
    name: safe(name),
    text: safe(text),
    todo: todo && safe(todo),
  }));
}

/** Returns the code of the worst failure, 0 when nothing is bad. */
export const doctor: Command = async context => {
  const { directories, messages } = context;
  const data = lookAtDirectory(directories.dataDir);
  messages.progress('looking around');
  const [terminal, stored, rules] = await Promise.all([terminalSection(context), dataSection(context, data), ruleSection(context)]);
  messages.progress('asking the sources');
  const sources = await sourceSections(context, data);
  messages.rest();
  const checks = safely(context, sources.variables, [
    ...programChecks(),
    ...terminal,
    ...clockSection(context),
    ...sources.skews,
    ...stored,
    sources.settings,
    ...rules,
    ...sources.checks,
  ]);
  const code = Math.max(0, ...checks.flatMap(({ level, kind }) => (level === 'bad' ? [exitCodeFor(kind ?? 'bug')] : [])));
  await printReport(context, checks, code, packageJson.version);
  return code;
};
