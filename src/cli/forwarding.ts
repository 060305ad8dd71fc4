/** Forwarding as long as a command or the console runs, and of the rest at its end. */
import { randomUUID } from 'node:crypto';
import { createForwarder, type ForwardDeps, type ForwardTarget } from '../adapters/forward.ts';

export type Forwarding = {
  /** Sends what is left, as far as that goes quickly, and ends. */
  stop(): Promise<void>;
};

/** ms for the rest at the end; what is not sent then waits for the next start. */
const FAREWELL_MS = 2_000;

export function startForwarding(targets: readonly ForwardTarget[], deps: Omit<ForwardDeps, 'owner'>): Forwarding {
  if (targets.length === 0) return { stop: async () => undefined };
  const forwarder = createForwarder(targets, { ...deps, owner: randomUUID() });
  const stopping = new AbortController();
  const running = forwarder.run(stopping.signal);
  return {
    async stop() {
      stopping.abort();
      const farewell = new AbortController();
      const rest = running.then(() => forwarder.flush());
      await Promise.race([rest, deps.clock.sleep(FAREWELL_MS, farewell.signal).catch(() => undefined)]);
      farewell.abort();
      forwarder.close();
    },
  };
}
