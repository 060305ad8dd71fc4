/** Histogram: how many events of each severity there were, when. Opened from the feed; counts what is stored, unfiltered. */
import type { ReactNode } from 'react';
import { withoutFields } from '../../src/core/filter-language.ts';
import { isoUtc } from '../../src/core/time.ts';
import type { Command, CommandContext, Size } from '../../src/ui/keys/command.ts';
import { Lines } from '../../src/ui/Lines.tsx';
import { defineScreen } from '../../src/ui/screen.tsx';
import { useServices } from '../../src/ui/services.ts';
import { useStore } from '../../src/ui/use-store.ts';
import { SPANS } from './buckets.ts';
import { histogramLines } from './segments.ts';
import { createHistogram, type HistogramScreen } from './state.ts';

type Screen = ReturnType<typeof createHistogram>;
type Context = CommandContext<Screen>;

function View({ screen, width, height }: { readonly screen: HistogramScreen } & Size): ReactNode {
  const { state, ui, terminal, now, offsetMinutes } = useServices();
  useStore(state.feed);
  const zone = useStore(ui, shown => shown.zone);
  const { span } = useStore(screen);
  const chart = screen.chart({ width });
  const lines = chart
    ? histogramLines(chart, span, { width, height }, { now: now(), zone, offsetMinutes }, terminal.unicode)
    : [[{ text: ' The store is being opened.' }]];
  return <Lines width={width} height={height} line={index => ({ segments: lines[index] ?? [] })} />;
}

const noChart = ({ screen, size }: Context) => (screen.chart(size) ? undefined : 'the store is being opened');

/** Moves the cursor by buckets; to the newest one it goes along with time. */
function move({ screen, size }: Context, by: number): void {
  const chart = screen.chart(size);
  if (!chart) return;
  const { scale, cursor } = chart;
  const next = Math.max(0, Math.min(scale.count - 1, cursor + by));
  screen.patch({ at: next === scale.count - 1 ? undefined : scale.since + next * scale.bucketMs });
}

const turn =
  (step: 1 | -1) =>
  ({ screen }: Context) =>
    screen.patch({ span: (screen.get().span + step + SPANS.length) % SPANS.length });

/** The feed with nothing but the stretch under the cursor, and with the rest of its filter. */
function choose({ screen, size, services: { ui } }: Context): void {
  const chart = screen.chart(size);
  if (!chart) return;
  const { scale, cursor } = chart;
  const from = scale.since + cursor * scale.bucketMs;
  const span = `since:${isoUtc(from)} until:${isoUtc(from + scale.bucketMs - 1)}`;
  const filter = `${withoutFields(screen.get().filter, ['since', 'until'])} ${span}`.trim();
  ui.back();
  ui.go('feed', { filter });
}

const commands: readonly Command<Screen>[] = [
  {
    id: 'histogram.choose',
    keys: ['enter'],
    title: 'Only these events',
    help: 'Returns to the feed with the stretch of time under the cursor as its filter.',
    where: 'screen',
    local: true,
    footer: 'filter',
    blocked: noChart,
    run: choose,
  },
  {
    id: 'histogram.wider',
    keys: ['i'],
    title: 'Longer span',
    help: `Shows ${SPANS.map(({ name }) => name).join(', ')}, one after the other.`,
    where: 'screen',
    local: true,
    footer: 'span',
    run: turn(1),
  },
  {
    id: 'histogram.narrower',
    keys: ['I'],
    title: 'Shorter span',
    help: 'The other way around.',
    where: 'screen',
    local: true,
    run: turn(-1),
  },
  {
    id: 'histogram.left',
    keys: ['h', 'left'],
    title: 'Earlier',
    help: 'Moves to the stretch of time before.',
    where: 'screen',
    local: true,
    footer: 'earlier',
    blocked: noChart,
    run: context => move(context, -1),
  },
  {
    id: 'histogram.right',
    keys: ['l', 'right'],
    title: 'Later',
    help: 'Moves to the stretch of time after.',
    where: 'screen',
    local: true,
    footer: 'later',
    blocked: noChart,
    run: context => move(context, 1),
  },
  {
    id: 'histogram.first',
    keys: ['g', 'home'],
    title: 'Earliest',
    help: 'Moves to the earliest stretch of time that is shown.',
    where: 'screen',
    local: true,
    run: context => move(context, Number.NEGATIVE_INFINITY),
  },
  {
    id: 'histogram.last',
    keys: ['G', 'end'],
    title: 'Now',
    help: 'Moves to the newest stretch of time, and goes along with time.',
    where: 'screen',
    local: true,
    run: ({ screen }) => screen.patch({ at: undefined }),
  },
];

export const histogram = defineScreen({
  id: 'histogram',
  title: 'Histogram',
  create: createHistogram,
  commands,
  View,
  receive: ({ screen }, { at, filter }) => screen.open(at, filter),
});
