/** What the holder of an endpoint does for other processes of its user, by name. */
import { z } from 'zod';
import type { Clock } from '../../core/ports.ts';
import type { Desk } from './desk.ts';

/** `emit` resolves when the other end has taken the item. The signal stops the work when it is not wanted any more. */
export type Call = { readonly signal: AbortSignal; readonly launched: Set<string>; emit(item: unknown): Promise<void> };
export type Service = (args: unknown, call: Call) => Promise<unknown>;

/** How often it is told which hosts have not answered, while that changes. */
const STANDING_MS = 500;

const newRun = z.object({
  id: z.string().regex(/^rollcall_[0-9a-f]{32}$/),
  sql: z.string().min(1),
  hosts: z.array(z.object({ id: z.string(), hostname: z.string() })),
  resumed: z.boolean(),
  carve: z.string().optional(),
});
const followed = z.object({ id: z.string(), options: z.object({ timeoutMs: z.number(), offline: z.enum(['wait', 'skip']) }) });
const changed = z.object({
  id: z.string(),
  change: z.union([
    z.object({ action: z.enum(['approve', 'block', 'forget']) }),
    z.object({ action: z.literal('tag'), tags: z.array(z.string()) }),
  ]),
});
const rotation = z.object({ graceMs: z.number().min(0) });
const ended = z.object({ id: z.string(), reason: z.enum(['answered', 'deadline', 'cancelled']) });

/** Tells, until stopped, who of a run is silent and why: it has to be at hand there when the deadline comes. */
async function tellStanding(desk: Desk, id: string, clock: Clock, { emit, signal }: Pick<Call, 'emit' | 'signal'>): Promise<void> {
  let before = '';
  while (!signal.aborted) {
    const silent = desk.silentAtDeadline(id);
    const standing = JSON.stringify(silent);
    if (standing !== before) await emit({ kind: 'standing', silent });
    before = standing;
    await clock.sleep(STANDING_MS, signal).catch(() => undefined);
  }
}

export const controlServices = (desk: Desk, clock: Clock): ReadonlyMap<string, Service> =>
  new Map<string, Service>([
    ['address', () => desk.address()],
    ['check', (_args, { signal }) => desk.check(signal)],
    [
      'hosts',
      async (_args, { signal, emit }) => {
        for await (const page of desk.hosts(signal)) await emit(page);
        return desk.remarks();
      },
    ],
    ['nodes', (_args, { signal }) => desk.nodes(signal)],
    [
      'change',
      (args, { signal }) => {
        const { id, change } = changed.parse(args);
        return desk.change(id, change, signal);
      },
    ],
    ['rotateSecret', (args, { signal }) => desk.rotateSecret(rotation.parse(args).graceMs, signal)],
    [
      'launch',
      async (args, { signal, launched }) => {
        const run = newRun.parse(args);
        launched.add(run.id);
        await desk.launch(run, signal);
      },
    ],
    [
      'updates',
      async (args, { signal, emit, launched }) => {
        const { id, options } = followed.parse(args);
        const over = new AbortController();
        const standing = tellStanding(desk, id, clock, { emit, signal: AbortSignal.any([signal, over.signal]) });
        try {
          for await (const update of desk.updates(id, options, signal)) await emit(update);
        } finally {
          launched.delete(id);
          over.abort();
          await standing;
        }
      },
    ],
    [
      'end',
      (args, { signal }) => {
        const { id, reason } = ended.parse(args);
        return desk.end(id, reason, signal);
      },
    ],
  ]);
