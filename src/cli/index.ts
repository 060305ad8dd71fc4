/** Runs one command: from argv to an exit code. Every failure becomes one line on stderr here. */
import { resolveDirectories } from '../adapters/directories.ts';
import { fileOutput, type Output, streamOutput } from '../adapters/output.ts';
import { type TerminalFacts, terminalFacts } from '../adapters/terminal.ts';
import { isAbort, Problem, toProblem } from '../core/problem.ts';
import { safeJson } from '../core/sanitize.ts';
import { COMMANDS, type Format } from './args.ts';
import type { Command, CommandContext, Deps } from './context.ts';
import { DONE, errorJson, exitCodeFor, INTERRUPTED } from './exit-codes.ts';
import { createMessages, type Messages } from './messages.ts';
import { type CommandInvocation, type Invocation, parseInvocation } from './parse.ts';
import { processDeps } from './process.ts';

/** Each is loaded when it is called. */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  hosts: async () => (await import('./hosts.ts')).hosts,
  templates: async () => (await import('./templates.ts')).templates,
  'templates approve': async () => (await import('./templates.ts')).approveTemplate,
  query: async () => (await import('./query.ts')).query,
  run: async () => (await import('./run-step.ts')).runStep,
  feed: async () => (await import('./feed.ts')).feed,
  runs: async () => (await import('./runs.ts')).runs,
  triage: async () => (await import('./triage.ts')).triage,
  status: async () => (await import('./status.ts')).status,
  prune: async () => (await import('./prune.ts')).prune,
  'rules list': async () => (await import('./rules.ts')).listRules,
  'rules test': async () => (await import('./rules.ts')).testRules,
  'rules explain': async () => (await import('./rules.ts')).explainRules,
  serve: async () => (await import('./serve.ts')).serve,
  enroll: async () => (await import('./enroll.ts')).enroll,
  nodes: async () => (await import('./nodes.ts')).listNodes,
  'nodes approve': async () => (await import('./nodes.ts')).approveNode,
  'nodes block': async () => (await import('./nodes.ts')).blockNode,
  'nodes forget': async () => (await import('./nodes.ts')).forgetNode,
  'nodes tag': async () => (await import('./nodes.ts')).tagNode,
  carve: async () => (await import('./carve.ts')).carve,
  carves: async () => (await import('./carves.ts')).carves,
  'source list': async () => (await import('./source.ts')).listSources,
  'source add osctrl': async () => (await import('./source-add.ts')).addOsctrl,
  'source add fleetdm': async () => (await import('./source-add.ts')).addFleetdm,
  'source add direct': async () => (await import('./source-add.ts')).addDirect,
  'source test': async () => (await import('./source.ts')).testSource,
  'source remove': async () => (await import('./source.ts')).removeSource,
  'evidence export': async () => (await import('./evidence.ts')).exportEvidence,
  'evidence verify': async () => (await import('./evidence.ts')).verifyEvidence,
  doctor: async () => (await import('./doctor.ts')).doctor,
  help: async () => (await import('./help.ts')).help,
  version: async () => (await import('./help.ts')).version,
};

/** A console that cannot draw shows the feed, line by line, where lines were asked for; a pipe is no console. */
function withoutConsole(invocation: Invocation, { stdin, stdout }: Deps): CommandInvocation {
  if (invocation.kind === 'error') throw invocation.problem;
  if (invocation.kind === 'command') return invocation;
  const spec = COMMANDS.find(({ name }) => name === 'feed');
  if (!spec || !(invocation.common.plain || (stdin.isTTY && stdout.isTTY))) {
    throw new Problem(
      'usage',
      'The console needs a terminal. `rollcall help` lists the commands for scripts; --plain prints the feed as lines.',
    );
  }
  return { kind: 'command', spec, args: [], given: new Map([['follow', ['']]]), common: invocation.common };
}

/** `json` only where one was asked for, or where it is what a script gets unasked. */
function formatOf(invocation: Invocation, { stdout }: Deps): Format {
  const asked = invocation.kind === 'error' ? invocation.format : invocation.common.format;
  if (asked) return asked;
  const toFile = invocation.kind !== 'error' && invocation.common.output !== undefined;
  if (stdout.isTTY && !toFile) return 'table';
  return invocation.kind === 'console' || (invocation.kind === 'command' && invocation.spec.name === 'feed') ? 'jsonl' : 'json';
}

/** `-` is stdout, as everywhere. */
function outputOf({ common, spec }: CommandInvocation, { stdout, env }: Deps): { out: Output; terminal: TerminalFacts } {
  const facts = terminalFacts(stdout, env, common.noColor);
  if (common.output === undefined || common.output === '-' || spec.output === 'directory')
    return { out: streamOutput(stdout), terminal: facts };
  return { out: fileOutput(common.output), terminal: { ...facts, tty: false, colour: 0, unicode: true } };
}

async function run(invocation: CommandInvocation, format: Format, messages: Messages, deps: Deps): Promise<number> {
  const { spec, args, given, common } = invocation;
  const { out, terminal } = outputOf(invocation, deps);
  const signal = AbortSignal.any([deps.signal, out.gone]);
  const directories = resolveDirectories(common, deps.env);
  const { stdin, clock, env, wire } = deps;
  const context: CommandContext = { args, given, common, directories, format, out, terminal, messages, stdin, clock, env, signal, wire };
  try {
    const command = await LOADERS[spec.name]?.();
    if (!command) throw new Problem('bug', `The command '${spec.name}' has no code.`);
    const code = await command(context);
    await out.finish();
    return deps.signal.aborted && !spec.endless ? INTERRUPTED : code;
  } catch (thrown) {
    out.discard();
    if (isAbort(thrown) && signal.aborted) return deps.signal.aborted && !spec.endless ? INTERRUPTED : DONE;
    throw thrown;
  }
}

/** The failure for programs. Where stdout itself is what failed, stderr has told of it. */
async function printError(problem: Problem, { stdout }: Deps): Promise<void> {
  const text = `${safeJson(errorJson(problem))}\n`;
  await Promise.allSettled([streamOutput(stdout).write(text)]);
}

/** Runs the command that `argv` names and returns its exit code. Never throws. */
export async function runCommand(argv: readonly string[], deps: Deps = processDeps()): Promise<number> {
  const invocation = parseInvocation(argv);
  const format = formatOf(invocation, deps);
  const { quiet, plain, noColor } = invocation.kind === 'error' ? { quiet: false, plain: true, noColor: false } : invocation.common;
  const messages = createMessages(deps.stderr, terminalFacts(deps.stderr, deps.env, noColor), { quiet, plain });
  try {
    const command = withoutConsole(invocation, deps);
    if (invocation.kind === 'console') messages.step('The feed, line by line; ctrl+c ends it. `rollcall help` lists the commands.');
    return await run(command, format, messages, deps);
  } catch (thrown) {
    const problem = toProblem(thrown);
    messages.fail(problem.message, 'rollcall: ');
    if (format === 'json') await printError(problem, deps);
    return exitCodeFor(problem.kind);
  }
}
