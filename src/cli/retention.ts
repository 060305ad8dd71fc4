/** Retention as the settings say, in a process that stays open. */
import type { Retention } from '../adapters/config-file.ts';
import { parseFilter } from '../core/filter.ts';
import type { Clock, Log, PrunePlan, RetentionStore, TriageStore } from '../core/ports.ts';
import { toProblem } from '../core/problem.ts';
import { shortSize } from '../core/size.ts';
import type { EngineObserver } from '../engine/api.ts';
import { takeAway } from '../engine/retention.ts';
import { createTriage } from '../state/triage.ts';
import { repeat } from './repeat.ts';

/** ms after the start, and between two times. */
const FIRST_MS = 5_000;
const EVERY_MS = 3_600_000;
/** ms of rest between two steps: keys and sources come first. */
const REST_MS = 20;

export type RetentionDeps = {
  readonly store: RetentionStore & TriageStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: Pick<EngineObserver, 'notice'>;
  readonly signal: AbortSignal;
};

function planOf({ maxAgeMs, maxBytes, keep }: Retention, { store, clock }: RetentionDeps): PrunePlan {
  const now = clock.now();
  const board = createTriage({ store, now: () => now });
  const { match } = parseFilter(keep, { now, statusOf: ({ id }) => board.stateOf(id) });
  return {
    keep: keep.trim() === '' ? () => false : match,
    ...(maxAgeMs !== undefined && { before: now - maxAgeMs }),
    ...(maxBytes !== undefined && { maxBytes }),
  };
}

/** Takes old events away soon and then every hour, until the signal stops it; tells when something went. */
export function startRetention(retention: Retention, deps: RetentionDeps): void {
  const { store, clock, log, observer, signal } = deps;
  const once = async () => {
    const pause = () => clock.sleep(REST_MS, signal);
    const { events, sizeBefore, sizeAfter } = await takeAway(store, planOf(retention, deps), { dryRun: false, pause });
    if (events === 0) return;
    log.write('info', 'retention', { events, bytes_before: sizeBefore, bytes_after: sizeAfter });
    observer.notice({
      level: 'info',
      text: `Retention took ${events} old events away, as the settings say: ${shortSize(sizeBefore)} -> ${shortSize(sizeAfter)}.`,
    });
  };
  const failed = (thrown: unknown) => {
    const { message, kind, detail } = toProblem(thrown);
    log.write('warn', message, { kind, detail });
    observer.notice({ level: 'warn', text: `Retention has to wait: ${message}` });
  };
  void repeat(once, { clock, firstMs: FIRST_MS, everyMs: EVERY_MS, signal, failed });
}
