/** A dry run: what a live query would send, and to whom. */
import type { ApprovedQuery } from '../core/launch-policy.ts';
import type { Host } from '../core/model.ts';
import { targetKeys } from '../core/run.ts';
import type { CommandContext } from './context.ts';
import { csvLine } from './csv.ts';
import { csvRecord, jsonLine, writeAll, writeJson } from './print.ts';
import { tableLines } from './table.ts';

/** What would be sent to whom. */
export async function printPlan(context: CommandContext, query: ApprovedQuery, hosts: readonly Host[]): Promise<void> {
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
