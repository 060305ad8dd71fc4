/** What the feed says above its list and in the title line. Pure. */
import { lagOf } from '../../src/core/lag.ts';
import type { Severity } from '../../src/core/model.ts';
import { shortAge } from '../../src/core/time.ts';
import type { SourceState } from '../../src/state/index.ts';
import { cut } from '../../src/ui/cells.ts';
import { count, counted } from '../../src/ui/format.ts';
import type { Segment } from '../../src/ui/theme.ts';
import type { Tally } from './rows.ts';
import { severityCounts } from './segments.ts';
import type { FeedScreenState } from './state.ts';

/** `paused · 214 new · 3 high`, or how many events there are. `narrow`: only the words that matter. */
export function summarySegments(paused: boolean, arrived: Tally, total: number, narrow: boolean): readonly Segment[] {
  if (!paused) return [{ text: narrow ? 'following ' : `following · ${counted(total, 'event')} ` }];
  const high = arrived.high > 0 ? ` · ${count(arrived.high)} high` : '';
  const fresh = narrow ? `paused ${count(arrived.total)}` : `paused · ${count(arrived.total)} new`;
  return [{ text: fresh, tone: 'warn' }, { text: high, tone: 'high' }, { text: ' ' }];
}

export type HeadFacts = Pick<FeedScreenState, 'filter' | 'filtering' | 'folded' | 'marks' | 'looking' | 'edge'> & {
  /** Rows that pass the filter. */
  readonly matches: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
  /** Events that are on disk only. */
  readonly onDisk: number;
  readonly sources: readonly SourceState[];
  readonly now: number;
};

function filterSegments({ filter, filtering, matches }: HeadFacts, width: number): Segment[] {
  if (filter === '') return [];
  const text = cut(filter, Math.floor(width / 2));
  if (!filtering) return [{ text: ` /${text}  off: ^f `, tone: 'warn' }];
  return [{ text: ` /${text}`, tone: 'accent' }, { text: `  ${counted(matches, 'match', 'matches')} ` }];
}

/** `2 sources · lag 3s · skipped 1`: the lag of the source that is furthest behind, `?` where one is not known yet. */
function sourceSegments({ sources, now }: HeadFacts): Segment[] {
  if (sources.length === 0) return [];
  const lags = sources.map(source => lagOf(source, now));
  const lag = lags.includes(null) ? '?' : shortAge(Math.max(...lags.map(Number)));
  const skipped = sources.reduce((sum, source) => sum + source.skipped, 0);
  return [
    { text: `   ${counted(sources.length, 'source')} · lag ${lag}`, tone: 'muted' },
    { text: skipped > 0 ? ` · skipped ${count(skipped)}` : '', tone: 'warn' },
  ];
}

/** The filter, what is marked, events by severity, how the sources are, what only the disk has. */
export function countsSegments(facts: HeadFacts, width: number): readonly Segment[] {
  const { marks, looking, edge, folded, bySeverity, onDisk } = facts;
  return [
    ...filterSegments(facts, width),
    { text: marks.size > 0 ? `  ${counted(marks.size, 'mark')} ` : '', tone: 'accent' },
    { text: looking ? `  reading older events: ${count(looking.scanned)}, esc stops ` : '', tone: 'warn' },
    { text: facts.filter !== '' && facts.filtering ? '  in all' : '', tone: 'muted' },
    ...severityCounts(bySeverity),
    { text: folded ? '' : '   unfolded', tone: 'muted' },
    ...sourceSegments(facts),
    { text: edge && !looking ? `   ${edge}` : '', tone: 'muted' },
    { text: onDisk > 0 ? `   older on disk ${count(onDisk)}` : '', tone: 'muted' },
  ];
}
