/** `rollcall prune`: takes old events away, by age and by size, and keeps those that a filter names. */
import { parseFilter } from '../core/filter.ts';
import type { Pruned, PrunePlan } from '../core/ports.ts';
import { Problem, toProblem } from '../core/problem.ts';
import { clean } from '../core/sanitize.ts';
import { parseSize, shortSize } from '../core/size.ts';
import { isoUtc, parseTime } from '../core/time.ts';
import { takeAway } from '../engine/retention.ts';
import { createTriage } from '../state/triage.ts';
import type { Command, CommandContext } from './context.ts';
import { unlessAborted } from './limits.ts';
import { writeAll, writeJson } from './print.ts';
import { withSession } from './session.ts';

type Wanted = Pick<PrunePlan, 'before' | 'maxBytes'> & { readonly keep: string };

function wantedOf({ given, clock }: CommandContext): Wanted {
  const [age] = given.get('older-than') ?? [];
  const [most] = given.get('max-size') ?? [];
  if (age === undefined && most === undefined) throw new Problem('usage', 'Say what may go: --older-than 30d, --max-size 2GB, or both.');
  const before = age === undefined ? undefined : parseTime(age, clock.now());
  if (age !== undefined && before === undefined)
    throw new Problem('usage', `--older-than takes a span (30d, 12h) or a time (RFC 3339), not '${clean(age, 80)}'.`);
  const maxBytes = most === undefined ? undefined : parseSize(most);
  if (most !== undefined && maxBytes === undefined)
    throw new Problem('usage', `--max-size takes a size (500MB, 2GB), not '${clean(most, 80)}'.`);
  const keep = given.get('keep')?.[0] ?? '';
  parseFilter(keep, { now: clock.now() });
  return { keep, ...(before !== undefined && { before }), ...(maxBytes !== undefined && { maxBytes }) };
}

async function print(context: CommandContext, { events, sizeBefore, sizeAfter }: Pruned, dryRun: boolean): Promise<void> {
  if (context.format !== 'table') {
    await writeJson(context, { events, bytes_before: sizeBefore, bytes_after: sizeAfter, dry_run: dryRun });
    return;
  }
  const words = dryRun ? 'would go' : 'are gone';
  await writeAll(context, [`${events} events ${words}: ${shortSize(sizeBefore)} -> ${dryRun ? 'about ' : ''}${shortSize(sizeAfter)}\n`]);
}

/** Throws a 'usage' Problem where nothing is named that may go: an empty command line must not delete. */
export const prune: Command = async context => {
  const { keep, ...limits } = wantedOf(context);
  const { clock, given, messages, signal } = context;
  const dryRun = given.has('dry-run');
  return withSession(
    context,
    async ({ store, audit }) => {
      const board = createTriage({ store, now: () => clock.now(), who: '' });
      const { match } = parseFilter(keep, { now: clock.now(), statusOf: ({ id }) => board.stateOf(id) });
      const plan: PrunePlan = { ...limits, keep: keep.trim() === '' ? () => false : match };
      const { before, maxBytes } = limits;
      if (!dryRun) audit.write('prune', { before: before === undefined ? null : isoUtc(before), max_bytes: maxBytes ?? null, keep });
      const result = await takeAway(store, plan, { dryRun, pause: () => unlessAborted(clock.sleep(0), signal) });
      if (!dryRun && result.events > 0) {
        try {
          store.compact();
        } catch (thrown) {
          messages.tell(`The file keeps its length for now, and will not grow: ${toProblem(thrown).message}`);
        }
      }
      await print(context, result, dryRun);
      if (maxBytes !== undefined && result.sizeAfter > maxBytes)
        messages.tell(
          `What is left takes ${shortSize(result.sizeAfter)}, more than --max-size: the rest is kept by --keep, or is no event.`,
        );
      return 0;
    },
    'none',
  );
};
