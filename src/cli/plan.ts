/** Before a live query leaves: what it would send, to whom, and what that cost in earlier runs. */
import type { ApprovedQuery } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import { type Past, pastOf, pastText } from '../core/past.ts';
import { targetKeys } from '../core/run.ts';
import type { Template } from '../core/template.ts';
import { planWaves, WAVE_RULE, wavesText } from '../core/waves.ts';
import type { Engine } from '../engine/api.ts';
import type { CommandContext } from './context.ts';
import { csvLine } from './csv.ts';
import { csvRecord, jsonLine, writeAll, writeJson } from './print.ts';
import { tableLines } from './table.ts';

/** Runs that are looked at for the cost of earlier ones. */
const RUNS = 100;

export type Plan = {
  readonly query: ApprovedQuery;
  readonly hosts: readonly Host[];
  readonly template: Template;
  /** Undefined when it never ran. */
  readonly past: Past | undefined;
};

export const planOf = (engine: Engine, query: ApprovedQuery, template: Template, hosts: readonly Host[]): Plan => ({
  query,
  hosts,
  template,
  past: pastOf(engine.runs(RUNS), template),
});

/** How it goes out, and what it cost before, a sentence each. */
export function planLines({ template, hosts, past }: Plan): string[] {
  const waves = wavesText(planWaves(template.cost, hosts));
  return [...(waves === '' ? [] : [`It goes out in ${waves}. ${WAVE_RULE}`]), ...(past ? [pastText(past)] : [])];
}

const pastJson = ({ runs, hosts, medianMs, medianRows, errors, denylisted, timedOut, offline }: Past) => ({
  runs,
  hosts,
  median_ms: medianMs,
  median_rows: medianRows,
  errors,
  denylisted,
  timed_out: timedOut,
  offline,
});

/** What would be sent to whom. */
export async function printPlan(context: CommandContext, plan: Plan): Promise<void> {
  const { query, hosts, past } = plan;
  const { template, digest, sql, params } = query;
  const keys = targetKeys(hosts);
  const targets = hosts.map((host, index) => ({
    host: keys[index] ?? host.hostname,
    host_id: host.id,
    source: host.source,
    status: host.status,
  }));
  const { cost } = plan.template;
  const waves = planWaves(cost, hosts).map(wave => wave.length);
  const earlier = past ? pastJson(past) : null;
  const summary = { dry_run: true, template, digest, sql, params, targeted: hosts.length, cost, waves, earlier };
  const columns = ['host', 'host_id', 'source', 'status'];
  if (context.format === 'json') await writeJson(context, { ...summary, targets: keys });
  else if (context.format === 'jsonl') await writeAll(context, [...targets, { summary }].map(jsonLine));
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
      ['', `Nothing was sent. It would go to ${hosts.length}.`, ...planLines(plan), ''].join('\n'),
    ]);
  }
}
