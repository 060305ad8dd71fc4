import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/adapters/sqlite-store.ts';
import type { EventJson } from '../../src/core/judge.ts';
import type { RawEvent } from '../../src/core/model.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aRawEvent } from '../helpers/model.ts';
import { FakeSource, workplace } from './harness.ts';

const NOW = new FakeClock().now();
const DAY = 86_400_000;
const clock = () => new FakeClock(NOW);

const event = (key: string, daysAgo: number, over: Partial<RawEvent> = {}) =>
  aRawEvent({ dedupeKey: key, source: 'prod', title: key, time: NOW - daysAgo * DAY, row: { port: key }, ...over });

/** A data directory with these events, and a source that says them no more. */
async function placeWith(...events: RawEvent[]) {
  const source = new FakeSource('prod');
  const place = workplace([source]);
  source.events = events;
  await place.run(['feed'], { clock: clock() });
  source.events = [];
  const titles = async () => ((await place.run(['feed'], { clock: clock() })).lines() as EventJson[]).map(({ title }) => title);
  return { ...place, source, titles };
}

describe('prune', () => {
  it('takes away what is too old, and keeps what the filter names', async () => {
    const place = await placeWith(event('old', 40), event('old cron', 40, { tables: ['crontab'] }), event('new', 2));
    const { code, json } = await place.run(['prune', '--older-than', '30d', '--keep', 'sev>=high'], { clock: clock() });
    expect(code).toBe(0);
    expect(json()).toMatchObject({ events: 1, dry_run: false });
    expect(await place.titles()).toEqual(['old cron', 'new']);
  });

  it('says what would go, and takes nothing away, in a dry run', async () => {
    const place = await placeWith(event('old', 40), event('new', 2));
    const { json } = await place.run(['prune', '--older-than', '30d', '--dry-run'], { clock: clock() });
    expect(json()).toMatchObject({ events: 1, dry_run: true });
    expect(await place.titles()).toEqual(['old', 'new']);
    const table = await place.run(['prune', '--older-than', '30d', '--dry-run'], { clock: clock(), tty: 80 });
    expect(table.stdout).toMatch(/^1 events would go: .* -> about /);
  });

  it('keeps by what people decided', async () => {
    const place = await placeWith(event('a', 40), event('b', 40));
    const store = openStore(path.join(place.dataDir, 'rollcall.db'));
    const [first] = store.page({ order: 'asc' });
    store.decide([first?.event.id ?? ''], { state: 'true_positive', until: null, comment: '' }, 'mia', NOW);
    store.close();
    await place.run(['prune', '--older-than', '30d', '--keep', 'status:true_positive'], { clock: clock() });
    expect(await place.titles()).toEqual(['a']);
  });

  it('takes the oldest away until the size is right', async () => {
    const long = 'x'.repeat(20_000);
    const place = await placeWith(
      ...Array.from({ length: 100 }, (_, n) => event(`k${100 + n}`, 100 - n, { row: { port: String(n), long } })),
    );
    const { code, json } = await place.run(['prune', '--max-size', '1.5MB'], { clock: clock() });
    const { events, bytes_before: before, bytes_after: after } = json() as Record<string, number>;
    expect(code).toBe(0);
    expect(before).toBeGreaterThan(2_000_000);
    expect(after).toBeLessThanOrEqual(1_500_000);
    expect(await place.titles()).toEqual(Array.from({ length: 100 - (events ?? 0) }, (_, n) => `k${100 + n + (events ?? 0)}`));
    expect(events).toBeLessThan(60);
  });

  it('says so when what is kept is larger than it should be', async () => {
    const place = await placeWith(event('a', 40));
    const { stderr } = await place.run(['prune', '--max-size', '1kB', '--keep', 'host:*'], { clock: clock() });
    expect(stderr).toContain('more than --max-size');
  });

  it('forgets what was seen so long ago', async () => {
    const place = await placeWith(event('a', 0));
    const seen = () => {
      const db = new DatabaseSync(path.join(place.dataDir, 'rollcall.db'));
      const { contents } = db.prepare('SELECT count(*) AS contents FROM seen').get() ?? {};
      db.close();
      return contents;
    };
    expect(seen()).toBe(1);
    await place.run(['prune', '--older-than', '30d'], { clock: new FakeClock(NOW + 60 * DAY) });
    expect(seen()).toBe(0);
  });

  it.each([
    [['prune']],
    [['prune', '--older-than', 'ages']],
    [['prune', '--max-size', '2']],
    [['prune', '--older-than', '1d', '--keep', 'sev>=hihg']],
  ])('refuses %j with 2 and deletes nothing', async argv => {
    const place = await placeWith(event('a', 40));
    expect((await place.run(argv, { clock: clock() })).code).toBe(2);
    expect(await place.titles()).toEqual(['a']);
  });
});
