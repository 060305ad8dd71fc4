import { describe, expect, it } from 'vitest';
import { createDirect } from '../../../src/connectors/direct/index.ts';
import type { Host } from '../../../src/core/model.ts';
import type { Connector } from '../../../src/core/ports.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { allHosts } from '../contract.ts';
import { ask, enrolment, memoryStore, optionsFor, recordingLog, startDirect, TestNode } from './support.ts';

const only = async (connector: Connector): Promise<Host> => {
  const hosts = await allHosts(connector);
  expect(hosts).toHaveLength(1);
  return hosts[0] as Host;
};

describe('an enrolled host', () => {
  it('has the identity of its details', async () => {
    const { connector, address } = await startDirect();
    await TestNode.enroll(address, 'web-1');
    expect(await only(connector)).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{12}$/),
      hostname: 'web-1',
      displayName: 'web-1 (desk)',
      uuid: 'web-1-uuid',
      platform: 'debian',
      osVersion: 'Debian GNU/Linux 13 (trixie)',
      osqueryVersion: '5.19.0',
      status: 'online',
      ip: '127.0.0.1',
      labels: [],
    });
  });

  it('that tells no details is named after its identifier', async () => {
    const { connector, address } = await startDirect();
    const identifier = 'D41967B4-919D-49DC-8ABE-7883D43CBBE2';
    await TestNode.enroll(address, identifier, { host_details: undefined, platform_type: 21 });
    expect(await only(connector)).toMatchObject({ hostname: identifier, displayName: identifier, uuid: identifier, platform: 'darwin' });
  });

  it('is known by its operating system, not by a platform type that clients make up', async () => {
    const { connector, address } = await startDirect();
    await TestNode.enroll(address, 'web-1', { platform_type: '16' });
    expect(await only(connector)).toMatchObject({ platform: 'debian' });
  });

  it('of the lab is labelled simulated', async () => {
    const { connector, address } = await startDirect();
    await TestNode.enroll(address, 'lab-1', {
      host_details: { system_info: { hostname: 'lab-1' }, rollcall_lab: { behaviour: 'silent' } },
    });
    expect(await only(connector)).toMatchObject({ hostname: 'lab-1', labels: ['simulated'] });
  });

  it('keeps its id when another endpoint enrols it', async () => {
    const first = await startDirect();
    const second = await startDirect();
    await TestNode.enroll(first.address, 'web-1');
    await TestNode.enroll(second.address, 'web-1');
    expect((await only(first.connector)).id).toBe((await only(second.connector)).id);
  });
});

describe('a second enrolment of an identifier', () => {
  it('is another host, flagged, and the first key stays valid and its own', async () => {
    const { connector, address } = await startDirect();
    const first = await TestNode.enroll(address, 'web-1');
    const second = await TestNode.enroll(address, 'web-1');
    expect(second.key).not.toBe(first.key);
    const hosts = await allHosts(connector);
    expect(hosts.map(({ id, labels }) => ({ id, labels }))).toEqual([
      { id: hosts[0]?.id, labels: [] },
      { id: `${hosts[0]?.id}-2`, labels: ['duplicate'] },
    ]);
    for (const node of [first, second]) expect(await node.ask('/config')).toHaveProperty('schedule');
    expect(connector.remarks?.()).toContainEqual(expect.stringContaining('1 hosts enrolled with an identifier that was taken'));
  });
});

describe('the status of a host', () => {
  it('comes from its traffic', async () => {
    const clock = new FakeClock();
    const { connector, address } = await startDirect({ clock, intervals: { distributed: 20 } });
    const node = await TestNode.enroll(address, 'web-1');
    const enrolled = clock.now();
    await clock.advance(60_000);
    expect(await only(connector)).toMatchObject({ status: 'online', lastSeen: enrolled });
    await clock.advance(1);
    expect(await only(connector)).toMatchObject({ status: 'offline' });
    await clock.advance(30 * 86_400_000);
    expect(await only(connector)).toMatchObject({ status: 'missing' });
    await node.read();
    expect(await only(connector)).toMatchObject({ status: 'online', lastSeen: clock.now() });
  });

  it('is online for at least 30 s, however short the interval', async () => {
    const clock = new FakeClock();
    const { connector, address } = await startDirect({ clock, intervals: { distributed: 1 } });
    await TestNode.enroll(address, 'web-1');
    await clock.advance(30_000);
    expect(await only(connector)).toMatchObject({ status: 'online' });
  });
});

describe('the registry', () => {
  it('keeps keys valid over a restart, without knowing them', async () => {
    const store = memoryStore();
    const log = recordingLog();
    const options = optionsFor({ registry: 'persistent', store, log });
    const before = createDirect(options);
    const node = await TestNode.enroll(await before.start(), 'web-1');
    await before.close();
    const { connector, address } = await startDirect({ ...options });
    expect(await ask(address, '/config', { node_key: node.key })).toHaveProperty('schedule');
    expect(await only(connector)).toMatchObject({ hostname: 'web-1', platform: 'debian' });
    const kept = JSON.stringify(store.entries('direct.jump.nodes'));
    expect(kept).toContain('web-1');
    for (const text of [kept, ...log.lines]) {
      expect(text).not.toContain(node.key);
      expect(text).not.toContain(address.enrollSecret);
    }
  });

  it('remembers when a host was last seen', async () => {
    const clock = new FakeClock();
    const options = optionsFor({ registry: 'persistent', store: memoryStore(), clock });
    const before = createDirect(options);
    const node = await TestNode.enroll(await before.start(), 'web-1');
    await clock.advance(120_000);
    await node.read();
    const lastSeen = clock.now();
    await before.close();
    await clock.advance(3_600_000);
    expect(await only(createDirect(options))).toMatchObject({ lastSeen, status: 'offline' });
  });

  it('does not write with every request', async () => {
    const store = memoryStore();
    let writes = 0;
    const set = (space: string, key: string, value: string) => {
      writes += 1;
      store.set(space, key, value);
    };
    const clock = new FakeClock();
    const { address } = await startDirect({ registry: 'persistent', store: { ...store, set }, clock });
    const node = await TestNode.enroll(address, 'web-1');
    for (let request = 0; request < 5; request += 1) await node.read();
    expect(writes).toBe(1);
    await clock.advance(300_000);
    await node.read();
    expect(writes).toBe(2);
  });

  it('leaves out a record that it cannot read, and says so in the log', async () => {
    const store = memoryStore();
    store.set('direct.jump.nodes', 'broken', '{"id":');
    const log = recordingLog();
    const connector = createDirect(optionsFor({ registry: 'persistent', store, log }));
    expect(await allHosts(connector)).toEqual([]);
    expect(log.lines).toContainEqual(expect.stringContaining('could not be read'));
  });

  it('in memory writes nothing and forgets', async () => {
    const store = memoryStore();
    const options = optionsFor({ store });
    const before = createDirect(options);
    await TestNode.enroll(await before.start(), 'web-1');
    await before.close();
    expect(store.entries('direct.jump.nodes')).toEqual([]);
    expect(await allHosts(createDirect(options))).toEqual([]);
  });

  it('takes hundreds of enrolments at once, each with its own key', async () => {
    const { connector, address } = await startDirect();
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, index) => ask(address, '/enroll', enrolment(address.enrollSecret, `web-${index % 100}`))),
    );
    expect(new Set(replies.map(({ node_key }) => node_key)).size).toBe(200);
    const hosts = await allHosts(connector);
    expect(new Set(hosts.map(({ id }) => id)).size).toBe(200);
    expect(hosts.filter(({ labels }) => labels.includes('duplicate'))).toHaveLength(100);
  });
});
