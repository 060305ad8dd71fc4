/** What goes when events may not stay for ever: by age, by size, and never what a filter keeps. */
import type { Pruned, PruneMark, PrunePlan, RetentionStore } from '../core/ports.ts';

export type Taking = {
  /** Only says what would go. */
  readonly dryRun: boolean;
  /** Called between two steps, each some ms long; what it throws ends the taking. */
  pause(): Promise<void>;
};

/** Walks until the size is right: what an event takes up is an estimate. */
const WALKS = 5;

type Gone = { readonly events: number; readonly bytes: number };

async function walk(store: RetentionStore, plan: PrunePlan, excess: number, { dryRun, pause }: Taking): Promise<Gone> {
  let events = 0;
  let bytes = 0;
  let from: PruneMark | undefined;
  do {
    const step = store.pruneStep(plan, excess - bytes, from, dryRun);
    events += step.events;
    bytes += step.bytes;
    from = step.next;
    await pause();
  } while (from);
  return { events, bytes };
}

/** Takes away what the plan says, step by step, while others go on reading and writing. Throws a 'storage' Problem. */
export async function takeAway(store: RetentionStore, plan: PrunePlan, taking: Taking): Promise<Pruned> {
  const { before, maxBytes } = plan;
  const sizeBefore = store.size();
  const excess = () => (maxBytes === undefined ? 0 : Math.max(0, store.size() - maxBytes));
  let { events, bytes } = await walk(store, plan, excess(), taking);
  if (taking.dryRun) return { events, sizeBefore, sizeAfter: Math.max(0, sizeBefore - bytes) };
  if (before !== undefined) store.forgetSeen(before);
  for (let round = 1; round < WALKS && bytes > 0 && excess() > 0; round += 1) {
    const more = await walk(store, plan, excess(), taking);
    events += more.events;
    bytes = more.bytes;
  }
  return { events, sizeBefore, sizeAfter: store.size() };
}
