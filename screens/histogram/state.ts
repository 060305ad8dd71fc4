/** What the Histogram screen remembers: the span, the time under the cursor. Outside React. */
import { createStore, type Store } from '../../src/state/store.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import type { Services } from '../../src/ui/services.ts';
import { bucketOf, type Counts, countsOf, type Scale, SPANS, scaleOf } from './buckets.ts';

export type HistogramState = {
  /** Index in `SPANS`. */
  readonly span: number;
  /** Epoch ms under the cursor; undefined: the newest bucket, and on with time. */
  readonly at: number | undefined;
  /** The filter in force in the feed. */
  readonly filter: string;
};

export type Chart = { readonly scale: Scale; readonly counts: Counts; readonly cursor: number };

export type HistogramScreen = Store<HistogramState> & {
  /** What is drawn on a screen of that size; undefined while there is no store. */
  chart(size: Pick<Size, 'width'>): Chart | undefined;
  patch(change: Partial<HistogramState>): void;
};

/** Cells at the left for names, at the right for sums. */
export const NAME_WIDTH = 12;
export const SUM_WIDTH = 10;

/** ms for which counts are taken to be right, however many events arrive. */
const FRESH_MS = 1_000;

/** The span that begins with an hour and reaches back to `at`. */
const spanTo = (at: number, now: number): number => {
  const found = SPANS.findIndex(({ ms }) => now - at < ms);
  return found < 0 ? SPANS.length - 1 : found;
};

export function createHistogram(
  services: Pick<Services, 'histogram' | 'now'>,
): HistogramScreen & { open(at: number | undefined, filter: string): void } {
  const store = createStore<HistogramState>({ span: 1, at: undefined, filter: '' });
  const patch = (change: Partial<HistogramState>) => store.set(shown => ({ ...shown, ...change }));
  let known: { readonly scale: Scale; readonly counts: Counts; readonly readAt: number } | undefined;

  const counts = (scale: Scale): Counts | undefined => {
    const now = services.now();
    const same = known?.scale.since === scale.since && known.scale.bucketMs === scale.bucketMs;
    if (known && same && now - known.readAt < FRESH_MS) return known.counts;
    const bars = services.histogram?.histogram(scale.since, scale.until, scale.bucketMs);
    if (!bars) return undefined;
    known = { scale, counts: countsOf(bars, scale), readAt: now };
    return known.counts;
  };

  return {
    ...store,
    patch,
    chart({ width }) {
      const { span, at } = store.get();
      const scale = scaleOf(span, services.now(), width - NAME_WIDTH - SUM_WIDTH);
      const read = counts(scale);
      return read && { scale, counts: read, cursor: at === undefined ? scale.count - 1 : bucketOf(at, scale) };
    },
    open(at, filter) {
      known = undefined;
      const { span } = store.get();
      patch({ at, filter, ...(at !== undefined && { span: Math.max(span, spanTo(at, services.now())) }) });
    },
  };
}
