/** The local node as a whole, against a server of its protocol. */
import { createServer } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AgentOptions, createAgent, localTables } from '../../src/agent/index.ts';
import type { Clock } from '../../src/core/ports.ts';
import { listen } from '../helpers/servers.ts';
import { hostOf, identity } from './local.ts';
import { emptyWith, OsqueryServer, silence } from './server.ts';

const clock: Clock = { now: () => Date.now(), sleep: (ms, signal) => after(ms, undefined, signal ? { signal } : {}) };

async function start(over: Partial<AgentOptions> = {}, prepare: (server: OsqueryServer) => void = () => undefined) {
  const server = await OsqueryServer.start();
  prepare(server);
  const kept = new Map<string, string>();
  const agent = createAgent({
    server: server.address,
    enrollSecret: 'secret',
    identity,
    tables: localTables(hostOf({ now: () => Date.now() })),
    clock,
    state: { get: key => kept.get(key), set: (key, value) => void kept.set(key, value) },
    log: { write: () => undefined },
    intervals: { distributedMs: 20, loggerMs: 20, configMs: 50, differentialAtMostMs: 50 },
    ...over,
  });
  const stop = new AbortController();
  const running = agent.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running.catch(() => undefined);
  });
  return { server, agent, stop, running, kept };
}

describe('the local node', () => {
  it('enrols as this machine', async () => {
    const { server, agent } = await start();
    await agent.ready;
    const body = server.sent('/enroll')[0]?.body;
    expect(body).toMatchObject({ host_identifier: identity.uuid, platform_type: process.platform === 'darwin' ? '21' : '9' });
    expect(body?.host_details).toMatchObject({
      osquery_info: { pid: String(process.pid), version: '9.9.9' },
      os_version: { arch: expect.any(String) },
    });
  });

  it('answers live queries with real rows', async () => {
    const { server } = await start({}, prepared =>
      prepared.next('/distributed/read', { queries: { a: 'SELECT pid FROM osquery_info', b: 'SELECT * FROM launchd_overrides' } }),
    );
    await expect.poll(() => server.sent('/distributed/write').length).toBe(1);
    expect(server.sent('/distributed/write')[0]?.body).toMatchObject({
      queries: { a: [{ pid: String(process.pid) }], b: [] },
      statuses: { a: 0, b: 1 },
      messages: { a: '', b: 'no such table: launchd_overrides' },
    });
  });

  it.runIf(process.platform === 'linux')('logs a listener that is opened on this machine, and that it is closed again', async () => {
    const { server } = await start({}, prepared =>
      prepared.always('/config', () => ({
        schedule: { ports: { query: `SELECT pid, port FROM listening_ports WHERE pid = ${process.pid} AND port <> 0`, interval: 3600 } },
      })),
    );
    const actions = (port: number) =>
      server.lines('result').flatMap(line => (JSON.stringify(line.columns).includes(`"${port}"`) ? [line.action] : []));
    const own = createServer();
    const port = await listen(own);
    await expect.poll(() => actions(port)).toEqual(['added']);
    own.close();
    await expect.poll(() => actions(port)).toEqual(['added', 'removed']);
  });

  it('takes up a new schedule from the config', async () => {
    const { server } = await start({}, prepared => prepared.next('/config', { schedule: {} }));
    server.always('/config', () => ({ schedule: { who: { query: 'SELECT 7 AS seven', interval: 60, snapshot: true } } }));
    await expect
      .poll(() => server.lines('result')[0])
      .toMatchObject({ name: 'who', snapshot: [{ seven: '7' }], hostIdentifier: identity.uuid });
  });

  it('tells a failing scheduled query in its status log', async () => {
    const { server } = await start({}, prepared =>
      prepared.always('/config', () => ({ schedule: { bad: { query: 'SELECT * FROM nope' } } })),
    );
    await expect
      .poll(() => server.lines('status')[0])
      .toMatchObject({ severity: 2, message: 'Error executing scheduled query bad: no such table: nope', version: '9.9.9' });
  });

  it('is not ready before it has a config, and goes on without one from a server that stumbles', async () => {
    const { server, agent } = await start({}, prepared => prepared.next('/config', 'no json', 'no json', 'no json', 'no json'));
    let ready = false;
    void agent.ready.then(() => {
      ready = true;
    });
    await expect.poll(() => server.sent('/distributed/read').length).toBeGreaterThan(0);
    expect(ready).toBe(false);
    await expect.poll(() => ready, { timeout: 15_000 }).toBe(true);
  });

  it('enrols again when its key is not valid any more', async () => {
    const { server, agent, kept } = await start();
    await agent.ready;
    server.next('/distributed/read', { node_invalid: true });
    await expect.poll(() => server.sent('/enroll').length).toBe(2);
    await expect.poll(() => kept.get('node_key')).toBe('key-2');
  });

  it('stops at once, whatever the server does', async () => {
    const { server, agent, stop, running } = await start();
    await agent.ready;
    server.always('/distributed/read', () => silence);
    const before = server.sent('/distributed/read').length;
    await expect.poll(() => server.sent('/distributed/read').length).toBeGreaterThan(before);
    stop.abort();
    await expect(running).resolves.toBeUndefined();
  });

  it('that is stopped before it is ready says so', async () => {
    const { agent, stop, running } = await start({}, prepared => prepared.always('/enroll', () => silence));
    stop.abort();
    await expect(running).resolves.toBeUndefined();
    await expect(agent.ready).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('keeps its rows when the server takes them with an empty answer', async () => {
    const { server } = await start({}, prepared => {
      prepared.always('/log', () => emptyWith(500));
      prepared.always('/config', () => ({ schedule: { who: { query: 'SELECT 7 AS seven', interval: 3600 } } }));
    });
    await expect.poll(() => server.lines('result').length).toBe(1);
  });
});
