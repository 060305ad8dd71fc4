import { describe, expect, it } from 'vitest';
import { toHost } from '../../../src/connectors/osctrl/normalise.ts';
import { nodeShape } from '../../../src/connectors/osctrl/shapes.ts';
import type { Host } from '../../../src/core/model.ts';
import { faults, TOKEN } from '../../fakes/osctrl.ts';
import { allHosts } from '../contract.ts';
import { forTest, never } from './support.ts';

const QUERY_ONLY = { username: 'responder', admin: false, rights: { user: false, query: true, admin: false } };

describe('hosts', () => {
  it('keeps what osctrl knows of a node', async () => {
    const { fake, connector, clock } = await forTest();
    const node = fake.world.addNode('web-1');
    const [host] = await allHosts(connector);
    expect(host).toEqual({
      id: node.uuid,
      source: 'prod-osctrl',
      kind: 'osctrl',
      hostname: 'web-1',
      displayName: 'web-1.local',
      uuid: node.uuid,
      platform: 'ubuntu',
      osVersion: '22.04',
      osqueryVersion: '5.12.1',
      status: 'online',
      lastSeen: clock.now() - 5_000,
      ip: '127.10.0.2',
      labels: [],
    } satisfies Host);
  });

  it.each(['head', '0.5.4', '0.5.1'] as const)('comes page by page for 1,200 nodes, each once, and only ours (%s)', async generation => {
    const { fake, connector } = await forTest({ generation, patient: true });
    for (let count = 0; count < 1_200; count++) fake.world.addNode(`web-${count % 50}`);
    fake.world.addNode('foreign', 'answers', { environment: 'prod' });
    const pages: number[] = [];
    for await (const page of connector.hosts(never())) pages.push(page.length);
    expect(pages.reduce((sum, size) => sum + size, 0)).toBe(1_200);
    expect(pages.length).toBeGreaterThan(2);
    const hosts = await allHosts(connector);
    expect(new Set(hosts.map(host => host.id)).size).toBe(1_200);
    expect(hosts.some(host => host.hostname === 'foreign')).toBe(false);
  });

  it('asks in an order that does not move while nodes check in', async () => {
    const { fake, connector } = await forTest();
    fake.world.addNode('web-1');
    await allHosts(connector);
    expect(fake.count(/GET .*\/nodes\/dev\?.*sort=uuid/)).toBe(1);
  });

  it('needs no more than the user right', async () => {
    const { fake, connector } = await forTest();
    fake.accounts.set(TOKEN, { username: 'viewer', admin: false, rights: { user: true, query: false, admin: false } });
    fake.world.addNode('web-1');
    expect(await allHosts(connector)).toHaveLength(1);
  });

  it('keeps hosts apart that share a hostname', async () => {
    const { fake, connector } = await forTest();
    fake.world.addNode('clone');
    fake.world.addNode('clone');
    const hosts = await allHosts(connector);
    expect(hosts.map(host => host.hostname)).toEqual(['clone', 'clone']);
    expect(new Set(hosts.map(host => host.id)).size).toBe(2);
  });

  it('takes nodes that share a uuid for one host, whatever its case, and says so', async () => {
    const { fake, connector } = await forTest();
    const first = fake.world.addNode('image-1');
    fake.world.addNode('image-2', 'answers', { uuid: first.uuid });
    fake.world.addNode('image-3', 'answers', { uuid: first.uuid.toLowerCase() });
    expect((await allHosts(connector)).map(host => host.id)).toEqual([first.uuid]);
    expect(connector.remarks?.()).toEqual([expect.stringContaining('2 nodes have the uuid of another')]);
  });

  it('tells online, offline and never seen apart', async () => {
    const { fake, connector, clock } = await forTest();
    fake.world.addNode('on');
    fake.world.addNode('off', 'answers', { lastSeen: clock.now() - 3_600_000 });
    fake.world.addNode('never', 'answers', { lastSeen: null });
    const hosts = await allHosts(connector);
    expect(Object.fromEntries(hosts.map(host => [host.hostname, host.status]))).toEqual({ on: 'online', off: 'offline', never: 'unknown' });
    expect(hosts.find(host => host.hostname === 'never')?.lastSeen).toBeNull();
  });

  it('judges the status by the server’s clock', async () => {
    const { fake, connector } = await forTest({ now: () => Date.UTC(2026, 10, 21, 9, 0, 0) });
    fake.world.addNode('on');
    expect((await allHosts(connector))[0]?.status).toBe('online');
  });

  it('leaves out a record that it cannot read, and counts it', async () => {
    const { fake, connector } = await forTest();
    const page = {
      items: [{ id: 1 }, 'node', null, { id: 2, uuid: 'AB-1', hostname: 'good' }],
      page: 1,
      page_size: 500,
      total_items: 4,
      total_pages: 1,
    };
    fake.faults.push({ match: /nodes\/dev/, times: 1, strike: faults.json(page) });
    expect((await allHosts(connector)).map(host => host.hostname)).toEqual(['good']);
    expect(connector.remarks?.()).toEqual([expect.stringContaining('3 node records')]);
  });

  it.each(['head', '0.5.4', '0.5.1'] as const)('is empty for an empty fleet (%s)', async generation => {
    const { connector } = await forTest({ generation });
    expect(await allHosts(connector)).toEqual([]);
  });

  it.each(['head', '0.5.1'] as const)('explains to a query-only account why it cannot list (%s)', async generation => {
    const { fake, connector } = await forTest({ generation });
    fake.accounts.set(TOKEN, QUERY_ONLY);
    await expect(allHosts(connector)).rejects.toMatchObject({ kind: 'auth', message: expect.stringContaining('by uuid only') });
  });

  it.each([
    ['0.5.1', 'head'],
    ['head', '0.5.4'],
  ] as const)('goes on when the server was changed from %s to %s, at the second try at the latest', async (before, after) => {
    const { fake, connector } = await forTest({ generation: before });
    fake.world.addNode('web-1');
    expect(await allHosts(connector)).toHaveLength(1);
    fake.world.generation = after;
    const hosts = await allHosts(connector).catch(() => allHosts(connector));
    expect(hosts).toHaveLength(1);
  });

  it('goes on after passing faults, page by page', async () => {
    const { fake, connector } = await forTest();
    for (let count = 0; count < 600; count++) fake.world.addNode(`web-${count}`);
    fake.faults.push(
      { match: /nodes\/dev.*page=1/, times: 1, strike: faults.status(500, 'oops') },
      { match: /nodes\/dev.*page=2/, times: 1, afterwards: true, strike: faults.truncated() },
      { match: /nodes\/dev.*page=2/, times: 1, strike: faults.reset() },
    );
    expect(await allHosts(connector)).toHaveLength(600);
  });

  it('waits as long as a 429 asks', async () => {
    const { fake, connector, clock } = await forTest();
    fake.world.addNode('web-1');
    fake.faults.push({ match: /nodes\/dev/, times: 1, strike: faults.status(429, 'too many requests', { 'retry-after': '7' }) });
    const before = clock.now();
    expect(await allHosts(connector)).toHaveLength(1);
    expect(clock.now() - before).toBeGreaterThanOrEqual(7_000);
  });

  it('reads smaller pages when one is too large', async () => {
    const { fake, connector } = await forTest({ patient: true });
    for (let count = 0; count < 120; count++) fake.world.addNode(`web-${count}`);
    fake.faults.push({ match: /nodes\/dev.*page_size=500/, times: 1, strike: faults.huge(17 * 2 ** 20) });
    expect(await allHosts(connector)).toHaveLength(120);
    expect(fake.count(/page_size=50$/)).toBe(3);
  });
});

