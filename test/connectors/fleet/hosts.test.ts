import { describe, expect, it } from 'vitest';
import { allHosts } from '../contract.ts';
import { failure } from './live.ts';
import { connectForTest, fleetForTest, NOW, never } from './support.ts';

const DAY_MS = 86_400_000;
const LIST = /^GET .*\/hosts\?/;

describe('listing hosts', () => {
  it('gives 10,000 hosts, each once, page by page', async () => {
    const fleet = await fleetForTest();
    for (let index = 0; index < 10_000; index += 1) fleet.addHost(`host-${index}`);
    const { connector } = connectForTest(fleet, { patient: true });
    let pages = 0;
    const ids = new Set<string>();
    for await (const page of connector.hosts(never())) {
      pages += 1;
      for (const { id } of page) ids.add(id);
    }
    expect(ids.size).toBe(10_000);
    expect(pages).toBe(20);
    expect(fleet.requests.filter(({ path }) => path.includes('after=')).every(({ path }) => path.includes('order_key=h.id'))).toBe(true);
  });

  it('computes missing as the server’s filter does, from online, offline and the last sign of life', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('on', { status: 'online', seenTime: NOW });
    fleet.addHost('off', { status: 'offline', seenTime: NOW - 30 * DAY_MS });
    fleet.addHost('gone', { status: 'offline', seenTime: NOW - 30 * DAY_MS - 1_000 });
    fleet.addHost('never', { status: 'offline', seenTime: null });
    fleet.addHost('odd clock', { status: 'online', seenTime: NOW - 40 * DAY_MS });
    const hosts = await allHosts(connectForTest(fleet).connector);
    expect(hosts.map(({ hostname, status }) => [hostname, status])).toEqual([
      ['on', 'online'],
      ['off', 'offline'],
      ['gone', 'missing'],
      ['never', 'offline'],
      ['odd clock', 'online'],
    ]);
    expect(hosts[3]?.lastSeen).toBeNull();
    expect(hosts[1]?.lastSeen).toBe(NOW - 30 * DAY_MS);
  });

  it.each(['old', '4.82', 'new only'] as const)('reads labels, team and platform with names of %s', async names => {
    const fleet = await fleetForTest();
    fleet.settings.names = names;
    fleet.addHost('web-1', { teamId: 2, labels: ['All Hosts', 'macOS'], platform: 'darwin' });
    const [host] = await allHosts(connectForTest(fleet).connector);
    expect(host).toMatchObject({ platform: 'darwin', labels: ['All Hosts', 'macOS', 'team:Servers'], ip: '192.0.2.1' });
  });

  it('asks for one team only when it was told to', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a', { teamId: 1 });
    fleet.addHost('b', { teamId: 2 });
    const hosts = await allHosts(connectForTest(fleet, { teamId: 2 }).connector);
    expect(hosts.map(({ hostname }) => hostname)).toEqual(['b']);
  });

  it('says that the team is wrong, as a fault of the settings', async () => {
    const fleet = await fleetForTest();
    fleet.settings.tier = 'free';
    const problem = await failure(allHosts(connectForTest(fleet, { teamId: 2 }).connector));
    expect(problem).toMatchObject({ kind: 'usage' });
    expect(problem.message).toMatch(/team is invalid.*Check team_id/);
  });

  it('leaves out a record that it cannot read and goes on', async () => {
    const fleet = await fleetForTest();
    fleet.addHost('a');
    const text = '{"hosts":[{"id":"x","hostname":5},{"id":3,"hostname":"b"},null]}';
    fleet.fault(LIST, { kind: 'reply', status: 200, text });
    const { connector, logged } = connectForTest(fleet);
    expect((await allHosts(connector)).map(({ hostname, status, labels }) => [hostname, status, labels])).toEqual([['b', 'unknown', []]]);
    expect(logged.join()).toMatch(/hosts skipped.*"count":2/);
  });

  it('takes a missing list for an empty one', async () => {
    const fleet = await fleetForTest();
    fleet.fault(LIST, { kind: 'reply', status: 200, text: '{}' });
    expect(await allHosts(connectForTest(fleet).connector)).toEqual([]);
  });

  it('reads by page numbers where the server does not know the cursor', async () => {
    const fleet = await fleetForTest();
    fleet.orderKeys = ['id'];
    for (let index = 0; index < 1_200; index += 1) fleet.addHost(`host-${index}`);
    expect(new Set((await allHosts(connectForTest(fleet).connector)).map(({ id }) => id)).size).toBe(1_200);
  });

  it('stops at a server that gives the same page for ever', async () => {
    const fleet = await fleetForTest();
    const page = JSON.stringify({ hosts: Array.from({ length: 500 }, (_, index) => ({ id: index + 1, hostname: `h${index}` })) });
    fleet.fault(LIST, { kind: 'reply', status: 200, text: page }, 100);
    expect((await failure(allHosts(connectForTest(fleet).connector))).message).toMatch(/same page of hosts again/);
    expect(fleet.count(LIST)).toBe(2);
  });
});
