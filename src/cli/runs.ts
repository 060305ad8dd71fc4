/** `rollcall runs`: past and running queries, of this and other processes. */
import { runSummary } from '../core/aisoc.ts';
import { Problem } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import { clean } from '../core/sanitize.ts';
import { isoUtc } from '../core/time.ts';
import type { Command } from './context.ts';
import { type ListForm, printList } from './print.ts';
import { printRun } from './print-run.ts';
import { withSession } from './session.ts';

const ALL = Number.MAX_SAFE_INTEGER;

const form: ListForm<Run> = {
  json: runSummary,
  header: ['id', 'started', 'template', 'source', 'targeted', 'answered', 'errors', 'timed out', 'state'],
  cells(run) {
    const { id, template, source, targeted, answered, failed, timed_out } = runSummary(run);
    const numbers = [targeted, answered, failed, timed_out].map(String);
    return [id, isoUtc(run.record.startedAt).slice(0, 19), template, source, ...numbers, run.phase];
  },
  csv: [
    'id',
    'source',
    'template',
    'digest',
    'sql',
    'params',
    'started_at',
    'ended_at',
    'targeted',
    'answered',
    'failed',
    'timed_out',
    'remote_id',
  ],
  none: 'No runs yet. `rollcall query TEMPLATE` makes one.',
};

/** Throws a 'usage' Problem for an id that is none. */
export const runs: Command = context =>
  withSession(
    context,
    async ({ engine }) => {
      const [id] = context.args;
      if (id === undefined) {
        await printList(context, engine.runs(ALL), form);
        return 0;
      }
      const run = engine.run(id);
      if (!run) throw new Problem('usage', `There is no run '${clean(id, 80)}'. \`rollcall runs\` lists them.`);
      const { secrets = [] } = engine.templates.find(({ name }) => name === run.record.template) ?? {};
      await printRun(context, run, { secrets });
      return 0;
    },
    'none',
  );
