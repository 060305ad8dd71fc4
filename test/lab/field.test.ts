/** The process that holds this machine's node and the lab: as it is in the source, and as a bundle. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { rolldown } from 'rolldown';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Clock, KeyValueStore } from '../../src/core/ports.ts';
import { type FieldNode, type FieldOptions, startField } from '../../src/lab/field.ts';
import { OsqueryServer } from '../agent/server.ts';
import { temporaryDirectory } from '../helpers/directories.ts';
import { root } from '../helpers/paths.ts';

const clock: Clock = { now: () => Date.now(), sleep: (ms, signal) => after(ms, undefined, signal ? { signal } : {}) };
const entry = path.join(root, 'test/lab/field-entry.ts');
const node: FieldNode = {
  identity: { uuid: 'this-machine', instanceId: 'i', version: '9.9.9' },
  intervals: { distributedMs: 50, loggerMs: 50, configMs: 200, differentialAtMostMs: 1_000 },
};

function memoryStore(): KeyValueStore & { readonly values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    get: (_space, key) => values.get(key),
    set: (_space, key, value) => void values.set(key, value),
    delete: (_space, key) => void values.delete(key),
    entries: () => [...values],
  };
}

async function start(over: Partial<FieldOptions> = {}) {
  const server = await OsqueryServer.start();
  server.always('/enroll', ({ body }) => ({ node_key: `key of ${body.host_identifier}` }));
  const store = memoryStore();
  const said: string[] = [];
  const log = { write: (_level: string, message: string) => void said.push(message) };
  const field = startField({
    command: [process.execPath, entry],
    server: server.address,
    enrollSecret: 'secret',
    node,
    store,
    space: 'field',
    clock,
    log,
    ...over,
  });
  const stop = new AbortController();
  const running = field.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running.catch(() => undefined);
  });
  /** Pid of the process, as its own osquery_info says when it enrols. */
  const pid = () =>
    Number(
      (
        server.sent('/enroll').find(({ body }) => body.host_identifier === 'this-machine')?.body.host_details as {
          osquery_info?: { pid: string };
        }
      )?.osquery_info?.pid,
    );
  return { server, store, said, field, stop, running, pid };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const ENDLESS = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';

describe('the field process', () => {
  it('brings up this machine and the lab beside the program, and goes with it', async () => {
    const { server, field, stop, running, pid } = await start({ lab: { count: 8, seed: 'seed' } });
    expect(field.hosts.map(host => host.name)).toContain('lab-silent-1');
    await field.ready;
    expect(
      server
        .sent('/enroll')
        .map(({ body }) => body.host_identifier)
        .toSorted(),
    ).toEqual(['this-machine', ...field.hosts.map(host => host.uuid)].toSorted());
    expect(pid()).not.toBe(process.pid);
    expect(isAlive(pid())).toBe(true);
    stop.abort();
    await running;
    await expect.poll(() => isAlive(pid())).toBe(false);
  });

  it('keeps what scheduled queries found, but no keys', async () => {
    const { server, store, field } = await start();
    server.always('/config', () => ({ schedule: { who: { query: 'SELECT 7 AS seven', interval: 60 } } }));
    await field.ready;
    await expect.poll(() => store.values.get('node.query.who')).toContain('"seven":"7"');
    expect([...store.values.keys()].filter(key => !key.startsWith('node.query.'))).toEqual([]);
  });

  it('dies of a statement that never comes back, comes again with its keys, and does not run it again', async () => {
    const { server, said, field } = await start({ limitMs: 1_500 });
    await field.ready;
    server.next('/distributed/read', { queries: { bad: ENDLESS } });
    await expect.poll(() => said).toContain('The process of the local node and the lab ended; it is started again.');
    server.next('/distributed/read', { queries: { bad: ENDLESS, good: 'SELECT 1 AS one' } });
    await expect
      .poll(() => server.sent('/distributed/write')[0]?.body)
      .toMatchObject({
        statuses: { bad: 1, good: 0 },
        messages: { bad: 'distributed query is denylisted' },
        queries: { good: [{ one: '1' }] },
      });
    expect(server.sent('/enroll')).toHaveLength(1);
  });

  it('does not refuse to simulated hosts what this machine still runs', async () => {
    const { server, field } = await start({ lab: { count: 8, seed: 'seed' } });
    let asked = 0;
    /** Takes this machine many turns, and is another one each time that it asks. */
    const long = () => `WITH RECURSIVE c(x) AS (SELECT ${asked} UNION ALL SELECT x + 1 FROM c LIMIT 100000) SELECT x FROM c`;
    await field.ready;
    server.always('/distributed/read', ({ body }) => {
      if (body.node_key === 'key of this-machine') asked += 1;
      return { queries: { [`q${asked}`]: long() } };
    });
    const said = () => server.sent('/distributed/write').flatMap(({ body }) => Object.values(body.messages as Record<string, string>));
    await expect.poll(() => said().length).toBeGreaterThan(10);
    expect(new Set(said())).not.toContain('distributed query is denylisted');
  });

  it('ends when the program that started it is gone', async () => {
    const server = await OsqueryServer.start();
    const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.send({ kind: 'start', server: server.address, enrollSecret: 's', node, lab: { count: 8, seed: 's' }, limitMs: 5_000, state: [] });
    await once(child, 'message');
    child.disconnect();
    await once(child, 'exit');
    expect(child.exitCode).toBe(0);
  });

  it('that cannot be started fails with a word instead of trying for ever', async () => {
    const { field, running } = await start({
      command: [process.execPath, path.join(root, 'no-such-file.mjs')],
      clock: { ...clock, sleep: (_ms, signal) => clock.sleep(1, signal) },
    });
    await expect(running).rejects.toMatchObject({ kind: 'bug', message: expect.stringContaining('died 5 times') });
    await expect(field.ready).rejects.toMatchObject({ kind: 'bug' });
  });

  it('works as a bundle', async () => {
    const dir = temporaryDirectory();
    const bundle = await rolldown({ input: entry, platform: 'node', logLevel: 'silent' });
    await bundle.write({ dir, format: 'esm', minify: true, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
    await bundle.close();
    const { server, field } = await start({
      command: [process.execPath, path.join(dir, 'field-entry.mjs')],
      lab: { count: 8, seed: 'seed' },
    });
    server.next('/distributed/read', { queries: {} });
    await field.ready;
    server.always('/distributed/read', ({ body }) =>
      body.node_key === 'key of this-machine' ? { queries: { a: 'SELECT pid FROM osquery_info' } } : {},
    );
    await expect.poll(() => server.sent('/distributed/write')[0]?.body).toMatchObject({ statuses: { a: 0 } });
  });
});
