import { describe, expect, it } from 'vitest';
import type { HistogramBar } from '../../src/core/ports.ts';
import { anEvent, openOnPaper, type PaperOptions } from '../helpers/frames.tsx';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 21, 3, 0, 0);

/** A store with these events, which remembers what it was asked. */
async function withBars(bars: readonly HistogramBar[], options: PaperOptions = {}) {
  const asked: number[][] = [];
  const histogram = {
    histogram(since: number, until: number, bucketMs: number) {
      asked.push([since, until, bucketMs]);
      return bars.filter(({ at }) => at >= since && at < until).map(bar => ({ ...bar, at: Math.floor(bar.at / bucketMs) * bucketMs }));
    },
  };
  const paper = await openOnPaper({ histogram, ...options });
  await paper.happen(anEvent({ time: NOW - 30 * MINUTE }));
  await paper.press('i');
  return { paper, asked };
}

const BARS: readonly HistogramBar[] = [
  { at: NOW - 30 * MINUTE, severity: 'high', events: 4 },
  { at: NOW - 30 * MINUTE, severity: 'medium', events: 1_200 },
  { at: NOW - 300 * MINUTE, severity: 'medium', events: 300 },
];

describe('the histogram', () => {
  it('shows each severity to its own scale, and the stretch that the feed is at', async () => {
    const { paper } = await withBars(BARS);
    const frame = paper.frame();
    expect(frame).toContain('last 6h by 10 min, UTC   1,504 events');
    expect(frame).toContain('02:30 – 02:40');
    expect(frame).toMatch(/02:30 – 02:40 +H 4 +M 1,200/);
    expect(frame).toContain('max 1,200');
    expect(paper.lines().find(line => line.includes('H high'))).toMatch(/H high +█ +4$/);
    expect(paper.lines().find(line => line.includes('M medium'))).toMatch(/M medium +▆ +█ +1,500$/);
  });

  it('moves through time, and turns through spans', async () => {
    const { paper, asked } = await withBars(BARS);
    await paper.press('h', 'h');
    expect(paper.frame()).toContain('02:10 – 02:20   no events');
    await paper.press('l');
    expect(paper.frame()).toContain('02:20 – 02:30');
    await paper.press('i');
    expect(paper.frame()).toContain('last 24h by 30 min');
    await paper.press('I', 'I');
    expect(paper.frame()).toContain('last 1h by 2 min');
    expect(asked.every(([since = 1, , bucketMs = 1]) => since % bucketMs === 0)).toBe(true);
  });

  it('filters the feed by the stretch under the cursor, in the place of an earlier one', async () => {
    const { paper } = await withBars(BARS);
    await paper.press('esc', '/');
    await paper.type('host:web-1 since:24h\r');
    await paper.press('i', 'enter');
    expect(paper.lines()[0]).toContain('rollcall Feed');
    await paper.press('/');
    expect(paper.lines().at(-2)).toContain('/host:web-1 since:2026-11-21T02:30:00.000Z until:2026-11-21T02:39:59.999Z');
    await paper.press('esc', 'esc', 'esc');
    expect(paper.lines()[0]).toContain('rollcall Feed');
  });

  it('knows local time, small screens, and terminals without Unicode', async () => {
    const { paper } = await withBars(BARS, { offsetMinutes: 90, columns: 40, rows: 10, terminal: { colour: 'none', unicode: false } });
    await paper.press('z');
    expect(paper.frame()).toContain('local time');
    expect(paper.frame()).toContain('04:00 – 04:30');
    expect(paper.frame()).toMatch(/H high +#/);
    expect(paper.frame()).not.toMatch(/[▁-█]/);
  });

  it('waits for the store', async () => {
    const paper = await openOnPaper();
    await paper.press('i', 'enter');
    expect(paper.frame()).toContain('the store is being opened');
  });
});
