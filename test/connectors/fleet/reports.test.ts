import { describe, expect, it } from 'vitest';
import type { Connector, EventFeed } from '../../../src/core/ports.ts';
import type { Problem } from '../../../src/core/problem.ts';
import { readFeed } from '../contract.ts';
import { connectForTest, fleetForTest, NOW, never } from './support.ts';

const HOUR_MS = 3_600_000;

function reportsOf(connector: Connector): EventFeed {
  const feed = connector.feeds.find(({ name }) => name === 'reports');
  if (!feed) throw new Error('no reports feed');
  return feed;
}

const row = (hostId: number, command: string, fetchedAt = NOW) => ({ hostId, fetchedAt, columns: { command, path: '/etc/crontab' } });

describe('the reports feed', () => {
  it('gives one event per row, with its table, its host and the server’s own record', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('web-1');
    fleet.addReport('Cron jobs', { query: 'SELECT * FROM crontab' }).rows.push(row(host.id, 'a'), row(host.id, 'b'));
    const { events } = await readFeed(reportsOf(connectForTest(fleet).connector), undefined, 0);
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({
      kind: 'query_row',
      eventType: 'osquery_query_row',
      hostname: 'web-1',
      hostId: String(host.id),
      hostUuid: '0000FA4E-0000-4000-8000-000000000001',
      tables: ['crontab'],
      queryName: 'Cron jobs',
      action: 'snapshot',
      time: NOW,
      title: 'crontab: a in /etc/crontab',
      row: { command: 'a', path: '/etc/crontab' },
      raw: { query: { name: 'Cron jobs' }, row: { host_name: 'web-1', last_fetched: '2026-11-21T15:00:00Z', columns: { command: 'a' } } },
    });
  });

  it('gives a row again neither when the report is unchanged nor when only its time is new', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('web-1');
    const report = fleet.addReport('Cron jobs');
    report.rows.push(row(host.id, 'a'));
    const { connector, store } = connectForTest(fleet);
    const first = await readFeed(reportsOf(connector), undefined, 0);
    report.rows = [row(host.id, 'a', NOW + 60_000), row(host.id, 'b', NOW + 60_000)];
    const later = connectForTest(fleet, { store });
    const second = await readFeed(reportsOf(later.connector), first.cursor, 0);
    expect(second.events.map(event => event.row.command)).toEqual(['b']);
    expect((await readFeed(reportsOf(later.connector), second.cursor, 0)).events).toEqual([]);
  });

  it('reaches back as far as it was told at the first sight of a report, and no less afterwards', async () => {
    const fleet = await fleetForTest();
    const [fresh, old] = [fleet.addHost('fresh'), fleet.addHost('old')];
    const report = fleet.addReport('Cron jobs');
    report.rows.push(row(fresh.id, 'a', NOW - HOUR_MS), row(old.id, 'b', NOW - 30 * HOUR_MS));
    const { connector } = connectForTest(fleet);
    const since = NOW - 24 * HOUR_MS;
    const read = async (from: string | undefined) => {
      const events = [];
      for await (const batch of reportsOf(connector).read(from, since, never())) events.push(...batch.events);
      return events.map(event => event.row.command);
    };
    expect(await read(undefined)).toEqual(['a']);
    expect(await read('1')).toEqual([]);
    report.rows.push(row(old.id, 'c', NOW - 29 * HOUR_MS));
    expect(await read('1')).toEqual(['c']);
  });

  it('reads scheduled snapshots only: nothing else has a report', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('web-1');
    for (const [name, over] of Object.entries({
      unscheduled: { interval: 0 },
      differential: { logging: 'differential' },
      discards: { discardData: true },
    } as const)) {
      fleet.addReport(name, over).rows.push(row(host.id, name));
    }
    fleet.addReport('good').rows.push(row(host.id, 'good'));
    const { events } = await readFeed(reportsOf(connectForTest(fleet).connector), undefined, 0);
    expect(events.map(({ queryName }) => queryName)).toEqual(['good']);
    expect(fleet.count(/\/report$/)).toBe(1);
  });

  it('reads all pages of the list of reports', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('web-1');
    for (let index = 0; index < 130; index += 1) fleet.addReport(`r${index}`).rows.push(row(host.id, `c${index}`));
    const { events } = await readFeed(reportsOf(connectForTest(fleet, { patient: true }).connector), undefined, 0);
    expect(new Set(events.map(({ queryName }) => queryName)).size).toBe(130);
  });

  it.each(['old', '4.82', 'new only'] as const)('reads every team’s reports beside the global ones (names of %s)', async names => {
    const fleet = await fleetForTest();
    fleet.settings.names = names;
    const host = fleet.addHost('web-1', { teamId: 1 });
    fleet.addReport('global').rows.push(row(host.id, 'g'));
    fleet.addReport('of team 1', { teamId: 1 }).rows.push(row(host.id, 't'));
    const { events } = await readFeed(reportsOf(connectForTest(fleet).connector), undefined, 0);
    expect(events.map(({ queryName }) => queryName).sort()).toEqual(['global', 'of team 1']);
    for (const { hostUuid } of events) expect(hostUuid).toBe('0000FA4E-0000-4000-8000-000000000001');
    expect(fleet.count(/\/hosts\?/)).toBe(1);
  });

  it('reads, for one team, its own reports and those it inherits, with its own hosts’ rows', async () => {
    const fleet = await fleetForTest();
    const [one, two] = [fleet.addHost('one', { teamId: 1 }), fleet.addHost('two', { teamId: 2 })];
    fleet.addReport('global').rows.push(row(one.id, 'g1'), row(two.id, 'g2'));
    fleet.addReport('of team 1', { teamId: 1 }).rows.push(row(one.id, 't1'));
    fleet.addReport('of team 2', { teamId: 2 }).rows.push(row(two.id, 't2'));
    const { events } = await readFeed(reportsOf(connectForTest(fleet, { teamId: 1 }).connector), undefined, 0);
    expect(events.map(event => event.row.command).sort()).toEqual(['g1', 't1']);
  });

  it('loses nothing of the others when one report fails, and says which', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('web-1');
    for (const name of ['bad', 'good']) fleet.addReport(name).rows.push(row(host.id, name));
    fleet.fault(/\/queries\/1\/report/, { kind: 'reply', status: 500 }, 100);
    const { connector } = connectForTest(fleet);
    const { events } = await readFeed(reportsOf(connector), undefined, 0);
    expect(events.map(({ queryName }) => queryName)).toEqual(['good']);
    expect(connector.remarks?.().join()).toMatch(/report "bad" could not be read: .*500.*database/);
  });

  it('reads the global reports even when those of a team cannot be listed', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('web-1');
    fleet.addReport('global').rows.push(row(host.id, 'g'));
    fleet.fault(/\/queries\?.*team_id=1/, { kind: 'reply', status: 403, text: '{"message":"forbidden"}' }, 100);
    const { connector } = connectForTest(fleet);
    const { events } = await readFeed(reportsOf(connector), undefined, 0);
    expect(events.map(({ queryName }) => queryName)).toEqual(['global']);
    expect(connector.remarks?.()).toEqual([expect.stringMatching(/^reports of team "Workstations" could not be listed: .*403/)]);
  });

  it('fails when no report can be read', async () => {
    const fleet = await fleetForTest();
    fleet.addReport('bad');
    fleet.fault(/\/report/, { kind: 'reply', status: 502, text: '<html>' }, 100);
    const reading = readFeed(reportsOf(connectForTest(fleet).connector), undefined, 0);
    await expect(reading).rejects.toMatchObject({ kind: 'unreachable' } satisfies Partial<Problem>);
  });

  it('says of a clipped report how old its rows are, and does not take absent hosts for empty ones', async () => {
    const fleet = await fleetForTest();
    const [a, b] = [fleet.addHost('a'), fleet.addHost('b')];
    const report = fleet.addReport('Big');
    report.rows.push(row(a.id, 'x', NOW - 3 * HOUR_MS), row(b.id, 'y', NOW - 50 * HOUR_MS));
    const { connector } = connectForTest(fleet);
    const first = await readFeed(reportsOf(connector), undefined, 0);
    expect(connector.remarks?.()).toEqual([]);
    report.clipped = true;
    report.rows = report.rows.filter(({ hostId }) => hostId === a.id);
    const second = await readFeed(reportsOf(connector), first.cursor, 0);
    expect(connector.remarks?.()).toEqual(['report "Big" is clipped: Fleet keeps these 1 rows, 3h to 3h old, and takes no more']);
    report.clipped = false;
    report.rows.push(row(b.id, 'y', NOW));
    expect((await readFeed(reportsOf(connector), second.cursor, 0)).events).toEqual([]);
    expect(connector.remarks?.()).toEqual([]);
  });

  it('says that a report is clipped and empty after its SQL was changed', async () => {
    const fleet = await fleetForTest();
    fleet.addReport('Big', { clipped: true });
    const { connector } = connectForTest(fleet);
    await readFeed(reportsOf(connector), undefined, 0);
    expect(connector.remarks?.()).toEqual([expect.stringMatching(/"Big" is clipped and empty/)]);
  });

  it('counts rows that it cannot read', async () => {
    const fleet = await fleetForTest();
    fleet.addReport('odd');
    const results = [
      { host_id: 1, host_name: 'a', last_fetched: 'yesterday', columns: { x: '1' } },
      { host_id: 'q' },
      null,
      { host_id: 2, columns: 'no' },
    ];
    fleet.fault(/\/report/, { kind: 'reply', status: 200, text: JSON.stringify({ results }) });
    const { connector, clock } = connectForTest(fleet);
    let skipped = 0;
    const events = [];
    for await (const batch of reportsOf(connector).read(undefined, 0, never())) {
      skipped += batch.skipped;
      events.push(...batch.events);
    }
    expect(skipped).toBe(3);
    expect(events.map(({ hostname, time }) => [hostname, time])).toEqual([['a', clock.now()]]);
  });

  it('gives the rows even when the hosts cannot be listed', async () => {
    const fleet = await fleetForTest();
    const host = fleet.addHost('web-1');
    fleet.addReport('r').rows.push(row(host.id, 'a'));
    fleet.fault(/\/hosts\?/, { kind: 'reply', status: 500 }, 100);
    const { events } = await readFeed(reportsOf(connectForTest(fleet).connector), undefined, 0);
    expect(events.map(({ hostname, hostUuid }) => [hostname, hostUuid])).toEqual([['web-1', '']]);
  });

  it('says that the server keeps no reports any more', async () => {
    const fleet = await fleetForTest();
    fleet.settings.reportsDisabled = true;
    const { connector } = connectForTest(fleet);
    expect((await connector.check(never())).remarks).toEqual([expect.stringMatching(/stored reports are disabled/)]);
  });
});

