import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/adapters/sqlite-store.ts';
import type { RawEvent } from '../../src/core/model.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aRawEvent } from '../helpers/model.ts';
import { FakeSource, workplace } from './harness.ts';

const NOW = new FakeClock().now();
const HOUR = 3_600_000;
const clock = () => new FakeClock(NOW);

const event = (key: string, hoursAgo: number, severity: 'medium' | 'high' | 'critical', over: Partial<RawEvent> = {}) =>
  aRawEvent({ dedupeKey: key, source: 'prod', time: NOW - hoursAgo * HOUR, judged: { severity, reason: 'test' }, ...over });

async function placeWith(...events: RawEvent[]) {
  const source = new FakeSource('prod');
  const place = workplace([source]);
  source.events = events;
  await place.run(['feed'], { clock: clock() });
  const status = (...more: string[]) => place.run(['status', ...more], { clock: clock() });
  const decide = (title: string, state: 'false_positive' | 'snoozed', until: number | null) => {
    const store = openStore(path.join(place.dataDir, 'rollcall.db'));
    const found = store.page({ order: 'asc' }).find(stored => stored.event.dedupeKey === title);
    store.decide([found?.event.id ?? ''], { state, until, comment: '' }, 'mia', NOW);
    store.close();
  };
  return { ...place, status, decide };
}

describe('status', () => {
  it('counts the severe events of a day, and those that are open, without asking a source', async () => {
    const place = await placeWith(event('a', 1, 'high'), event('b', 2, 'critical'), event('c', 3, 'medium'), event('d', 23, 'high'));
    const { code, json } = await place.status('--format', 'json');
    expect(code).toBe(0);
    expect(json()).toEqual({
      since: '2026-11-20T03:00:00.000Z',
      events: 4,
      high: { all: 2, open: 2 },
      critical: { all: 1, open: 1 },
      newest: '2026-11-21T02:00:00.000Z',
    });
    expect((await place.status('--since', '90m')).json()).toMatchObject({ events: 1, high: { all: 1 }, critical: { all: 0 } });
    expect(place.wire()?.opened.at(-1)?.sources).toBe('none');
  });

  it('takes what was decided as done, and what slept long enough as open again', async () => {
    const place = await placeWith(event('a', 1, 'high'), event('b', 2, 'high'), event('c', 2, 'high'));
    place.decide('a', 'false_positive', null);
    place.decide('b', 'snoozed', NOW + HOUR);
    place.decide('c', 'snoozed', NOW - 1);
    expect((await place.status()).json()).toMatchObject({ high: { all: 3, open: 1 } });
  });

  it('is one line for people and for tmux', async () => {
    const place = await placeWith(event('a', 1, 'high'), event('b', 2, 'critical'));
    expect((await place.status('--format', 'tmux')).stdout).toBe('#[fg=red,bold]rollcall 1 critical 1 high | last 1h ago#[default]\n');
    expect((await place.status('--format', 'table')).stdout).toBe('rollcall 1 critical 1 high | last 1h ago\n');
    const quiet = await placeWith();
    expect((await quiet.status('--format', 'tmux')).stdout).toBe('#[fg=green]rollcall all clear | no events#[default]\n');
  });

  it('alone knows the format of tmux, and refuses a time that is none', async () => {
    const place = await placeWith();
    expect(await place.run(['hosts', '--format', 'tmux'])).toMatchObject({ code: 2, stderr: expect.stringContaining('no format') });
    expect((await place.status('--since', 'noon')).code).toBe(2);
  });
});