describe('a node’s address', () => {
  it.each([
    ['10.0.0.7:38674', '10.0.0.7'],
    ['[2001:db8::7]:38674', '[2001:db8::7]'],
    ['2001:db8::7', '2001:db8::7'],
    ['10.0.0.7', '10.0.0.7'],
    ['', ''],
  ])('%j is %j: without the port that 0.5.1 keeps', (given, ip) => {
    const node = nodeShape.parse({ uuid: 'AB-1', ip_address: given });
    expect(toHost(node, 'prod', 0).ip).toBe(ip);
  });
});

describe('hosts by uuid', () => {
  it('names hosts without asking, in the case that the server has, each once', async () => {
    const { fake, connector } = await forTest();
    const uuid = '4c4c4544-0042-3610-8053-b4c04f4e4d32';
    const hosts = connector.hostsByUuid?.([uuid, uuid.toUpperCase(), 'web-1', '']);
    expect(hosts).toEqual([
      expect.objectContaining({ id: uuid.toUpperCase(), uuid: uuid.toUpperCase(), hostname: uuid.toUpperCase(), status: 'unknown' }),
    ]);
    expect(fake.requests).toEqual([]);
  });
});

describe('remarks', () => {
  it('warns while TLS is not verified', async () => {
    const { connector } = await forTest({ insecure: true });
    expect(connector.remarks?.()).toEqual([expect.stringContaining('TLS is not verified')]);
  });

  it('has nothing to say when all is well', async () => {
    const { fake, connector } = await forTest();
    fake.world.addNode('web-1');
    await allHosts(connector);
    expect(connector.remarks?.()).toEqual([]);
  });
});
