/** Reads one feed of one source: pass by pass for a polled feed, without end for a pushed one. */
import type { Connector, EventFeed } from '../core/ports.ts';
import type { SourceHealth } from './health.ts';
import { feedKey, type IngestDeps, ingest } from './ingest.ts';
import { supervise } from './supervisor.ts';

/** How far back a feed without a cursor reaches: 24 h. */
export const FIRST_REACH_MS = 24 * 60 * 60 * 1000;

/**
 * One pass over a feed, from its stored cursor, or from `since` (epoch ms) when it was never read.
 * Throws `Problem`; batches that were read before the failure are kept.
 */
export async function readPass(
  connector: Connector,
  feed: EventFeed,
  health: SourceHealth,
  since: number,
  deps: IngestDeps,
  signal: AbortSignal,
  alive: () => void = () => undefined,
): Promise<void> {
  const key = feedKey(connector, feed);
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const read = async () => {
    try {
      for await (const batch of feed.read(deps.store.cursor(key), since, stop)) {
        await ingest(batch, key, health, deps);
        alive();
        health.ok(feed.name, deps.clock.now());
      }
    } catch (thrown) {
      failed.abort(thrown);
    }
  };
  await Promise.all(Array.from({ length: feed.readers ?? 1 }, read));
  failed.signal.throwIfAborted();
  if (signal.aborted) return;
  alive();
  health.caughtUp(feed.name, deps.clock.now());
}

/** Reads the feed until the signal stops it; failures show in the source's health and are tried again. */
export function runFeed(connector: Connector, feed: EventFeed, health: SourceHealth, deps: IngestDeps, signal: AbortSignal): Promise<void> {
  const pass = async (alive: () => void) => {
    // A pushed feed may stay silent for long: listening is already good health.
    if (feed.cadence === 'push') health.ok(feed.name, deps.clock.now());
    await readPass(connector, feed, health, deps.clock.now() - FIRST_REACH_MS, deps, signal, alive);
    if (feed.cadence !== 'push') await deps.clock.sleep(feed.cadence.everyMs, signal);
  };
  return supervise(pass, {
    clock: deps.clock,
    signal,
    failed(problem, inARow) {
      health.failed(feed.name, problem, inARow);
      deps.log.write('warn', problem.message, { source: connector.id, feed: feed.name, kind: problem.kind, detail: problem.detail });
      if (inARow === 1) deps.observer.notice({ level: 'warn', text: problem.message, source: connector.id });
    },
  });
}
