/** `rollcall query`: an allowlisted live query on chosen hosts, and their answers. */
import { approve, findTemplate, type LaunchRequest } from '../core/launch-policy.ts';
import { Problem } from '../core/problem.ts';
import { ask } from './ask.ts';
import { asksPerson, confirmMany } from './confirm.ts';
import type { Command, CommandContext } from './context.ts';
import { pairsOf } from './pairs.ts';
import { planLines, planOf, printPlan } from './plan.ts';
import { queryAgain } from './query-again.ts';
import { withSession } from './session.ts';
import { chooseTargets, thoseItRunsOn, wantedHosts } from './targets.ts';

function requestOf({ args, given }: CommandContext): LaunchRequest {
  return { template: args[0] ?? '', params: Object.fromEntries(pairsOf('param', given)) };
}

const queryAnew: Command = async context => {
  const request = requestOf(context);
  const wire = await context.wire();
  const { templates, refused, policy } = await wire.allowlist(context.directories.configDir);
  const approved = approve(templates, request, context.clock.now(), refused);
  const template = findTemplate(templates, request.template);
  const wanted = await wantedHosts(context);
  return withSession(context, async session => {
    const hosts = thoseItRunsOn(context, template, await chooseTargets(context, session, wanted), wanted);
    const plan = () => planOf(session.engine, approved, template, hosts);
    if (context.given.has('dry-run')) {
      await printPlan(context, plan());
      return 0;
    }
    if (asksPerson(context, hosts.length, policy)) for (const line of planLines(plan())) context.messages.tell(line);
    await confirmMany(context, hosts.length, policy);
    return ask(context, session, { template, hosts, send: options => session.engine.launch(request, hosts, options) });
  });
};

/** Throws a 'usage' Problem unless exactly one of TEMPLATE and `--run` says what is asked. */
export const query: Command = async context => {
  const { args, given } = context;
  const again = given.has('run');
  if (args.length > 0 && again)
    throw new Problem('usage', 'TEMPLATE and --run exclude each other: a run has its template. Nothing was sent.');
  if (again) return queryAgain(context);
  if (given.has('missing')) throw new Problem('usage', '--missing needs the run whose hosts are meant: --run ID.');
  if (args.length === 0) throw new Problem('usage', 'TEMPLATE is missing: rollcall query TEMPLATE, or --run ID.');
  return queryAnew(context);
};
