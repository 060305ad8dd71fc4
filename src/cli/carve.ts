/** `rollcall carve`: asks hosts for a file by osquery's carver, and waits until it is here. */
import { approveCarve } from '../core/launch-policy.ts';
import { permitHosts } from '../core/policy.ts';
import { type CarveOrder, createCarving } from '../engine/carving.ts';
import { carveForm } from './carves.ts';
import { confirmMany } from './confirm.ts';
import type { Command, CommandContext } from './context.ts';
import { endpointNames } from './endpoint.ts';
import { printList } from './print.ts';
import { type Session, withSession } from './session.ts';
import { chooseTargets, wantedHosts } from './targets.ts';

const LOOK_MS = 500;

/** Says how far it is until it has ended. */
async function tell({ clock, messages }: CommandContext, order: CarveOrder): Promise<void> {
  const over = new AbortController();
  const ending = order.ended.then(() => over.abort());
  while (!over.signal.aborted) {
    const { hosts, complete, failed, received, size } = await order.progress();
    const coming = hosts - complete - failed;
    messages.progress(`complete ${complete} · failed ${failed} · coming ${coming} · ${received} of ${size} bytes`);
    await clock.sleep(LOOK_MS, over.signal).catch(() => undefined);
  }
  await ending;
}

/** As for a query: 0 all sent it, 4 nobody did, 3 else. */
function exitCode(hosts: number, complete: number): number {
  if (complete === hosts) return 0;
  return complete === 0 ? 4 : 3;
}

async function report(context: CommandContext, order: CarveOrder): Promise<number> {
  const { messages } = context;
  const { hosts, failed } = order;
  const seen = await order.carves();
  messages.rest();
  await printList(context, seen, carveForm);
  for (const [{ hostname }, reason] of failed) messages.tell(`${hostname}: ${reason}`);
  const complete = seen.filter(({ state }) => state === 'complete').length;
  if (complete < hosts.length)
    messages.tell('What is still coming goes on while a console or `rollcall serve` is open; `rollcall carves` shows it.');
  return exitCode(hosts.length, complete);
}

export const carve: Command = async context => {
  const path = context.args[0] ?? '';
  approveCarve(path);
  const wanted = await wantedHosts(context);
  const work = async (session: Session): Promise<number> => {
    const { clock, common, signal } = context;
    const { engine } = session;
    const hosts = await chooseTargets(context, session, wanted);
    permitHosts(engine.policy, hosts.length);
    await confirmMany(context, hosts.length, engine.policy);
    const waitMs = common.timeoutS === undefined ? undefined : common.timeoutS * 1_000;
    const order = await createCarving({ engine, clock, signal }).launch(path, hosts, waitMs);
    await tell(context, order);
    return report(context, order);
  };
  return withSession(context, work, endpointNames(context));
};
