/** What the feed says above its list and in the title line. Pure. */
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
  return [{ text: `paused · ${count(arrived.total)} new`, tone: 'warn' }, { text: high, tone: 'high' }, { text: ' ' }];
}

export type HeadFacts = Pick<FeedScreenState, 'filter' | 'filtering' | 'folded' | 'marks' | 'looking' | 'edge'> & {
  /** Rows that pass the filter. */
  readonly matches: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
  /** Events that are on disk only. */
  readonly evicted: number;
  readonly sources: readonly SourceState[];
  readonly now: number;
};

function filterSegments({ filter, filtering, matches }: HeadFacts, width: number): Segment[] {
  if (filter === '') return [];
  const text = cut(filter, Math.floor(width / 2));
  if (!filtering) return [{ text: ` /${text}  off: ^f `, tone: 'warn' }];
  return [{ text: ` /${text}`, tone: 'accent' }, { text: `  ${counted(matches, 'match', 'matches')} ` }];
}

/** `2 sources · lag 3s · skipped 1`: how long nothing was heard of the one that was heard of last. */
function sourceSegments({ sources, now }: HeadFacts): Segment[] {
  if (sources.length === 0) return [];
  const silent = Math.max(...sources.map(({ lastContact }) => (lastContact === null ? 0 : now - lastContact)));
  const skipped = sources.reduce((sum, source) => sum + source.skipped, 0);
  return [
    { text: `   ${counted(sources.length, 'source')} · lag ${shortAge(silent)}`, tone: 'muted' },
    { text: skipped > 0 ? ` · skipped ${count(skipped)}` : '', tone: 'warn' },
  ];
}

/** The filter, what is marked, events by severity, how the sources are, what only the disk has. */
export function countsSegments(facts: HeadFacts, width: number): readonly Segment[] {
  const { marks, looking, edge, folded, bySeverity, evicted } = facts;
  return [
    ...filterSegments(facts, width),
    { text: marks.size > 0 ? `  ${counted(marks.size, 'mark')} ` : '', tone: 'accent' },
    { text: looking ? `  reading older events: ${count(looking.scanned)}, esc stops ` : '', tone: 'warn' },
    ...severityCounts(bySeverity),
    { text: folded ? '' : '   unfolded', tone: 'muted' },
    ...sourceSegments(facts),
    { text: edge && !looking ? `   ${edge}` : '', tone: 'muted' },
    { text: evicted > 0 ? `   older on disk ${count(evicted)}` : '', tone: 'muted' },
  ];
}
