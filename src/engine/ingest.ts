/** The way of an event from a source to the screen: judged, written to disk together with the feed's cursor, then shown. */
import { judge } from '../core/judge.ts';
import type { FeedEvent, RawEvent } from '../core/model.ts';
import type { Clock, Connector, EventBatch, EventFeed, EventStore, FeedCursor, Log } from '../core/ports.ts';
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

/** Events that are judged in one go: keys must not wait longer behind a flood. */
const SLICE = 256;
/** Events that are written, and then shown, together. */
const PART = 2_048;

/**
 * Takes one batch, part by part; the cursor is written with the last one, so that a batch cut short is read again.
 * Throws a 'storage' Problem when a part could not be written; then nothing of that part was shown.
 */
export async function ingest(batch: EventBatch, key: string, health: SourceHealth, deps: IngestDeps): Promise<void> {
  const { log } = deps;
  const { events, cursor, skipped, skippedSample = '' } = batch;
  for (let from = 0; from === 0 || from < events.length; from += PART) {
    const isLast = from + PART >= events.length;
    await take(events.slice(from, from + PART), isLast ? { feed: key, cursor } : undefined, health, deps);
  }
  if (skipped === 0) return;
  log.write('warn', 'records skipped', { feed: key, count: skipped, sample: skippedSample });
  health.skipped(skipped);
}

/** Judges, stores, and then shows. */
async function take(events: readonly RawEvent[], position: FeedCursor | undefined, health: SourceHealth, deps: IngestDeps): Promise<void> {
  const { store, observer, clock } = deps;
  const seenAt = clock.now();
  const added = await store.append(await judged(events, seenAt, deps), position);
  if (added.length === 0) return;
  const newest = added.reduce((latest, { event }) => Math.max(latest, event.time), 0);
  health.counted(added.length, newest, seenAt);
  observer.events(added);
}

async function judged(events: readonly RawEvent[], seenAt: number, { clock, rules, platformOf }: IngestDeps): Promise<FeedEvent[]> {
  const done: FeedEvent[] = [];
  for (const raw of events) {
    if (done.length > 0 && done.length % SLICE === 0) await clock.sleep(0);
    done.push(judge(raw, seenAt, rules, platformOf?.(raw.source, raw.hostId)));
  }
  return done;
}