describe('the activities feed', () => {
  it('is off unless the settings ask for it', async () => {
    const fleet = await fleetForTest();
    expect(connectForTest(fleet).connector.feeds.map(({ name }) => name)).toEqual(['posture', 'reports']);
  });

  it('tells who ran what, oldest first, and goes on from the last one', async () => {
    const fleet = await fleetForTest();
    const since = Date.UTC(2026, 10, 21);
    fleet.addActivity('created_user', {}, since - HOUR_MS);
    for (let index = 0; index < 230; index += 1)
      fleet.addActivity('live_query', { query_name: `q${index}`, targets_count: 2 }, since + index * 1_000);
    const { connector } = connectForTest(fleet, { activities: true });
    const feed = connector.feeds.find(({ name }) => name === 'activities');
    const read = async (from: string | undefined) => {
      const events = [];
      let cursor = from;
      for await (const batch of feed?.read(from, since, never()) ?? []) {
        events.push(...batch.events);
        cursor = batch.cursor;
      }
      return { events, cursor };
    };
    const first = await read(undefined);
    expect(first.events).toHaveLength(230);
    expect(first.events.map(({ time }) => time)).toEqual(first.events.map(({ time }) => time).toSorted((a, b) => a - b));
    expect(first.events[0]).toMatchObject({
      kind: 'status',
      title: 'Ada: live query: q0',
      judged: { severity: 'info' },
      row: { targets_count: '2' },
    });
    for (let index = 0; index < 150; index += 1) fleet.addActivity('edited_report', {}, since + HOUR_MS);
    const second = await read(first.cursor);
    expect(second.events).toHaveLength(150);
    expect((await read(second.cursor)).events).toEqual([]);
  });

  it('does not go through the whole past later on when all of it was too old at first', async () => {
    const fleet = await fleetForTest();
    fleet.addActivity('created_user', {}, 1_000_000_000_000);
    const { connector } = connectForTest(fleet, { activities: true });
    const feed = connector.feeds.find(({ name }) => name === 'activities');
    let cursor: string | undefined;
    for await (const batch of feed?.read(undefined, NOW, never()) ?? []) {
      expect(batch.events).toEqual([]);
      cursor = batch.cursor;
    }
    for await (const batch of feed?.read(cursor, NOW, never()) ?? []) expect(batch.events).toEqual([]);
    expect(cursor).toBe('1');
  });
});
