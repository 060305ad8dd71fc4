import { describe, expect, it } from 'vitest';
import type { EventJson } from '../../src/core/judge.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { aRawEvent } from '../helpers/model.ts';
import { FakeSource, workplace } from './harness.ts';

const clock = new FakeClock();
const NOW = clock.now();

type Told = Pick<EventJson, 'id' | 'title' | 'hostname' | 'triage'> & { readonly history: readonly unknown[] };

/** A data directory with these events, by title, and their ids. */
async function placeWith(...titles: string[]) {
  const source = new FakeSource('prod');
  const place = workplace([source]);
  source.events = titles.map((title, at) =>
    aRawEvent({ dedupeKey: title, source: 'prod', title, time: NOW - 60_000 + at, hostname: title }),
  );
  const events = (await place.run(['feed'], { clock })).lines() as EventJson[];
  source.events = [];
  const feed = async (...flags: string[]) =>
    ((await place.run(['feed', ...flags], { clock })).lines() as EventJson[]).map(({ title }) => title);
  const run = async (...argv: string[]) => {
    const result = await place.run(['triage', ...argv], { clock });
    return { ...result, json: () => result.json() as Told[] };
  };
  return { ...place, run, feed, ids: events.map(({ id }) => id) };
}

describe('rollcall triage', () => {
  it('decides on events by id, with a reason, and the feed knows', async () => {
    const { run, feed, ids, wire } = await placeWith('a', 'b', 'c');
    const { code, json, stderr } = await run(ids[0] ?? '', ids[1] ?? '', '--state', 'fp', '--comment', 'backup job');
    expect(code).toBe(0);
    expect(json()).toMatchObject([
      { id: ids[0], title: 'a', triage: { state: 'false_positive', who: 'mia', reason: 'backup job', comments: 1 } },
      { id: ids[1] },
    ]);
    expect(stderr).toContain('2 events: false positive.');
    expect(await feed('--filter', 'status:open')).toEqual(['c']);
    expect(wire()?.audited).toEqual([
      { action: 'triage', state: 'false_positive', until: null, comment: 'backup job', events: [ids[0], ids[1]] },
    ]);
  });

  it('shows the history of an event: who, when, what, why', async () => {
    const { run, ids } = await placeWith('a');
    const [id = ''] = ids;
    expect((await run(id, '--format', 'table')).stderr).toContain('Nobody has decided');
    await run(id, '--state', 'in-progress');
    await run(id, '--comment', 'asked the owner');
    await run(id, '--undo');
    const [event] = (await run(id)).json();
    expect(event).toMatchObject({ id, triage: { state: 'new', comments: 1 } });
    expect(event?.history).toMatchObject([
      { action: 'decide', state: 'in_progress', who: 'mia', at: new Date(NOW).toISOString() },
      { action: 'comment', comment: 'asked the owner' },
      { action: 'undo', state: 'new' },
    ]);
    const csv = (await run(id, '--format', 'csv')).stdout.split('\r\n');
    expect(csv[0]).toBe('id,at,who,action,state,until,comment');
    expect(csv[2]).toContain('comment,in_progress,,asked the owner');
  });

  it('snoozes until a span or a time is over', async () => {
    const { run, feed, ids } = await placeWith('a', 'b');
    expect((await run(ids[0] ?? '', '--state', 'snooze', '--until', '8h')).json()[0]?.triage).toMatchObject({
      state: 'snoozed',
      until: new Date(NOW + 8 * 3_600_000).toISOString(),
    });
    expect(await feed('--filter', 'status:open')).toEqual(['b']);
    expect((await run(ids[1] ?? '', '--state', 'snoozed', '--until', '2026-11-22T00:00:00Z')).code).toBe(0);
    expect(await feed('--filter', 'status:snoozed')).toEqual(['a', 'b']);
  });

  it('decides on all that pass a filter', async () => {
    const { run, feed } = await placeWith('web-1', 'web-2', 'db-1');
    expect((await run('--filter', 'host:web-*', '--state', 'tp')).json()).toHaveLength(2);
    expect((await run('--filter', 'status:open', '--state', 'ack')).json()).toMatchObject([{ hostname: 'db-1' }]);
    expect((await run('--filter', 'status:true_positive', '--undo')).json()).toHaveLength(2);
    expect(await feed('--filter', 'status:new')).toEqual(['web-1', 'web-2']);
    expect((await run('--filter', 'host:mail-*', '--state', 'ack', '--format', 'table')).stderr).toContain('No event passes');
  });

  it('asks before many: --yes, or the number typed', async () => {
    const place = await placeWith(...Array.from({ length: 26 }, (_, at) => `h${at + 100}`));
    const all = ['--filter', 'host:h*', '--state', 'fp'];
    const refused = await place.run(...all);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('26 events are more than 25')]);
    const dry = await place.run(...all, '--dry-run');
    expect([dry.code, dry.json().length, dry.stderr]).toEqual([0, 26, expect.stringContaining('Nothing was done. 26 events would be')]);
    expect(await place.feed('--filter', 'status:open')).toHaveLength(26);
    expect((await place.run(...all, '--yes')).code).toBe(0);
    expect(await place.feed('--filter', 'status:open')).toEqual([]);
  });

  it('has nothing to take back where nothing was decided', async () => {
    const { run, ids } = await placeWith('a');
    const { code, json, stderr } = await run(ids[0] ?? '', '--undo');
    expect([code, json(), stderr]).toEqual([0, [], expect.stringContaining('0 events: taken back')]);
  });

  it.each([
    [['--state', 'fp']],
    [['nosuchid', '--state', 'fp']],
    [['ID', '--filter', 'sev>=high', '--state', 'fp']],
    [['--filter', 'sev>=high']],
    [['--filter', 'sev>=hihg', '--state', 'fp']],
    [['ID', '--state', 'wrong']],
    [['ID', '--state', 'snooze']],
    [['ID', '--state', 'snooze', '--until', '2020-01-01T00:00:00Z']],
    [['ID', '--state', 'fp', '--until', '8h']],
    [['ID', '--until', '8h']],
    [['ID', '--undo', '--state', 'fp']],
    [['ID', '--comment', '  ']],
  ])('refuses %j with 2 and decides nothing', async argv => {
    const { run, feed, ids } = await placeWith('a');
    expect((await run(...argv.map(word => (word === 'ID' ? (ids[0] ?? '') : word)))).code).toBe(2);
    expect(await feed('--filter', 'status:new')).toEqual(['a']);
  });

  it('does nothing when one of the ids is none', async () => {
    const { run, feed, ids } = await placeWith('a');
    expect((await run(ids[0] ?? '', 'nosuchid', '--state', 'fp')).stderr).toContain("There is no event 'nosuchid'");
    expect(await feed('--filter', 'status:new')).toEqual(['a']);
  });
});
