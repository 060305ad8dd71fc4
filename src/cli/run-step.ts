/** `rollcall run STEP.yaml`: the `osquery_live_query` steps of an AiSOC playbook, in order. */
import { runToJson } from '../core/aisoc.ts';
import { approve, findTemplate } from '../core/launch-policy.ts';
import { isAbort, Problem, toProblem } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { Step } from '../core/step.ts';
import type { Template } from '../core/template.ts';
import { type AnswerPrinter, ask } from './ask.ts';
import { confirmMany } from './confirm.ts';
import type { Command, CommandContext, WantedSources } from './context.ts';
import { DONE, errorJson, exitCodeFor } from './exit-codes.ts';
import { planOf, printPlan } from './plan.ts';
import { jsonLine, writeAll } from './print.ts';
import { printRun } from './print-run.ts';
import { type Session, withSession } from './session.ts';
import { isElsewhere, readSteps, sourcesOf } from './step.ts';
import { chooseTargets, thoseItRunsOn } from './targets.ts';

/** A step and where it goes. */
type Planned = { readonly step: Step; readonly sources: WantedSources };

/** One of several answers: a line of its own, or a table under its step's name. */
function oneOfSeveral(context: CommandContext, { label }: Step, { secrets }: Template): AnswerPrinter {
  const finish = async (run: Run) => {
    if (context.format !== 'table') return writeAll(context, [jsonLine({ ...runToJson(run), step: label })]);
    await writeAll(context, [`${label}\n\n`]);
    await printRun(context, run, { secrets });
    await writeAll(context, ['\n']);
  };
  return { take: () => undefined, finish };
}

async function askStep(context: CommandContext, session: Session, step: Step, isOneOfSeveral = false): Promise<number> {
  const { engine } = session;
  const { request, label, remarks } = step;
  for (const remark of remarks) context.messages.tell(`step '${label}': ${remark}`);
  const template = findTemplate(engine.templates, request.template, engine.refused);
  const named = { names: step.hosts, all: false, platforms: [], labels: [], exclude: [] };
  const hosts = thoseItRunsOn(context, template, await chooseTargets(context, session, named), named);
  if (context.given.has('dry-run')) {
    await printPlan(context, planOf(engine, engine.preview(request), template, hosts));
    return DONE;
  }
  const timeoutMs = (context.common.timeoutS ?? step.timeoutS) * 1_000;
  const printer = isOneOfSeveral ? { printer: oneOfSeveral(context, step, template) } : {};
  return ask(context, session, { template, hosts, timeoutMs, send: options => engine.launch(request, hosts, options), ...printer });
}

/** A step that failed while others are told of: its line, and its code. */
async function tellFailure(context: CommandContext, { label }: Step, problem: Problem): Promise<number> {
  const { messages, format } = context;
  messages.tell(`rollcall: step '${label}': ${problem.message}`);
  if (format !== 'table') await writeAll(context, [jsonLine({ ...errorJson(problem), step: label })]);
  return exitCodeFor(problem.kind);
}

/** One after the other, until one fails that does not say `on_failure: continue`. Resolves with the worst code. */
async function inOrder(context: CommandContext, plan: readonly Planned[], work: (planned: Planned) => Promise<number>): Promise<number> {
  let worst: number = DONE;
  for (const planned of plan) {
    const { step } = planned;
    if (context.signal.aborted) break;
    context.messages.step(`step '${step.label}': ${step.request.template}`);
    try {
      worst = Math.max(worst, await work(planned));
    } catch (thrown) {
      // What the steps before it answered stays.
      if (isAbort(thrown)) break;
      worst = Math.max(worst, await tellFailure(context, step, toProblem(thrown)));
      if (!step.goesOn) break;
    }
  }
  return worst;
}

/** A lab starts once for all steps; each backend of a step is opened by itself. */
function askAll(context: CommandContext, plan: readonly Planned[]): Promise<number> {
  if (context.format === 'csv') throw new Problem('usage', 'A CSV holds one answer, and the file has several steps. Nothing was sent.');
  const askOne = (session: Session, { step }: Planned) => askStep(context, session, step, true);
  if (isElsewhere(context)) return withSession(context, session => inOrder(context, plan, planned => askOne(session, planned)));
  return inOrder(context, plan, planned => withSession(context, session => askOne(session, planned), planned.sources));
}

/** Everything that can be known to be wrong is, before anything is sent. */
export const runStep: Command = async context => {
  const steps = await readSteps(context);
  const wire = await context.wire();
  const { templates, refused, policy } = await wire.allowlist(context.directories.configDir);
  for (const { request } of steps) approve(templates, request, context.clock.now(), refused);
  const plan = steps.map(step => ({ step, sources: sourcesOf(context, step) }));
  if (!context.given.has('dry-run')) await confirmMany(context, Math.max(...steps.map(({ hosts }) => hosts.length)), policy);
  const [only] = plan;
  if (only && plan.length === 1) return withSession(context, session => askStep(context, session, only.step), only.sources);
  return askAll(context, plan);
};
