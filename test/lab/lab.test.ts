/** The lab as a whole, against a server of its protocol. */
import { setTimeout as after } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Clock } from '../../src/core/ports.ts';
import { type LabOptions, startLab } from '../../src/lab/index.ts';
import { OsqueryServer, silence } from '../agent/server.ts';

const clock: Clock = { now: () => Date.now(), sleep: (ms, signal) => after(ms, undefined, signal ? { signal } : {}) };
/** A clock on which 20 s are over at once. */
const hasty: Clock = { ...clock, sleep: (ms, signal) => clock.sleep(ms >= 20_000 ? 1 : ms, signal) };

async function start(over: Partial<LabOptions> = {}, prepare: (server: OsqueryServer) => void = () => undefined) {
  const server = await OsqueryServer.start();
  prepare(server);
  const lab = startLab({
    server: server.address,
    enrollSecret: 'secret',
    count: 8,
    seed: 'seed',
    clock,
    log: { write: () => undefined },
    ...over,
  });
  const stop = new AbortController();
  const running = lab.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running.catch(() => undefined);
  });
  const nameOf = (uuid: unknown) => lab.hosts.find(host => host.uuid === uuid)?.name ?? String(uuid);
  /** Names of hosts by their node key. */
  const byKey = () => new Map(server.sent('/enroll').map(({ body }, index) => [`key-${index + 1}`, nameOf(body.host_identifier)]));
  const senders = (path: string) => new Set(server.sent(path).map(({ body }) => byKey().get(String(body.node_key))));
  const written = () => new Map(server.sent('/distributed/write').map(({ body }) => [byKey().get(String(body.node_key)), body]));
  return { server, lab, stop, running, senders, written };
}

/** Keys of hosts by the order of their enrolment, so that their names can be found. */
const numberedKeys = (server: OsqueryServer) => server.always('/enroll', () => ({ node_key: `key-${server.sent('/enroll').length}` }));

/** Hands every node the query once. */
function askOnce(server: OsqueryServer, sql: string): void {
  const asked = new Set<unknown>();
  server.always('/distributed/read', ({ body }) => {
    if (asked.has(body.node_key)) return { queries: {} };
    asked.add(body.node_key);
    return { queries: { q: sql } };
  });
}

const others = ['lab-1', 'lab-2', 'lab-3'];
const talking = [...others, 'lab-error-1', 'lab-hostile-1', 'lab-silent-1', 'lab-slow-1'];

describe('the lab', () => {
  it('enrols every host by itself, as what it is, and marked as simulated', async () => {
    const { server, lab } = await start();
    await lab.ready;
    expect(server.sent('/enroll')).toHaveLength(8);
    for (const { body } of server.sent('/enroll')) {
      const host = lab.hosts.find(one => one.uuid === body.host_identifier);
      expect(body.host_details).toMatchObject({
        rollcall_lab: { simulated: '1' },
        system_info: { hostname: host?.name, uuid: host?.uuid },
        os_version: { platform: host?.platform },
        osquery_info: { uuid: host?.uuid },
      });
    }
  });

  it('is ready when all but the offline hosts have asked for queries and logged', async () => {
    const { lab, senders } = await start({}, numberedKeys);
    await lab.ready;
    expect([...senders('/distributed/read')].toSorted()).toEqual(talking);
    expect([...senders('/log')].toSorted()).toEqual(talking);
    expect(senders('/config')).toContain('lab-offline-1');
  });

  it('never hears of the offline host again', async () => {
    const { server, lab, senders } = await start({}, numberedKeys);
    await lab.ready;
    const seen = server.sent('/distributed/read').length;
    await expect.poll(() => server.sent('/distributed/read').length).toBeGreaterThan(seen + 14);
    expect(senders('/distributed/read')).not.toContain('lab-offline-1');
    expect(senders('/log')).not.toContain('lab-offline-1');
  });

  it('answers as each host is wont to', async () => {
    const { written } = await start({ clock: hasty }, server => {
      numberedKeys(server);
      askOnce(server, 'SELECT pid, name FROM processes ORDER BY pid LIMIT 3');
    });
    await expect.poll(() => [...written().keys()].toSorted()).toEqual(talking.filter(name => name !== 'lab-silent-1'));
    for (const name of [...others, 'lab-slow-1'])
      expect(written().get(name)).toMatchObject({ statuses: { q: 0 }, queries: { q: [{ pid: '1' }, {}, {}] } });
    expect(written().get('lab-error-1')).toMatchObject({ statuses: { q: 1 }, messages: { q: 'disk I/O error' } });
    expect(written().get('lab-hostile-1')).toMatchObject({ statuses: { q: 0 } });
    expect(written().get('lab-hostile-1')).toMatchObject({ queries: { q: [{}, {}, {}] } });
  });

  it('lets the slow host wait for 20 s', async () => {
    const slept: number[] = [];
    const noting: Clock = {
      ...hasty,
      sleep(ms, signal) {
        slept.push(ms);
        return hasty.sleep(ms, signal);
      },
    };
    const { written } = await start({ clock: noting }, server => {
      numberedKeys(server);
      askOnce(server, 'SELECT 1');
    });
    await expect.poll(() => written().has('lab-slow-1')).toBe(true);
    expect(slept).toContain(20_000);
  });

  it('says "no such table" where the host’s platform has none', async () => {
    const { lab, written } = await start({ count: 40 }, server => {
      numberedKeys(server);
      askOnce(server, 'SELECT * FROM crontab');
    });
    const prompt = lab.hosts.filter(host => host.behaviour === 'prompt');
    await expect.poll(() => prompt.every(host => written().has(host.name)), { timeout: 15_000 }).toBe(true);
    for (const { name, platform } of prompt) {
      const message = platform === 'windows' ? 'no such table: crontab' : '';
      expect(written().get(name)).toMatchObject({ messages: { q: message } });
    }
  });

  it('tells of what happens, from several hosts', async () => {
    const { server, lab } = await start({ count: 24 });
    await lab.ready;
    await expect.poll(() => server.lines('result').length, { timeout: 15_000 }).toBeGreaterThan(3);
  });

  it('keeps the keys that it is given a place for', async () => {
    const kept = new Map<string, string>();
    const state = { get: (key: string) => kept.get(key), set: (key: string, value: string) => void kept.set(key, value) };
    const first = await start({ state });
    await first.lab.ready;
    first.stop.abort();
    await first.running;
    const second = await start({ state });
    await second.lab.ready;
    expect(second.server.sent('/enroll')).toHaveLength(0);
  });

  it('stops at once, and says so when it was not ready', async () => {
    const { lab, stop, running } = await start({}, server => server.always('/enroll', () => silence));
    stop.abort();
    await expect(running).resolves.toBeUndefined();
    await expect(lab.ready).rejects.toMatchObject({ name: 'AbortError' });
  });
});
