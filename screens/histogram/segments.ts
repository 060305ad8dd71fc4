/** How the histogram looks: a block of bars for each severity, times below. Pure. */
import { SEVERITIES, type Severity } from '../../src/core/model.ts';
import { cells, fit } from '../../src/ui/cells.ts';
import { count, counted, dayTime, type OffsetMinutes, shortTime, type Zone } from '../../src/ui/format.ts';
import { type Segment, severityLetter } from '../../src/ui/theme.ts';
import { barMark, type Scale, SPANS } from './buckets.ts';
import { type Chart, NAME_WIDTH, SUM_WIDTH } from './state.ts';

export type Clock = { readonly now: number; readonly zone: Zone; readonly offsetMinutes: OffsetMinutes };

const WORST_FIRST = [...SEVERITIES].reverse();
/** Head, times and what is under the cursor. */
const OTHER_LINES = 3;
const MAX_LINES = 8;

/** Lines of each severity's block in a body of `height`. */
const linesEach = (height: number): number => Math.max(1, Math.min(MAX_LINES, Math.floor((height - OTHER_LINES) / SEVERITIES.length)));

/** Cells of a bar. */
const barWidth = ({ count: buckets }: Scale, width: number): number =>
  Math.max(1, Math.min(4, Math.floor((width - NAME_WIDTH - SUM_WIDTH) / buckets)));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function lengthOf(ms: number): string {
  const minutes = ms / 60_000;
  return minutes < 60 ? `${minutes} min` : `${minutes / 60} h`;
}

export function headSegments({ scale, counts }: Chart, span: number, { zone }: Clock): readonly Segment[] {
  const total = sum(Object.values(counts).map(sum));
  const zoneName = zone === 'utc' ? 'UTC' : 'local time';
  return [
    { text: ` last ${SPANS[span]?.name ?? ''}`, tone: 'strong' },
    { text: ` by ${lengthOf(scale.bucketMs)}, ${zoneName}   ${counted(total, 'event')}` },
    { text: '   each severity to its own scale', tone: 'muted' },
  ];
}

/** Line `line` of a severity's block, 0 being its top. */
function blockSegments(severity: Severity, line: number, lines: number, chart: Chart, width: number, unicode: boolean): readonly Segment[] {
  const { scale, counts, cursor } = chart;
  const values = counts[severity];
  const most = Math.max(0, ...values);
  const wide = barWidth(scale, width);
  const marks = values.map(value => barMark(value, most, lines - 1 - line, lines, unicode).repeat(wide));
  const lowest = line === lines - 1;
  return [
    { text: lowest ? ` ${severityLetter(severity)}` : '  ', tone: severity },
    { text: fit(lowest ? ` ${severity}` : '', NAME_WIDTH - 2), tone: 'muted' },
    { text: marks.slice(0, cursor).join(''), tone: severity === 'critical' ? 'bad' : severity },
    { text: marks[cursor] ?? '', tone: 'cursor' },
    { text: marks.slice(cursor + 1).join(''), tone: severity === 'critical' ? 'bad' : severity },
    { text: lowest ? ` ${count(sum(values))}` : line === 0 && most > 0 ? ` max ${count(most)}` : '', tone: lowest ? undefined : 'muted' },
  ];
}

/** `02:30` of `02:30:00`; what has no seconds stays. */
const withoutSeconds = (time: string): string => time.trim().replace(/(\d\d:\d\d):\d\d$/, '$1');

const GAP = 4;

/** Times under the buckets that they begin, as many as fit. */
function timeSegments({ scale }: Chart, width: number, { now, zone, offsetMinutes }: Clock): readonly Segment[] {
  const wide = barWidth(scale, width);
  const days = scale.until - scale.since > 86_400_000;
  let text = ' '.repeat(NAME_WIDTH);
  for (let bucket = 0; bucket < scale.count; bucket += 1) {
    const at = NAME_WIDTH + bucket * wide;
    const ms = scale.since + bucket * scale.bucketMs;
    const label = days
      ? `${shortTime(ms, Number.NaN, zone, offsetMinutes).slice(0, 8)}h`
      : withoutSeconds(dayTime(ms, now, zone, offsetMinutes));
    if (at < cells(text) || at + cells(label) > NAME_WIDTH + scale.count * wide) continue;
    text += ' '.repeat(at - cells(text)) + label + ' '.repeat(GAP);
  }
  return [{ text: text.trimEnd(), tone: 'muted' }];
}

/** The stretch under the cursor, and what is in it. */
function cursorSegments({ scale, counts, cursor }: Chart, { now, zone, offsetMinutes }: Clock): readonly Segment[] {
  const from = scale.since + cursor * scale.bucketMs;
  const minutes = (ms: number) => withoutSeconds(shortTime(ms, now, zone, offsetMinutes));
  const [begins, ends] = [minutes(from), minutes(from + scale.bucketMs)];
  const found = WORST_FIRST.map(severity => ({ severity, events: counts[severity][cursor] ?? 0 })).filter(({ events }) => events > 0);
  return [
    { text: ` ${begins} – ${ends}`, tone: 'strong' },
    { text: found.length === 0 ? '   no events' : '  ' },
    ...found.flatMap(({ severity, events }): Segment[] => [
      { text: ' ' },
      { text: severityLetter(severity), tone: severity },
      { text: ` ${count(events)} ` },
    ]),
  ];
}

/** All lines of the screen. */
export function histogramLines(
  chart: Chart,
  span: number,
  { width, height }: { readonly width: number; readonly height: number },
  clock: Clock,
  unicode: boolean,
): ReadonlyArray<readonly Segment[]> {
  const lines = linesEach(height);
  const blocks = WORST_FIRST.flatMap(severity =>
    Array.from({ length: lines }, (_, line) => blockSegments(severity, line, lines, chart, width, unicode)),
  );
  const times = height >= blocks.length + OTHER_LINES ? [timeSegments(chart, width, clock)] : [];
  return [headSegments(chart, span, clock), ...blocks, ...times, cursorSegments(chart, clock)];
}
