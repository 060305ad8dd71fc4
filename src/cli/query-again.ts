/** `rollcall query --run ID`: a run once more, on all its hosts as a new run, or with `--missing` on the silent and failed ones. */
import { findTemplate, type LaunchRequest } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import { Problem } from '../core/problem.ts';
import { bucketOf, type Run, type Target } from '../core/run.ts';
import { clean } from '../core/sanitize.ts';
import { ask } from './ask.ts';
import { confirmMany } from './confirm.ts';
import type { CommandContext } from './context.ts';
import { LAB_SOURCE } from './lab.ts';
import { planOf, printPlan } from './plan.ts';
import { printRun } from './print-run.ts';
import { type Session, withSession } from './session.ts';
import { listForAsking } from './targets.ts';

/** Flags that say what a run says already. */
const TOLD_BY_RUN = ['host', 'hosts-file', 'all', 'platform', 'label', 'exclude', 'param'];

const usage = (message: string): Problem => new Problem('usage', `${message} Nothing was sent.`);

/** Without an answer, or with a failure: who is asked again. */
const isMissing = ({ state }: Target): boolean => bucketOf(state) !== 'answered';

function findRun({ engine }: Session, id: string): Run {
  const run = engine.run(id);
  if (!run) throw usage(`There is no run '${clean(id, 80)}'. \`rollcall runs\` lists them.`);
  return run;
}

/** Sources of the hosts that are to be asked; undefined when every host of the run has answered, which is then printed. */
async function sourcesOf(context: CommandContext, id: string, chosen: (target: Target) => boolean): Promise<readonly string[] | undefined> {
  const look = async (session: Session) => {
    const run = findRun(session, id);
    const sources = new Set(run.targets.filter(chosen).map(({ host }) => host.source));
    if (sources.size > 0) return [...sources];
    context.messages.step('every host has answered: nobody was asked again');
    const { secrets = [] } = session.engine.templates.find(({ name }) => name === run.record.template) ?? {};
    await printRun(context, run, { secrets });
    return undefined;
  };
  return withSession(context, look, 'none');
}

/** Those that their sources still know; the others cannot be asked, and are told of. */
async function stillThere(context: CommandContext, session: Session, targets: readonly Target[]): Promise<readonly Target[]> {
  const unlisted = await listForAsking(context, session);
  const known = new Set(session.engine.hosts().map(({ source, id }) => JSON.stringify([source, id])));
  const there = ({ host }: Target) => unlisted.has(host.source) || known.has(JSON.stringify([host.source, host.id]));
  const gone = targets.filter(target => !there(target)).map(({ key }) => key);
  if (gone.length === targets.length) throw usage(`No source knows any of these hosts any more: ${clean(gone.join(', '))}.`);
  if (gone.length > 0) context.messages.tell(`Not known to their source any more, so not asked: ${gone.join(', ')}`);
  return targets.filter(there);
}

const requestOf = ({ record: { template, params } }: Run): LaunchRequest => ({
  template,
  params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)])),
});

async function askAgain(context: CommandContext, session: Session, id: string, missing: boolean): Promise<number> {
  const { engine } = session;
  const run = findRun(session, id);
  const request = requestOf(run);
  const query = engine.preview(request);
  const template = findTemplate(engine.templates, request.template);
  const targets = await stillThere(context, session, missing ? run.targets.filter(isMissing) : run.targets);
  const hosts: readonly Host[] = targets.map(({ host }) => host);
  if (context.given.has('dry-run')) {
    await printPlan(context, planOf(engine, query, template, hosts));
    return 0;
  }
  await confirmMany(context, hosts.length, engine.policy);
  if (missing) return ask(context, session, { template, hosts, told: [...run.notes], send: options => engine.again(id, targets, options) });
  if (query.digest !== run.record.digest) context.messages.tell(`Template '${query.template}' has changed since run ${run.id}.`);
  return ask(context, session, { template, hosts, send: options => engine.launch(request, hosts, options) });
}

/** Throws a 'usage' Problem for an id that is none and for flags that a run leaves no room for, before anything is sent. */
export async function queryAgain(context: CommandContext): Promise<number> {
  const { given, common } = context;
  const idle = TOLD_BY_RUN.filter(flag => given.has(flag)).map(flag => `--${flag}`);
  if (common.sources.length > 0) idle.push('--source');
  if (idle.length > 0) throw usage(`--run says whom to ask and what: leave ${idle.join(', ')} out.`);
  const [id = ''] = given.get('run') ?? [];
  const missing = given.has('missing');
  const sources = await sourcesOf({ ...context, common: { ...common, lab: undefined } }, id, missing ? isMissing : () => true);
  if (sources === undefined) return 0;
  if (sources.includes(LAB_SOURCE) && common.lab === undefined) throw usage('The run asked hosts of the lab: add --lab.');
  return withSession(context, session => askAgain(context, session, id, missing), sources);
}
