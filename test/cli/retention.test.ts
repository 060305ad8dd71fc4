import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Retention } from '../../src/adapters/config-file.ts';
import { openStore } from '../../src/adapters/sqlite-store.ts';
import { startRetention } from '../../src/cli/retention.ts';
import { judge } from '../../src/core/judge.ts';
import { Problem } from '../../src/core/problem.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aRawEvent } from '../helpers/model.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function place(retention: Partial<Retention>) {
  const clock = new FakeClock();
  const store = openStore(path.join(temporaryDirectory(), 'rollcall.db'));
  const notices: string[] = [];
  const logged: unknown[] = [];
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
    store.close();
  });
  const add = (title: string, daysAgo: number, tables: string[] = ['processes']) =>
    store.append([judge(aRawEvent({ dedupeKey: title, title, tables, time: clock.now() - daysAgo * DAY }), clock.now())], undefined);
  const start = (over = {}) =>
    startRetention(
      { maxAgeMs: undefined, maxBytes: undefined, keep: '', ...retention },
      {
        store,
        clock,
        log: { write: (...line) => void logged.push(line) },
        observer: { notice: ({ text }) => void notices.push(text) },
        signal: stop.signal,
        ...over,
      },
    );
  return { clock, store, notices, logged, stop, add, start, titles: () => store.page({ order: 'asc' }).map(({ event }) => event.title) };
}

describe('retention', () => {
  it('takes old events away soon after the start and then every hour, and says so', async () => {
    const { clock, add, start, titles, notices, logged } = place({ maxAgeMs: 30 * DAY });
    await add('old', 31);
    await add('nearly', 30 - 1 / 48);
    await add('new', 1);
    start();
    await clock.advance(10_000);
    expect(titles()).toEqual(['nearly', 'new']);
    await clock.advance(HOUR);
    expect(titles()).toEqual(['new']);
    expect(notices).toHaveLength(2);
    expect(notices[0]).toMatch(/^Retention took 1 old events away, as the settings say: \d+ kB -> \d+ kB\.$/);
    expect(logged).toHaveLength(2);
    await clock.advance(HOUR);
    expect(notices).toHaveLength(2);
  });

  it('keeps what a filter names, by severity and by what was decided', async () => {
    const { clock, store, add, start, titles } = place({ maxAgeMs: 30 * DAY, keep: 'sev>=high status:open' });
    await add('cron', 40, ['crontab']);
    await add('judged cron', 39, ['crontab']);
    await add('process', 38);
    const judged = store.page({ order: 'asc' })[1]?.event.id ?? '';
    store.decide([judged], { state: 'false_positive', until: null, comment: '' }, 'mia', clock.now());
    start();
    await clock.advance(10_000);
    expect(titles()).toEqual(['cron']);
  });

  it('waits and tries again when the disk fails, and says why once', async () => {
    const { clock, store, add, start, titles, notices } = place({ maxAgeMs: 30 * DAY });
    await add('old', 31);
    let broken = true;
    const pruneStep: typeof store.pruneStep = (...args) => {
      if (broken) throw new Problem('storage', 'The disk is full.');
      return store.pruneStep(...args);
    };
    start({ store: { ...store, pruneStep } });
    await clock.advance(2 * HOUR);
    expect(notices).toEqual(['Retention has to wait: The disk is full.']);
    broken = false;
    await clock.advance(HOUR);
    expect(titles()).toEqual([]);
  });

  it('stops in the middle when it is told to', async () => {
    const { clock, stop, add, start, titles } = place({ maxAgeMs: 30 * DAY });
    for (let at = 0; at < 600; at += 1) await add(`old ${at}`, 40);
    start();
    await clock.advance(5_000);
    stop.abort();
    await clock.advance(HOUR);
    expect(titles().length).toBeGreaterThan(0);
    expect(titles().length).toBeLessThan(600);
  });
});
