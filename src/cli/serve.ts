/** `rollcall serve`: the direct endpoint without a screen, until it is told to stop. */
import type { Command } from './context.ts';
import { endpointNames } from './endpoint.ts';
import { withSession } from './session.ts';

/** Resolves when the signal says stop. */
function stopped(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

export const serve: Command = context =>
  withSession(
    context,
    async ({ engine, retain }) => {
      const { messages, signal } = context;
      retain();
      for (const connector of engine.connectors) {
        if (!connector.enrolment) continue;
        const { tlsHostname, fingerprint } = await connector.enrolment(signal);
        messages.tell(`${connector.id}: listening on https://${tlsHostname}, certificate SHA-256 ${fingerprint}`);
        for (const remark of connector.remarks?.() ?? []) messages.tell(`${connector.id}: ${remark}`);
      }
      await stopped(signal);
      return 0;
    },
    endpointNames(context),
  );
