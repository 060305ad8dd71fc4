/** The way of an event from a source to the screen: judged, written to disk together with the feed's cursor, then shown. */
import { judge } from '../core/judge.ts';
import type { Clock, Connector, EventBatch, EventFeed, EventStore, Log } from '../core/ports.ts';
import type { RuleSet } from '../core/rules/compile.ts';
import type { Platform } from '../core/template.ts';
import type { EngineObserver } from './api.ts';
import type { SourceHealth } from './health.ts';

export type IngestDeps = {
  readonly store: EventStore;
  readonly observer: EngineObserver;
  readonly clock: Clock;
  readonly log: Log;
  /** The rules in force; none when absent. */
  readonly rules?: RuleSet;
  /** Platform of a host, where it is known. */
  readonly platformOf?: (source: string, hostId: string) => Platform | undefined;
};

/** The key under which a feed's cursor is stored. */
export const feedKey = (connector: Connector, feed: EventFeed): string => `${connector.id}/${feed.name}`;

/** Takes one batch. Throws a 'storage' Problem when it could not be written; then nothing of it was shown. */
export function ingest(batch: EventBatch, key: string, health: SourceHealth, deps: IngestDeps): void {
  const { store, observer, clock, log, rules, platformOf } = deps;
  const seenAt = clock.now();
  const judged = batch.events.map(raw => judge(raw, seenAt, rules, platformOf?.(raw.source, raw.hostId)));
  const added = store.append(judged, { feed: key, cursor: batch.cursor });
  if (batch.skipped > 0) log.write('warn', 'records skipped', { feed: key, count: batch.skipped, sample: batch.skippedSample ?? '' });
  let newest: number | null = null;
  for (const { event } of added) if (newest === null || event.time > newest) newest = event.time;
  if (added.length > 0 || batch.skipped > 0) health.counted(added.length, batch.skipped, newest);
  if (added.length > 0) observer.events(added);
}
