/** `rollcall query`: an allowlisted live query on chosen hosts, and their answers. */
import { exitCodeOf, hostLine, runToJson } from '../core/aisoc.ts';
import { type ApprovedQuery, approve, type LaunchRequest } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import { isAbort, Problem } from '../core/problem.ts';
import { type Run, type Target, targetKeys } from '../core/run.ts';
import type { Launched } from '../engine/api.ts';
import { DEFAULT_TIMEOUT_S } from './args.ts';
import { confirmMany } from './confirm.ts';
import type { Command, CommandContext } from './context.ts';
import { csvLine } from './csv.ts';
import { exitCodeFor } from './exit-codes.ts';
import { unlessAborted } from './limits.ts';
import { csvRecord, jsonLine, writeAll, writeJson } from './print.ts';
import { elapsed, isAnswered, printRun, tallyText } from './print-run.ts';
import { type Session, withSession } from './session.ts';
import { tableLines } from './table.ts';
import { chooseTargets, wantedHosts } from './targets.ts';

function requestOf({ args, given }: CommandContext): LaunchRequest {
  const pairs = (given.get('param') ?? []).map(text => {
    const at = text.indexOf('=');
    if (at < 1) throw new Problem('usage', `--param needs KEY=VALUE, not '${text.slice(0, 80)}'.`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  const twice = pairs.find(([key], index) => pairs.findIndex(([other]) => other === key) !== index);
  if (twice) throw new Problem('usage', `--param ${twice[0]} stands twice. Give it once.`);
  return { template: args[0] ?? '', params: Object.fromEntries(pairs) };
}

/** What would be sent to whom. */
async function printPlan(context: CommandContext, query: ApprovedQuery, hosts: readonly Host[]): Promise<void> {
  const { template, digest, sql, params } = query;
  const keys = targetKeys(hosts);
  const targets = hosts.map((host, index) => ({
    host: keys[index] ?? host.hostname,
    host_id: host.id,
    source: host.source,
    status: host.status,
  }));
  const plan = { dry_run: true, template, digest, sql, params, targeted: hosts.length };
  const columns = ['host', 'host_id', 'source', 'status'];
  if (context.format === 'json') await writeJson(context, { ...plan, targets: keys });
  else if (context.format === 'jsonl') await writeAll(context, [...targets, { summary: plan }].map(jsonLine));
  else if (context.format === 'csv') await writeAll(context, [csvLine(columns), ...targets.map(target => csvRecord(columns, target))]);
  else {
    const list = tableLines(
      columns,
      targets.map(target => [target.host, target.host_id, target.source, target.status]),
      context.terminal,
    );
    await writeAll(context, [
      `${template}  ${digest}\n\n${sql}\n\n`,
      ...list.map(line => `${line}\n`),
      `\nNothing was sent. It would go to ${hosts.length}.\n`,
    ]);
  }
}

/** Prints each host's line of `jsonl` once it has answered, in the order of the answers. */
class AnswerLines {
  readonly printed = new Set<string>();
  readonly #context: CommandContext;
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  take(run: Run): void {
    if (this.#context.format !== 'jsonl') return;
    const fresh = run.targets.filter(target => isAnswered(target) && !this.printed.has(target.key));
    if (fresh.length === 0) return;
    fresh.sort((a, b) => (a.afterMs ?? 0) - (b.afterMs ?? 0));
    for (const { key } of fresh) this.printed.add(key);
    this.#writing = this.#writing.then(() => this.#write(fresh));
  }

  async #write(targets: readonly Target[]): Promise<void> {
    try {
      await writeAll(
        this.#context,
        targets.map(target => jsonLine(hostLine(target))),
      );
    } catch (thrown) {
      this.#failure ??= thrown;
    }
  }

  /** Resolves when everything that was taken is written; rejects when it could not be. */
  async written(): Promise<void> {
    await this.#writing;
    if (this.#failure) throw this.#failure;
  }
}

type Outcome = { readonly run: Run; readonly launched: Launched | undefined };

/** Launches and waits; an interrupt ends the waiting and the run. */
async function launch(context: CommandContext, session: Session, request: LaunchRequest, hosts: readonly Host[]): Promise<Outcome> {
  const { common, signal } = context;
  const { engine, seen } = session;
  let latest: Run | undefined;
  const { onRun } = seen;
  seen.onRun = run => {
    latest = run;
    onRun(run);
  };
  const timeoutMs = (common.timeoutS ?? DEFAULT_TIMEOUT_S) * 1_000;
  try {
    const launched = await unlessAborted(engine.launch(request, hosts, { timeoutMs, offline: 'wait' }), signal);
    const { run, ended } = launched;
    try {
      await unlessAborted(ended, signal);
    } catch (thrown) {
      if (!isAbort(thrown)) throw thrown;
      await engine.cancel(run.id);
    }
    return { run, launched };
  } catch (thrown) {
    if (!isAbort(thrown)) throw thrown;
    await session.close();
    if (!latest) throw thrown;
    return { run: latest, launched: undefined };
  }
}

async function ask(context: CommandContext, session: Session, request: LaunchRequest, hosts: readonly Host[]): Promise<number> {
  const { messages, clock } = context;
  const lines = new AnswerLines(context);
  session.seen.onRun = run => {
    lines.take(run);
    messages.progress(`${tallyText(run)} · ${elapsed(run, clock.now())}`);
  };
  messages.step(
    `asking ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'} on ${[...new Set(hosts.map(({ source }) => source))].join(', ')}`,
  );
  const { run, launched } = await launch(context, session, request, hosts);
  messages.rest();
  lines.take(run);
  await lines.written();
  await printRun(context, run, lines.printed);
  messages.step(`${tallyText(run)} · ${elapsed(run, clock.now())} · run ${run.id}`);
  for (const note of run.notes) messages.tell(note);
  const problem = launched?.problem();
  return problem && runToJson(run).partial ? exitCodeFor(problem.kind) : exitCodeOf(run);
}

export const query: Command = async context => {
  const request = requestOf(context);
  const { templates } = await context.wire();
  const approved = approve(templates(), request, context.clock.now());
  const wanted = await wantedHosts(context);
  return withSession(context, async session => {
    const hosts = await chooseTargets(context, session, wanted);
    if (context.given.has('dry-run')) {
      await printPlan(context, approved, hosts);
      return 0;
    }
    await confirmMany(context, hosts.length);
    return ask(context, session, request, hosts);
  });
};
