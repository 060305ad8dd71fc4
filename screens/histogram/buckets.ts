/** Events by time and severity, as bars that fit the screen. Pure. */
import type { Severity } from '../../src/core/model.ts';
import { SEVERITIES } from '../../src/core/model.ts';
import type { HistogramBar } from '../../src/core/ports.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Span = { readonly name: string; readonly ms: number; readonly buckets: readonly number[] };

/** Each with the lengths that its buckets may have, the finest first. */
export const SPANS: readonly Span[] = [
  { name: '1h', ms: HOUR, buckets: [1, 2, 5, 10].map(minutes => minutes * MINUTE) },
  { name: '6h', ms: 6 * HOUR, buckets: [5, 10, 15, 30].map(minutes => minutes * MINUTE) },
  { name: '24h', ms: 24 * HOUR, buckets: [20, 30, 60, 120].map(minutes => minutes * MINUTE) },
  { name: '7d', ms: 168 * HOUR, buckets: [2, 3, 4, 6, 12].map(hours => hours * HOUR) },
];

/** Stretches of time, as many as fit. `until` is the end of the one that `now` is in; all are multiples of `bucketMs`. */
export type Scale = { readonly since: number; readonly until: number; readonly bucketMs: number; readonly count: number };

/** The finest scale of a span that has no more than `most` buckets. */
export function scaleOf(span: number, now: number, most: number): Scale {
  const { ms, buckets } = SPANS[span] ?? { ms: HOUR, buckets: [MINUTE] };
  const bucketMs = buckets.find(length => ms / length <= most) ?? buckets.at(-1) ?? ms;
  const count = Math.min(ms / bucketMs, Math.max(1, most));
  const until = (Math.floor(now / bucketMs) + 1) * bucketMs;
  return { since: until - count * bucketMs, until, bucketMs, count };
}

/** Events in each bucket of a scale, by severity. */
export type Counts = Readonly<Record<Severity, readonly number[]>>;

export function countsOf(bars: readonly HistogramBar[], { since, bucketMs, count }: Scale): Counts {
  const counts = Object.fromEntries(SEVERITIES.map(severity => [severity, Array<number>(count).fill(0)])) as Record<Severity, number[]>;
  for (const { at, severity, events } of bars) {
    const bucket = (at - since) / bucketMs;
    const line = counts[severity];
    if (bucket >= 0 && bucket < count) line[bucket] = (line[bucket] ?? 0) + events;
  }
  return counts;
}

const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII = [' ', '.', ':', '#'];

/**
 * The mark of a bar `value` of `most` in the line `line` of `lines`, 0 being the lowest. The smallest bar still shows.
 * `unicode`: eighths of a cell, else thirds in ASCII.
 */
export function barMark(value: number, most: number, line: number, lines: number, unicode: boolean): string {
  const marks = unicode ? BLOCKS : ASCII;
  const steps = marks.length - 1;
  if (value <= 0 || most <= 0) return ' ';
  const height = Math.max(1, Math.round((value / most) * steps * lines));
  return marks[Math.max(0, Math.min(steps, height - line * steps))] ?? ' ';
}

/** The bucket that a time falls into, or the nearest one. */
export const bucketOf = (at: number, { since, bucketMs, count }: Scale): number =>
  Math.max(0, Math.min(count - 1, Math.floor((at - since) / bucketMs)));
